import type { Instant } from '../../../protocol/instant.ts';
import type { TimeZone } from '../../alerts/time-zone.ts';
import { dateWords, momentWords } from './text.tsx';

const typedForm =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(?: ?(UTC|Z)?(?:([+\u2212-])(\d{2}:\d{2}(?::\d{2})?))?)?$/i;
const earliest = Date.UTC(1900, 0, 1);
/** The longest that `momentField` writes. */
export const momentFieldMax = '2026-11-22 09:30:15.123 UTC-00:44:30'.length;

/**
 * A moment as it stands in a field: `2026-11-22 09:30` by the clock of the zone, for a browser's own field would show day and
 * month in an order of its own. What would be lost is written too: seconds, and the offset in an hour that comes twice.
 * `readMoment` reads the same moment again.
 */
export function momentField(at: Instant, zone: TimeZone): string {
  const wall = zone.wallOf(at);
  const rest = wall.slice(16).replace(/^:00\.000$|\.000$/, '');
  const offset = zone.instantsOf(wall).length > 1 ? ` ${zone.offsetOf(at)}` : '';
  return `${wall.slice(0, 16).replace('T', ' ')}${rest}${offset}`;
}

/**
 * The moment that somebody typed by the clock of the zone, the earlier where its hour comes twice and no offset is written;
 * else, in words, what to type.
 */
export function readMoment(text: string, zone: TimeZone): { readonly at: Instant } | { readonly fault: string } {
  const [, date = '', time = '', seconds = '00', fraction = '', word, sign, size = ''] = typedForm.exec(text) ?? [];
  const wall = `${date}T${time}:${seconds}.${fraction.padEnd(3, '0')}`;
  const ms = Date.parse(`${wall}Z`);
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== `${wall}Z` || ms < earliest)
    return { fault: 'Write the date and time as 2026-11-22 09:30' };
  const moments = zone.instantsOf(wall);
  const [first] = moments;
  if (first === undefined)
    return {
      fault: `On ${dateWords(date)} no clock here showed ${time}: it was set forward over that time. Write what it showed, such as ${fieldOf(zone.insteadOf(wall))}`,
    };
  if (word === undefined && sign === undefined) return { at: first };
  const offset = sign === undefined ? 'UTC' : `UTC${sign === '+' ? '+' : '-'}${size}`.replace(/^UTC[+-]00:00$/, 'UTC');
  const at = moments.find((moment) => zone.offsetOf(moment) === offset);
  if (at !== undefined) return { at };
  const right = moments.map((moment) => zone.offsetOf(moment)).join(' or ');
  return { fault: `The hospital’s clock stood at ${right} then, not at ${offset}. Write the time that it showed` };
}

/** What a field says of how it is written; `own` is the hospital's zone, `zone` that of a form which may be older. */
export function momentHint(zone: TimeZone, own: TimeZone, now: Instant): string {
  const offset = zone.offsetOf(now);
  if (zone.name !== own.name) return `YYYY-MM-DD HH:MM by the clock of ${zone.name}, as when this was begun`;
  if (zone.changesAfter(now)) return `YYYY-MM-DD HH:MM, hospital time, now ${offset}`;
  return offset === 'UTC' ? 'YYYY-MM-DD HH:MM in UTC' : `YYYY-MM-DD HH:MM, hospital time, ${offset}`;
}

/** Which of the two it is, where the clock showed a time twice. */
export function twiceWords(at: Instant, zone: TimeZone): string | undefined {
  const [first, second] = zone.instantsOf(zone.wallOf(at));
  if (first === undefined || second === undefined) return undefined;
  const [which, other] = at === first ? ['first', second] : ['second', first];
  return `The clock showed this time twice that night, as it was set back. This is the ${which}; the other is ${momentWords(other, zone)}.`;
}

function fieldOf(wall: string): string {
  return wall.slice(0, 16).replace('T', ' ');
}
