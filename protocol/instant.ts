import { ProtocolError } from './errors.ts';
import type { Named } from './ids.ts';

/** A moment, in milliseconds since 1970-01-01T00:00:00Z. The protocol writes whole seconds only (Spec §0.5). */
export type Instant = Named<number, 'Instant'>;

const instantForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const unixForm = /^(?:0|[1-9][0-9]{0,11})$/;
/** 9999-12-31T23:59:59Z: the last moment that the text form can write. */
const unixSecondsMax = 253_402_300_799;

/** The instant that lies so many milliseconds after 1970; fails for what is not a safe integer. */
export function instantOfMs(ms: number): Instant {
  if (!Number.isSafeInteger(ms)) throw new ProtocolError('malformed-instant', 'not an instant');
  return ms as Instant;
}

export function instantOfUnix(seconds: number): Instant {
  return instantOfMs(seconds * 1000);
}

/** Whole Unix seconds, rounded down. */
export function unixOf(instant: Instant): number {
  return Math.floor(instant / 1000);
}

/** `YYYY-MM-DDTHH:MM:SSZ`, UTC, whole seconds, rounded down (Spec §0.5). */
export function formatInstant(instant: Instant): string {
  return `${new Date(Math.floor(instant / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** Reads `YYYY-MM-DDTHH:MM:SSZ` and refuses every other spelling and every day that does not exist (Spec §0.5). */
export function parseInstant(text: string): Instant {
  const ms = instantForm.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isSafeInteger(ms) || formatInstant(ms as Instant) !== text)
    throw new ProtocolError('malformed-instant', 'expected YYYY-MM-DDTHH:MM:SSZ');
  return ms as Instant;
}

/** Reads decimal Unix seconds without sign or leading zero (Spec §0.5). */
export function parseUnix(text: string): Instant {
  const seconds = unixForm.test(text) ? Number(text) : Number.NaN;
  if (!(seconds <= unixSecondsMax)) throw new ProtocolError('malformed-instant', 'expected Unix seconds');
  return instantOfUnix(seconds);
}
