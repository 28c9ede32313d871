import type { FreeSpace, StorageSample } from '../blobs/storage-samples.ts';
import { bytesText } from './bytes-text.ts';
import { bad, good, type Finding } from './finding.ts';
import type { NodeServices } from './node-services.ts';

/** When the disk is full if it goes on as it did. `days` is how long was looked at. */
export type SpaceForecast =
  | { readonly state: 'early'; readonly days: number }
  | { readonly state: 'steady'; readonly days: number }
  | {
      readonly state: 'shrinking';
      readonly days: number;
      readonly daysLeft: number;
      /** What is less free each day, and how much of it the node's own files are. */
      readonly bytesADay: number;
      readonly ownBytesADay: number;
    };

/** A forecast looks back so far, and says nothing before it has seen so much. */
export const forecastDaysMax = 30;
export const forecastDaysMin = 3;
/** A rise by so much, and by a tenth of what was free, is somebody who made room: what was before it counts no more. */
export const roomMadeBytesMin = 1024 ** 3;
const roomMadeShare = 0.1;
/** A rise above the most of so many days before: a copy that lay here for a day or two made no room when it went. */
const roomMadeLookBack = 3;
/** Full within so many days. */
export const fullDaysFail = 7;
export const fullDaysWarn = 30;
const wordsDaysMax = 5 * 365;

/**
 * The median pace between any two days of the last 30, from now on. One day out of the usual (an import, a copy that was
 * deleted again) does not move it; room that somebody made begins it anew.
 */
export function forecastSpace(samples: readonly StorageSample[], now: FreeSpace): SpaceForecast {
  const recent = samples
    .filter(({ day }) => day <= now.day && day >= now.day - forecastDaysMax)
    .toSorted((left, right) => left.day - right.day);
  const points = sinceRoomWasMade([...recent.filter(({ day }) => day < now.day), now]);
  const firstDay = points[0]?.day ?? now.day;
  const days = now.day - firstDay;
  if (days < forecastDaysMin) return { state: 'early', days };
  const bytesADay = -medianPace(points.map(({ day, freeBytes }) => [day, freeBytes]));
  if (bytesADay <= 0) return { state: 'steady', days };
  const own = recent.filter(({ day }) => day >= firstDay);
  const ownBytesADay = medianPace(own.map(({ day, usedBytes }) => [day, usedBytes]));
  return { state: 'shrinking', days, daysLeft: now.freeBytes / bytesADay, bytesADay, ownBytesADay };
}

/** In the middle of a sentence, as a finding begins. */
export function forecastWords(forecast: SpaceForecast): string {
  const { days } = forecast;
  if (forecast.state === 'early')
    return `too early to say when the disk is full: measured since ${days === 0 ? 'today' : days === 1 ? 'yesterday' : `${days} days ago`}`;
  if (forecast.state === 'steady') return `free space did not shrink in the last ${days} days`;
  const { bytesADay, ownBytesADay, daysLeft } = forecast;
  const own = Math.min(bytesADay, Math.max(0, ownBytesADay));
  const pace = `${bytesText(Math.round(bytesADay))} less free each day, ${bytesText(Math.round(own))} of it this node's`;
  return `at the pace of the last ${days} days the disk is full ${timeWords(daysLeft)}: ${pace}`;
}

/** What `doctor` and the Health page say of the days ahead. */
export function judgeForecast(forecast: SpaceForecast): Finding {
  const check = 'disk forecast';
  const words = forecastWords(forecast);
  if (forecast.state !== 'shrinking' || forecast.daysLeft > fullDaysWarn) return good(check, words);
  const state = forecast.daysLeft > fullDaysFail ? 'warn' : 'fail';
  const fix = 'free some space, or move the data directory to a larger disk, before that day';
  return bad(check, state, 'this node', words, fix);
}

export async function findForecast({ storageSamples }: Pick<NodeServices, 'storageSamples'>): Promise<SpaceForecast> {
  const [samples, now] = await Promise.all([storageSamples.list(), storageSamples.freeNow()]);
  return forecastSpace(samples, now);
}

export async function checkForecast(services: Pick<NodeServices, 'storageSamples'>): Promise<Finding> {
  return judgeForecast(await findForecast(services));
}

function sinceRoomWasMade(points: readonly FreeSpace[]): readonly FreeSpace[] {
  const from = points.findLastIndex(({ freeBytes }, i) => {
    if (i === 0) return false;
    const before = Math.max(...points.slice(Math.max(0, i - roomMadeLookBack), i).map((point) => point.freeBytes));
    return freeBytes - before > Math.max(roomMadeBytesMin, before * roomMadeShare);
  });
  return from === -1 ? points : points.slice(from);
}

/** Theil and Sen: the median of the slopes between all pairs of days. */
function medianPace(points: readonly (readonly [day: number, bytes: number])[]): number {
  const slopes = points
    .flatMap(([day, bytes], i) => points.slice(0, i).map((earlier) => (bytes - earlier[1]) / (day - earlier[0])))
    .toSorted((left, right) => left - right);
  const middle = Math.floor(slopes.length / 2);
  const upper = slopes[middle] ?? 0;
  return slopes.length % 2 === 1 ? upper : ((slopes[middle - 1] ?? upper) + upper) / 2;
}

const monthDays = 30.4;
const yearDays = 365;

function timeWords(days: number): string {
  if (days > wordsDaysMax) return 'in more than five years';
  if (days < 1) return 'within a day';
  if (days < 2 * monthDays) return `in about ${counted(Math.floor(days), 'day')}`;
  if (days < 2 * yearDays) return `in about ${Math.round(days / monthDays)} months`;
  return `in about ${Math.round(days / yearDays)} years`;
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
