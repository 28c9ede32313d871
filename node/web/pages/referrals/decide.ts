import { OperationError } from '../../../platform/operation-error.ts';
import type { DecisionWords } from '../../../referrals/decision-words.ts';
import type { ReferralDetail } from '../../../referrals/referrals.ts';
import { seeOther, type Answer } from '../../answer.ts';
import type { DeskServices } from '../../desk-services.ts';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { forgetDraft } from '../patients/draft-notice.tsx';
import { submitOnce } from '../../submit-once.ts';
import { actorOf, openReferral, referralIdOf } from './referral-of.ts';
import { receivedPage } from './received.tsx';

const fieldsOfCode: Readonly<Record<string, string>> = {
  'reason-missing': 'reason',
  'words-too-long': 'reason',
  'question-missing': 'question',
  'question-too-long': 'question',
};

/** Keeps a doctor's decision or question for its ten seconds; the page that follows offers Undo (screen 3). */
export async function decide(visit: Visit, desk: DeskServices): Promise<Answer> {
  const form = await visit.form();
  const detail = await openReferral(visit, desk, 'received', 'decide');
  const words = wordsOf(form);
  // No `Once`: after an undo the same form, gone back to, decides again; sent twice it is one decision (decisions.ts).
  const done = await orAgain(visit, desk, detail, async () => {
    await desk.referralDesk.decisions.decide(detail.id, words, actorOf(visit));
    await forgetDraft(visit, desk);
    if (form.get('next') !== 'yes') return url('received', { referral: detail.id });
    const next = await desk.referralDesk.nextUndecided(detail.id);
    return next === undefined ? url('inbox') : url('received', { referral: next });
  });
  return typeof done === 'string' ? seeOther(done) : done;
}

/** What the decision lacks, or who was faster, is told on the same page, with everything typed still there. */
async function orAgain(
  visit: Visit,
  desk: DeskServices,
  detail: ReferralDetail,
  work: () => Promise<string>,
): Promise<string | Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OperationError) || (error.kind !== 'invalid' && error.kind !== 'conflict')) throw error;
    const isInvalid = error.kind === 'invalid';
    const fields = await visit.form();
    return receivedPage(visit, desk, await desk.referrals.show(detail.id), {
      errors: [{ field: fieldsOfCode[error.code] ?? 'state', message: error.message }],
      title: titleOf(isInvalid, fields.get('decision') === 'asked'),
      fields,
      status: isInvalid ? 422 : 409,
    });
  }
}

function titleOf(isInvalid: boolean, isQuestion: boolean): string {
  if (isQuestion) return isInvalid ? 'Nothing was asked yet' : 'Your question was not kept';
  return isInvalid ? 'Nothing was decided yet' : 'Your decision was not kept';
}

/** What a doctor says to the sender's request to cancel; it leaves at once. */
export async function answerCancelAsked(visit: Visit, desk: DeskServices): Promise<Answer> {
  const form = await visit.form();
  const detail = await openReferral(visit, desk, 'received', 'decide');
  const author = actorOf(visit);
  return submitOnce(visit, () =>
    orAgain(visit, desk, detail, async () => {
      if (form.get('answer') === 'confirmed')
        await desk.referrals.answerCancel(detail.id, { kind: 'confirmed', author });
      else await desk.referrals.answerCancel(detail.id, { kind: 'declined', reason: form.get('reason'), author });
      await forgetDraft(visit, desk);
      return url('received', { referral: detail.id });
    }),
  );
}

/** Takes a decision back before its answer leaves. */
export async function undo(visit: Visit, desk: DeskServices): Promise<Answer> {
  const id = referralIdOf(visit);
  return submitOnce(visit, async () => {
    await desk.access.note(visit.user, { kind: 'referral', id }, 'decide');
    await desk.referralDesk.decisions.undo(id, actorOf(visit));
    return url('received', { referral: id });
  });
}

function wordsOf(form: FormFields): DecisionWords {
  const text = (name: string): string => form.get(name).trim();
  if (form.get('decision') === 'accepted')
    return { kind: 'accepted', ...(text('note') === '' ? {} : { note: text('note') }) };
  if (form.get('decision') === 'asked') return { kind: 'asked', question: text('question') };
  const advice = text('advice');
  return { kind: 'rejected', reason: text('reason'), ...(advice === '' ? {} : { advice }) };
}
