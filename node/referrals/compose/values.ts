import type { Reference, Resource } from '@medplum/fhirtypes';
import type { Instant } from '../../../protocol/instant.ts';
import { ComposeError } from './errors.ts';

/** FHIR knows no empty text, no control characters but TAB, CR and LF, and no lone surrogate (R4 §2.24). */
const forbiddenCharacters = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g;
const dateForm = /^\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?$/;

/** The members that are there: what is undefined or an empty list is left out, because FHIR writes neither. */
export function present<Members extends object>(
  members: Members,
): { [Name in keyof Members]?: NonNullable<Members[Name]> } {
  const kept = Object.entries(members).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(kept) as { [Name in keyof Members]?: NonNullable<Members[Name]> };
}

/** A text as FHIR may carry it, otherwise whole; undefined when nothing is said in it. */
export function textOf(text: string | undefined): string | undefined {
  const clean = text?.toWellFormed().replace(forbiddenCharacters, '');
  return clean === undefined || clean.trim() === '' ? undefined : clean;
}

/** The texts of a list that say something. */
export function textsOf(texts: readonly string[]): string[] {
  return texts.flatMap((text) => textOf(text) ?? []);
}

/** Whether a text is a FHIR date: YYYY, YYYY-MM or YYYY-MM-DD of a day that exists. */
export function isDate(text: string): boolean {
  if (!dateForm.test(text) || text.startsWith('0000')) return false;
  const ms = Date.parse(`${text.padEnd(10, '-01')}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** A date of the record, which its reader has checked. */
export function dateOf(date: string | undefined): string | undefined {
  if (date !== undefined && !isDate(date))
    throw new ComposeError('malformed-date', 'a date of the record is not a FHIR date');
  return date;
}

export function referenceTo<Target extends Resource = Resource>(id: string): Reference<Target> {
  return { reference: `urn:uuid:${id}` };
}

export function referenceOf<Target extends Resource>(resource: Target): Reference<Target> {
  return referenceTo(resource.id ?? '');
}

const quarterMs = 900_000;

/** Writes instants in one time zone, whole seconds, with the offset that holds there and then: `2026-11-20T22:14:00+03:00`. */
export function timeWriter(zone: string): (instant: Instant) => string {
  const format = formatOf(zone);
  const longOffset = (instant: Instant): string =>
    (format.formatToParts(instant).find((part) => part.type === 'timeZoneName')?.value ?? '').replace('−', '-');
  let last: { readonly quarter: number; readonly offset: string } | undefined;
  /** No zone changes its offset within a quarter of an hour, and most of what is written lies in one. */
  const offsetOf = (instant: Instant): string => {
    const quarter = Math.floor(instant / quarterMs);
    if (last?.quarter !== quarter) last = { quarter, offset: longOffset(instant) };
    return last.offset;
  };
  return (instant) => {
    const [, sign = '+', hours = '00', minutes = '00'] = /GMT([+-])(\d{2}):(\d{2})/.exec(offsetOf(instant)) ?? [];
    const offsetMinutes = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
    const local = new Date(Math.floor(instant / 1000) * 1000 + offsetMinutes * 60_000).toISOString().slice(0, 19);
    return `${local}${sign}${hours}:${minutes}`;
  };
}

/** Of the zone used last: making one costs as much as composing half a referral. */
let lastFormat: { readonly zone: string; readonly format: Intl.DateTimeFormat } | undefined;

function formatOf(zone: string): Intl.DateTimeFormat {
  if (lastFormat?.zone !== zone)
    lastFormat = { zone, format: new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }) };
  return lastFormat.format;
}
