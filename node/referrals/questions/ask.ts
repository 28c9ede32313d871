import type { AttachmentId, ReferralId } from '../../../protocol/ids.ts';
import { OperationError } from '../../platform/operation-error.ts';
import type { PatientId } from '../../records/model.ts';
import type { Writer } from '../../store/store.ts';
import { stateBefore } from '../answer-cancel.ts';
import { chosenAttachments } from '../compose-sending.ts';
import type { ReferralAttachment } from '../compose/input.ts';
import { decideReferral } from '../decide.ts';
import { referralQueries } from '../referral-queries.ts';
import type { GivenAnswer, AskedQuestion } from '../referrals.ts';
import type { SendPorts } from '../send.ts';
import { isFinalName } from '../state.ts';
import { checkAnswer, checkQuestion, whyNotAsk } from './inquiry.ts';

/*
 * A question of the hospital that received a referral, and the answer of the one that sent it (Spec bundle §6, events 6 and
 * 7). While it is open the referral is `info-requested`; the answer leads back to the state before, a decision leads on.
 */

/** Fails with `wrong-state` where nothing can be asked now; `also` is written in the transaction of the event. */
export async function askSender(
  ports: SendPorts,
  referral: ReferralId,
  { question, author }: AskedQuestion,
  also: (writer: Writer) => Promise<void>,
): Promise<void> {
  checkQuestion(question);
  await decideReferral(ports, {
    referral,
    author,
    role: 'clinician',
    content: () => ({ event: 'info-requested', question }),
    notPossible: ({ direction, state }) => notNow(direction === 'sent' ? notOurs.ask : whyNotAsk(state)),
    also,
  });
}

/** Fails with `wrong-state` where no question is open, and with `other-question` where another is than was read. */
export async function answerQuestion(
  ports: SendPorts,
  referral: ReferralId,
  { to, text, attachments: ids = [], author }: GivenAnswer,
): Promise<void> {
  checkAnswer(text);
  const attachments = await filesOf(ports, referral, ids);
  await decideReferral(ports, {
    referral,
    author,
    role: 'referrer',
    attachments,
    content: ({ prior }) => ({ event: 'info-provided', answer: text, attachments, backTo: stateBefore(prior) }),
    check: (events) => {
      const open = events.findLast(({ name, status }) => name === 'info-requested' && status === 'applied');
      if (to === undefined || open?.message === to) return;
      throw new OperationError(
        'conflict',
        'other-question',
        'Another question is open by now. Read it first, then answer that one. Nothing was sent.',
      );
    },
    notPossible: ({ direction, state }) => notNow(direction === 'received' ? notOurs.answer : whyNotAnswer(state)),
  });
}

const notOurs = {
  ask: 'This referral was sent from here: the hospital that received it asks, and is answered from here.',
  answer: 'This referral was received here: the hospital that sent it answers. Ask it a question instead.',
} as const;

function whyNotAnswer(state: string): string {
  if (state === 'cancel-requested') return 'We asked to cancel this referral: its question is answered no more.';
  if (isFinalName(state)) return `The referral has ended (${state}): no question is open any more.`;
  return `No question is open: the referral is ${state}. It was answered or decided already, or nobody asked.`;
}

function notNow(why: string): OperationError {
  return new OperationError('conflict', 'wrong-state', `${why} Nothing was sent.`);
}

/** The chosen files of whom the referral is about; what is no referral of ours is refused by the state machine. */
async function filesOf(
  ports: SendPorts,
  id: ReferralId,
  ids: readonly AttachmentId[],
): Promise<readonly ReferralAttachment[]> {
  if (ids.length === 0) return [];
  const row = await ports.store.read((reader) => reader.first(referralQueries.get, { id, direction: 'sent' }));
  if (row === undefined) return [];
  if (row.patient !== null) return chosenAttachments(ports, row.patient as PatientId, ids);
  throw new OperationError(
    'not-found',
    'unknown-attachment',
    'The record of this patient is no longer held here: no file of it can go along. Nothing was sent.',
  );
}
