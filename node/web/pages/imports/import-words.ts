import type { Verdict } from '../../../records/csv/plan.ts';
import { remarkWords, type Remark } from '../../../records/csv/row.ts';
import type { Tone } from '../../components/tag.tsx';

/** Verdicts as people read them (Records §1.4). */
export const verdictWords: Readonly<Record<Verdict, { readonly word: string; readonly tone: Tone }>> = {
  error: { word: 'Error', tone: 'red' },
  duplicate: { word: 'Stands twice', tone: 'amber' },
  update: { word: 'Changes a patient', tone: 'blue' },
  'match-certain': { word: 'Known person', tone: 'amber' },
  'match-possible': { word: 'Perhaps known', tone: 'amber' },
  warning: { word: 'New, with warning', tone: 'amber' },
  'no-match': { word: 'New, like another', tone: 'plain' },
  ok: { word: 'New', tone: 'green' },
};

/** A remark about one cell, for people: it never quotes the cell. */
export function cellRemark(remark: Remark): { readonly column: string; readonly words: string } {
  const { column } = remark;
  return { column, words: remarkWords(remark).slice(column.length + 1) };
}

/** What a failed confirmation left in the draft, in words. */
export const failureWords: Readonly<Record<string, string>> = {
  stale: 'Somebody changed these patients meanwhile. Nothing was imported: choose the file again.',
  failed: 'The import came to nothing: it was interrupted. Nothing was imported: try again.',
};

/** `3, 17-20` as record numbers; `undefined` where it is something else, or names records that the file does not have. */
export function parseRecordNumbers(text: string, records: number): ReadonlySet<number> | undefined {
  const found = new Set<number>();
  for (const part of text.split(/[\s,;]+/)) {
    if (part === '') continue;
    const [, first = '', last = first] = /^([0-9]{1,6})(?:-([0-9]{1,6}))?$/.exec(part) ?? [];
    if (first === '' || Number(first) < 1 || Number(last) > records || Number(last) < Number(first)) return undefined;
    for (let number = Number(first); number <= Number(last); number += 1) found.add(number);
  }
  return found;
}
