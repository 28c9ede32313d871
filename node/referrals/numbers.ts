import type { NodeName } from '../../protocol/ids.ts';
import { formatInstant, parseInstant, type Instant } from '../../protocol/instant.ts';
import type { Reader } from '../store/store.ts';
import { referralQueries } from './referral-queries.ts';

const numberDigits = 6;

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
  const from = parseInstant(`${year}-01-01T00:00:00Z`);
  const row = await reader.first(referralQueries.countOfYear, { direction, from });
  ahead.count += 1;
  const count = String((row?.count ?? 0) + ahead.count).padStart(numberDigits, '0');
  const [label = node] = node.split('.');
  return `${direction === 'sent' ? 'REF' : 'IN'}-${label.toUpperCase()}-${year}-${count}`;
}
