import type { NodeName } from '../../protocol/ids.ts';
import { formatInstant, parseInstant, type Instant } from '../../protocol/instant.ts';
import type { Reader } from '../store/store.ts';
import { referralQueries } from './referral-queries.ts';

const numberDigits = 6;

/**
 * The hospital's own number of a referral: `REF-ALDER-2026-000117` sent, `IN-BIRCH-2026-000045` received. Counted within
 * the year, in the transaction that uses it.
 */
export async function nextNumber(
  reader: Reader,
  node: NodeName,
  direction: 'sent' | 'received',
  now: Instant,
): Promise<string> {
  const year = formatInstant(now).slice(0, 4);
  const from = parseInstant(`${year}-01-01T00:00:00Z`);
  const row = await reader.first(referralQueries.countOfYear, { direction, from });
  const count = String((row?.count ?? 0) + 1).padStart(numberDigits, '0');
  const [label = node] = node.split('.');
  return `${direction === 'sent' ? 'REF' : 'IN'}-${label.toUpperCase()}-${year}-${count}`;
}
