import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import type { FieldRule } from './fields.ts';

/** What the clocks of a place show. No state: two hospitals of one process each have their own. */
export interface TimeZone {
  /** As IANA spells it: `Asia/Kolkata`. */
  readonly name: string;
  /** Whether its clocks are set forward or back after that moment. */
  changesAfter(at: number): boolean;
  /** `2026-11-22T20:53:07.000`: what its clock shows at that moment. */
  wallOf(at: number): string;
  /** `UTC+05:30` at that moment; `UTC` alone where they are the same. Some offsets of the past have seconds. */
  offsetOf(at: number): string;
  /**
   * The moments at which its clock shows that time, the earlier first: one as a rule, two in an hour that comes twice, none in
   * one that is left out. `wall` is a date and a time that exist.
   */
  instantsOf(wall: string): readonly Instant[];
  /** What its clock shows in place of a time that is left out: as much later as it was set forward. */
  insteadOf(wall: string): string;
}

const nameForm = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,2}$/;

/** The zone of that name, in whatever case; `undefined` where this Node knows none. */
export function findTimeZone(given: string): TimeZone | undefined {
  if (!nameForm.test(given)) return undefined;
  try {
    return zoneOf(zonedAt(0, given).timeZoneId);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

export const utc: TimeZone = zoneOf('UTC');

/** The zone of a name that was stored; UTC, as every time then says, where this Node does not know it any more. */
export function timeZoneOf(stored: string): TimeZone {
  return findTimeZone(stored) ?? utc;
}

export const timeZoneRule: FieldRule = (given) => {
  const zone = findTimeZone(given.trim().replaceAll(/\s+/g, '_'));
  return zone === undefined
    ? { fault: 'must be a name of the IANA list such as Asia/Kolkata or America/New_York' }
    : { value: zone.name };
};

function zoneOf(name: string): TimeZone {
  const offsetMsAt = (at: number): number => zonedAt(at, name).offsetNanoseconds / 1_000_000;
  const readAs = (wall: string, disambiguation: 'earlier' | 'later') =>
    Temporal.PlainDateTime.from(wall).toZonedDateTime(name, { disambiguation });
  return {
    name,
    changesAfter: (at) => zonedAt(at, name).getTimeZoneTransition('next') !== null,
    wallOf: (at) => new Date(at + offsetMsAt(at)).toISOString().slice(0, -1),
    offsetOf: (at) => offsetWords(offsetMsAt(at)),
    instantsOf: (wall) => {
      const [first, second] = [readAs(wall, 'earlier'), readAs(wall, 'later')];
      if (!first.toPlainDateTime().equals(wall)) return [];
      return [...new Set([first.epochMilliseconds, second.epochMilliseconds])].map(instantOfMs);
    },
    insteadOf: (wall) => readAs(wall, 'later').toPlainDateTime().toString({ fractionalSecondDigits: 3 }),
  };
}

function zonedAt(at: number, name: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(name);
}

function offsetWords(offsetMs: number): string {
  if (offsetMs === 0) return 'UTC';
  const size = new Date(Math.abs(offsetMs)).toISOString();
  return `UTC${offsetMs < 0 ? '-' : '+'}${size.slice(11, 16)}${size.slice(17, 19) === '00' ? '' : size.slice(16, 19)}`;
}
