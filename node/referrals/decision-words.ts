import type { JsonObject } from '../../protocol/json.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { EventName } from './state.ts';
import { checkQuestion } from './questions/inquiry.ts';

/** What a clinician says to the hospital that referred: a decision, or a question before or after one. */
export type DecisionWords =
  | { readonly kind: 'accepted'; readonly note?: string }
  | { readonly kind: 'rejected'; readonly reason: string; readonly advice?: string }
  | { readonly kind: 'asked'; readonly question: string };
export type DecisionKind = DecisionWords['kind'];

export const wordsLengthMax = 4_000;

/** The signed event that each becomes, and in which role (Spec bundle §6, events 4 to 6). */
export const eventOfKind: Readonly<
  Record<DecisionKind, { readonly name: EventName; readonly role: 'triage' | 'clinician' }>
> = {
  accepted: { name: 'referral-accepted', role: 'triage' },
  rejected: { name: 'referral-rejected', role: 'triage' },
  asked: { name: 'info-requested', role: 'clinician' },
};

/** Fails with a code of `invalid` where words are missing or too long. */
export function checkWords(words: DecisionWords): void {
  if (words.kind === 'asked') return checkQuestion(words.question);
  const texts = words.kind === 'accepted' ? [words.note ?? ''] : [words.reason, words.advice ?? ''];
  if (words.kind === 'rejected' && words.reason.trim() === '')
    throw new OperationError('invalid', 'reason-missing', 'A rejection needs a reason: it is what the sender reads.');
  if (texts.some((text) => text.length > wordsLengthMax))
    throw new OperationError('invalid', 'words-too-long', `The answer has at most ${wordsLengthMax} letters.`);
}

/** The words again, as a row keeps them beside its kind. */
export function readWords(kind: DecisionKind, content: JsonObject): DecisionWords {
  const text = (name: string): string | undefined => {
    const value = content[name];
    return typeof value === 'string' ? value : undefined;
  };
  const [note, advice] = [text('note'), text('advice')];
  if (kind === 'asked') return { kind, question: text('question') ?? '' };
  if (kind === 'accepted') return { kind, ...(note === undefined ? {} : { note }) };
  return { kind, reason: text('reason') ?? '', ...(advice === undefined ? {} : { advice }) };
}

export function areSameWords(one: DecisionWords, other: DecisionWords): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Who did what, as the next person is told. */
export function deedWords(kind: DecisionKind, by: string): string {
  return kind === 'asked' ? `${by} asked the sender a question` : `${by} ${kind} it`;
}
