import type { NodeName } from '../../protocol/ids.ts';
import { formatInstant, parseInstant, type Instant } from '../../protocol/instant.ts';
import type { Reader } from '../store/store.ts';
import { referralQueries } from './referral-queries.ts';

const numberDigits = 6;
const fullSeries = 10 ** numberDigits - 1;

/** How many referrals of this node have a number and are not stored yet: the next one comes after them. */
export interface BeingComposed {
  count: number;
}

/**
 * The hospital's own number of a referral: `REF-ALDER-2026-000117` sent, `IN-BIRCH-2026-000045` received. Counted within
 * the year, in the transaction that uses it. A referral that is composed first takes its place behind those `ahead`.
 */
export async function nextNumber(
  reader: Reader,
  node: NodeName,
  direction: 'sent' | 'received',
  now: Instant,
  ahead: BeingComposed = { count: 0 },
): Promise<string> {
  const year = formatInstant(now).slice(0, 4);
  const [label = node] = node.split('.');
  const series = `${direction === 'sent' ? 'REF' : 'IN'}-${label.toUpperCase()}-${year}-`;
  const last = await lastOf(reader, series, direction, year);
  ahead.count += 1;
  return series + String(last + ahead.count).padStart(numberDigits, '0');
}

async function lastOf(reader: Reader, series: string, direction: 'sent' | 'received', year: string): Promise<number> {
  const row = await reader.first(referralQueries.lastNumber, { from: series, to: `${series}:` });
  const last = row === undefined ? 0 : Number(row.number.slice(series.length));
  if (last < fullSeries) return last;
  // Beyond it, numbers do not sort as they count.
  const from = parseInstant(`${year}-01-01T00:00:00Z`);
  return (await reader.first(referralQueries.countOfYear, { direction, from }))?.count ?? last;
}
