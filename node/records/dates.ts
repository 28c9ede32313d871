import { parseInstant, type Instant } from '../../protocol/instant.ts';
import type { Named } from '../../protocol/ids.ts';

/** A day, a month or a year as FHIR writes it: YYYY-MM-DD, YYYY-MM or YYYY (Records §1). */
export type PartialDate = Named<string, 'PartialDate'>;

export type DateFault = 'date-form' | 'date-day-first' | 'date-impossible';

const partialForm = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/;
/** 03/04/1990, 3.4.90: day and month cannot be told apart, so such a date is never guessed. */
const dayFirstForm = /^\d{1,2}[./ -]\d{1,2}[./ -]\d{2,4}$/;
const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
/** The first place on Earth is this far ahead of UTC: a child born there today is not born in the future. */
const earliestZoneMs = 14 * 60 * 60 * 1000;
const timestampForm = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;

/** Reads a FHIR date, or says which rule it breaks. */
export function parsePartialDate(text: string): PartialDate | DateFault {
  const match = partialForm.exec(text);
  if (match === null) return dayFirstForm.test(text) ? 'date-day-first' : 'date-form';
  const [, year = '', month, day] = match;
  if (year === '0000') return 'date-impossible';
  if (month !== undefined && !(Number(month) >= 1 && Number(month) <= 12)) return 'date-impossible';
  if (day !== undefined && !(Number(day) >= 1 && Number(day) <= daysIn(Number(year), Number(month))))
    return 'date-impossible';
  return text as PartialDate;
}

export function isDateFault(date: PartialDate | DateFault): date is DateFault {
  return date === 'date-form' || date === 'date-day-first' || date === 'date-impossible';
}

/** Whether a date lies wholly after today, wherever on Earth today is furthest. */
export function isInFuture(date: PartialDate, now: Instant): boolean {
  const today = new Date(now + earliestZoneMs).toISOString().slice(0, date.length);
  return date > today;
}

/** Nobody has been older: a birth before that is a slip of the keyboard, such as 0179 for 1979. */
export const lifeYearsMax = 130;

/** Whether the year of a date lies more than `lifeYearsMax` years before this one. */
export function isLongAgo(date: PartialDate, now: Instant): boolean {
  return Number(date.slice(0, 4)) < new Date(now).getUTCFullYear() - lifeYearsMax;
}

/** Whether `end` lies before `begin` as far as both are known: 2026 does not end before 2026-05. */
export function endsBefore(begin: PartialDate, end: PartialDate): boolean {
  const known = Math.min(begin.length, end.length);
  return end.slice(0, known) < begin.slice(0, known);
}

/** The moment that an RFC 3339 text names, `undefined` for any other text. */
export function parseTimestamp(text: string): Instant | undefined {
  const match = timestampForm.exec(text);
  if (match === null) return undefined;
  const [, date = '', hours = '', minutes = '', seconds = '', fraction = '', zone = ''] = match;
  if (isDateFault(parsePartialDate(date)) || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59)
    return undefined;
  const offset = zoneMinutes(zone);
  if (offset === undefined) return undefined;
  const whole = parseInstant(`${date}T${hours}:${minutes}:${seconds}Z`);
  return (whole + Number(fraction.padEnd(3, '0').slice(0, 3)) - offset * 60_000) as Instant;
}

function zoneMinutes(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function daysIn(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && leap ? 29 : (daysOfMonth[month - 1] ?? 0);
}
