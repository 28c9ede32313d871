import { isUuid } from '../../../../protocol/ids.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { RecordsError } from '../../../records/errors.ts';
import type { PatientId } from '../../../records/model.ts';
import type { Answer } from '../../answer.ts';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { submitOnce } from '../patients/submit-once.ts';
import { matchPage } from './match.tsx';
import { actorOf, openReferral } from './referral-of.ts';

const answers = ['same', 'other', 'not-sure'] as const;
const fieldOfCode: Readonly<Record<string, string>> = { 'why-missing': 'why', 'words-too-long': 'why' };

/** Keeps a person's answer about one candidate; linking is one of three (screens 11). */
export async function answerMatch(visit: Visit, desk: DeskServices): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'received', 'link');
  const form = await visit.form();
  const answer = answers.find((one) => one === form.get('answer'));
  const patient = form.get('patient');
  if (answer === undefined || !isUuid(patient))
    return matchPage(visit, desk, detail, [{ field: 'answer', message: 'Choose one of the three answers' }], form);
  return submitOnce(visit, async () => {
    const given = { answer, patient: patient as PatientId, why: form.get('why') };
    return orAgain(visit, desk, detail, 'why', async () => {
      await desk.access.note(visit.user, { kind: 'patient', id: patient }, 'link');
      await desk.referralDesk.matching.answer(detail.id, given, actorOf(visit));
      return url('received-match', { referral: detail.id });
    });
  });
}

/** Makes the received person a patient of ours, and links the two. */
export async function registerReceived(visit: Visit, desk: DeskServices): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'received', 'link');
  const why = (await visit.form()).get('why-new');
  return submitOnce(visit, () =>
    orAgain(visit, desk, detail, 'why-new', async () => {
      const patient = await desk.referralDesk.matching.register(detail.id, why, actorOf(visit));
      await desk.access.note(visit.user, { kind: 'patient', id: patient }, 'register');
      return url('received-match', { referral: detail.id });
    }),
  );
}

export async function unlinkReceived(visit: Visit, desk: DeskServices): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'received', 'link');
  return submitOnce(visit, async () => {
    await desk.referralDesk.matching.unlink(detail.id, actorOf(visit));
    return url('received-match', { referral: detail.id });
  });
}

/** What the answer lacks is told on the page of the answer, with everything typed still there. */
async function orAgain(
  visit: Visit,
  desk: DeskServices,
  detail: Parameters<typeof matchPage>[2],
  field: string,
  work: () => Promise<string>,
): Promise<string | Answer> {
  try {
    return await work();
  } catch (error) {
    const isTold =
      (error instanceof OperationError && (error.kind === 'invalid' || error.kind === 'conflict')) ||
      (error instanceof RecordsError && error.code === 'invalid-details');
    if (!isTold) throw error;
    const where = error instanceof OperationError && fieldOfCode[error.code] === undefined ? 'answer' : field;
    const form = await visit.form();
    return matchPage(visit, desk, detail, [{ field: where, message: error.message }], form);
  }
}
