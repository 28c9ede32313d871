import { isUuid } from '../../../../protocol/ids.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { cellsOf, detailsOf } from '../../../records/csv/columns.ts';
import { RecordsError } from '../../../records/errors.ts';
import type { PatientId } from '../../../records/model.ts';
import type { Answer } from '../../answer.ts';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { submitOnce } from '../../submit-once.ts';
import { cellsOfForm, errorsOf } from '../patients/patient-fields.ts';
import { matchPage } from './match.tsx';
import { actorOf, openReferral } from './referral-of.ts';

const answers = ['same', 'other', 'not-sure'] as const;
/** What is wrong with the words; everything else is about the answer itself. */
const codesOfWords: ReadonlySet<string> = new Set(['why-missing', 'words-too-long']);

/** Keeps a person's answer about one candidate; linking is one of three (screen 11). */
export async function answerMatch(visit: Visit, desk: DeskServices): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'received', 'link');
  const form = await visit.form();
  const row = form.get('row');
  const [answerField, whyField] = [`answer-${row}`, `why-${row}`];
  const answer = answers.find((one) => one === form.get(answerField));
  const patient = form.get('patient');
  if (answer === undefined || !isUuid(patient))
    return matchPage(visit, desk, detail, [{ field: answerField, message: 'Choose one of the three answers' }], form);
  return submitOnce(visit, async () => {
    const given = { answer, patient: patient as PatientId, why: form.get(whyField) };
    return orAgain(visit, desk, detail, { words: whyField, answer: answerField }, async () => {
      const subject = { kind: 'patient', id: patient } as const;
      await desk.access.note(visit.user, subject, 'view');
      await desk.referralDesk.matching.answer(detail.id, given, actorOf(visit));
      await desk.access.note(visit.user, subject, 'link'); // An answer that is refused makes nobody one who has to do with them.
      return url('received-match', { referral: detail.id });
    });
  });
}

/** Makes the received person a patient of ours, as the document or the reader of it says, and links the two. */
export async function registerReceived(visit: Visit, desk: DeskServices): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'received', 'link');
  const form = await visit.form();
  const { matching } = desk.referralDesk;
  return submitOnce(visit, async () => {
    const told = cellsOf({ ...(await matching.personOf(detail.id)), csvId: detail.number });
    const cells = cellsOfForm(form, told);
    const errors = errorsOf(cells, visit.now, told);
    if (errors.length > 0) return matchPage(visit, desk, detail, errors, form);
    return orAgain(visit, desk, detail, { words: 'why-new', answer: 'why-new' }, async () => {
      const patient = await matching.register(detail.id, form.get('why-new'), actorOf(visit), detailsOf(cells));
      await desk.access.note(visit.user, { kind: 'patient', id: patient }, 'register');
      return url('received-match', { referral: detail.id });
    });
  });
}

export async function unlinkReceived(visit: Visit, desk: DeskServices): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'received', 'link');
  return submitOnce(visit, async () => {
    const linked = (await desk.referralDesk.matching.linkOf(detail.id))?.patient;
    if (linked !== undefined) await desk.access.note(visit.user, { kind: 'patient', id: linked }, 'link');
    await desk.referralDesk.matching.unlink(detail.id, actorOf(visit));
    return url('received-match', { referral: detail.id });
  });
}

/** What the answer lacks is told on the page of the answer, with everything typed still there. */
async function orAgain(
  visit: Visit,
  desk: DeskServices,
  detail: Parameters<typeof matchPage>[2],
  fields: { readonly words: string; readonly answer: string },
  work: () => Promise<string>,
): Promise<string | Answer> {
  try {
    return await work();
  } catch (error) {
    const isTold =
      (error instanceof OperationError && (error.kind === 'invalid' || error.kind === 'conflict')) ||
      (error instanceof RecordsError && error.code === 'invalid-details');
    if (!isTold) throw error;
    const field = codesOfWords.has(error.code) ? fields.words : fields.answer;
    const form = await visit.form();
    return matchPage(visit, desk, detail, [{ field, message: error.message }], form);
  }
}
