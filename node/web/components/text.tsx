import type { Child } from 'hono/jsx';
import type { Instant } from '../../../protocol/instant.ts';
import type { TimeZone } from '../../alerts/time-zone.ts';
import { useZone } from './zone.tsx';

const hiddenForm = /[\p{Cc}\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/gu;
/** Line breaks and tabs, and the joiners that Persian, Indic scripts and emoji are spelt with; in Latin they only hide. */
const keptForm =
  /\r\n|[\n\t]|(?<=[[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}]--[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]])[\u200C\u200D]/gv;

/**
 * Text that somebody else wrote: names, reasons, notes, titles. It stands in its own direction, and characters that
 * would turn or hide other text are shown instead of obeyed (Spec bundle §9).
 */
export function Foreign({ text }: { readonly text: string }) {
  return <bdi>{shown(text)}</bdi>;
}

/** The same, with its line breaks. */
export function ForeignLines({ text }: { readonly text: string }) {
  return (
    <p class="lines" dir="auto">
      {shown(text)}
    </p>
  );
}

export function shown(text: string): string {
  const whole = text.toWellFormed();
  let result = '';
  let end = 0;
  for (const kept of whole.matchAll(keptForm)) {
    result += marked(whole.slice(end, kept.index)) + kept[0];
    end = kept.index + kept[0].length;
  }
  return result + marked(whole.slice(end));
}

function marked(text: string): string {
  return text.replaceAll(
    hiddenForm,
    (letter) => `⟨U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
}

export interface NameParts {
  readonly familyName?: string | undefined;
  readonly givenNames?: string | undefined;
  readonly nameNative?: string | undefined;
}

/** SURNAME, Given, and the native-script name beside it. */
export function PersonName({ name }: { readonly name: NameParts }) {
  const latin = [name.familyName?.toUpperCase(), name.givenNames].filter((part) => part !== undefined && part !== '');
  const native = name.nameNative ?? '';
  return (
    <span class="name">
      {latin.length > 0 ? <Foreign text={latin.join(', ')} /> : null}
      {native === '' ? null : (
        <span class={latin.length > 0 ? 'native' : undefined}>
          {latin.length > 0 ? ' ' : ''}
          <Foreign text={native} />
        </span>
      )}
    </span>
  );
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `14-Mar-1979`, `Mar-1979` or `1979`: never an order of numbers that two countries read in two ways. */
export function dateWords(date: string): string {
  const [year = '', month, day] = date.slice(0, 10).split('-');
  const name = months[Number(month) - 1];
  if (name === undefined) return year;
  return day === undefined ? `${name}-${year}` : `${day}-${name}-${year}`;
}

/** Whole years from a birth date, complete or not, to `today`; `undefined` where it lies ahead. */
export function ageOf(birthDate: string, today: string): number | undefined {
  const [year = 0, month, day] = birthDate.split('-').map(Number);
  const [thisYear = 0, thisMonth = 1, thisDay = 1] = today.split('-').map(Number);
  const isBefore =
    month !== undefined && (thisMonth < month || (thisMonth === month && day !== undefined && thisDay < day));
  const age = thisYear - year - (isBefore ? 1 : 0);
  return age < 0 ? undefined : age;
}

/** `14-Mar-1979 (47 y)`. */
export function BirthDate({ date, now }: { readonly date: string | undefined; readonly now: Instant }) {
  const zone = useZone();
  if (date === undefined || date === '') return <span class="quiet">birth date not known</span>;
  const age = ageOf(date, zone.wallOf(now).slice(0, 10));
  return (
    <span class="nowrap">
      {dateWords(date)}
      {age === undefined ? '' : ` (${age} y)`}
    </span>
  );
}

export interface WhenProps {
  readonly at: Instant | number;
  /** `seconds` for evidence, `date` where the hour says nothing. */
  readonly show?: 'minutes' | 'seconds' | 'date';
}

/** `22-Nov-2026 20:53 UTC+05:30`: by the hospital's clock, with its offset then, so that every other can read it too. */
export function momentWords(at: Instant | number, zone: TimeZone, show: WhenProps['show'] = 'minutes'): string {
  const wall = zone.wallOf(at);
  const time = wall.slice(11, show === 'seconds' ? 19 : 16);
  return show === 'date' ? dateWords(wall) : `${dateWords(wall)} ${time} ${zone.offsetOf(at)}`;
}

/** `20:53:07 UTC+05:30`: a time of today. */
export function timeWords(at: Instant | number, zone: TimeZone): string {
  return `${zone.wallOf(at).slice(11, 19)} ${zone.offsetOf(at)}`;
}

/** The same moment for people, by the clock of the page, and for programs, in UTC. Where it has no room it breaks before the offset. */
export function When({ at, show = 'minutes' }: WhenProps) {
  const words = momentWords(at, useZone(), show);
  const end = show === 'date' ? words.length : words.lastIndexOf(' ');
  return (
    <time datetime={new Date(at).toISOString()}>
      <span class="nowrap">{words.slice(0, end)}</span>
      {show === 'date' ? null : (
        <>
          {' '}
          <span class="nowrap">{words.slice(end + 1)}</span>
        </>
      )}
    </time>
  );
}

/** `3 min`, `5 h`, `2 d`: how long ago, or until. */
export function spanWords(spanMs: number): string {
  const minutes = Math.floor(Math.abs(spanMs) / 60_000);
  if (minutes < 1) return 'less than a minute';
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / 1440)} d`;
}

/** `1.2 MB`, in powers of ten. */
export function bytesWords(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1000;
  if (bytes === 1) return '1 byte';
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

const languages = new Intl.DisplayNames('en', { type: 'language', fallback: 'code' });

/** A language's tag as its name in English; what is no tag stays as it was told (RFC 5646). */
export function languageWords(tag: string): string {
  try {
    return languages.of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** Text for readers of the screen alone. */
export function Unseen({ children }: { readonly children: Child }) {
  return <span class="unseen">{children}</span>;
}
