import { OperationError } from '../../platform/operation-error.ts';
import { textOf } from '../compose/values.ts';
import { isFinalName } from '../state.ts';

/** Letters of a question and of its answer; more belongs into a file of the patient. */
export const questionLettersMax = 4_000;
export const answerLettersMax = 16_000;

/** Fails with `question-missing` or `question-too-long`. */
export function checkQuestion(text: string): void {
  if (textOf(text) === undefined)
    throw new OperationError('invalid', 'question-missing', 'Write the question: it is what the sender reads.');
  if (text.length > questionLettersMax)
    throw new OperationError(
      'invalid',
      'question-too-long',
      `A question has at most ${questionLettersMax} letters, this one ${text.length}.`,
    );
}

/** Fails with `answer-missing` or `answer-too-long`. */
export function checkAnswer(text: string): void {
  if (textOf(text) === undefined)
    throw new OperationError('invalid', 'answer-missing', 'Write the answer: it is what the other hospital reads.');
  if (text.length > answerLettersMax)
    throw new OperationError(
      'invalid',
      'answer-too-long',
      `An answer has at most ${answerLettersMax} letters, this one ${text.length}. Add what is longer as a file.`,
    );
}

/** Why a referral in this state cannot be asked about, and what can be done instead. */
export function whyNotAsk(state: string): string {
  if (state === 'info-requested')
    return 'A question is open already. Wait for its answer, or accept or decline without it.';
  if (state === 'cancel-requested') return 'The sender asks to cancel this referral: answer that first.';
  if (isFinalName(state)) return `The referral has ended (${state}). Telephone the other hospital.`;
  return `The referral is ${state}: nothing can be asked about it now. Telephone the other hospital.`;
}
