import { seeOther, type Answer } from '../../answer.ts';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { restrictedPage } from './closed-record.tsx';
import { patientIdOf } from './open-patient.ts';
import { submitOnce } from '../../submit-once.ts';
import { withoutNames } from './without-names.ts';

const reasonLettersMin = 5;

export async function breakGlass(visit: Visit, desk: DeskServices): Promise<Answer> {
  const id = patientIdOf(visit);
  const record = await desk.patients.find(id);
  if (record === undefined) return seeOther(url('patient', { patient: id }));
  const reason = (await visit.form()).get('reason').trim();
  if (reason.length < reasonLettersMin) {
    const message = 'Say in a few words why the record must be opened';
    return restrictedPage(visit, desk, [{ field: 'reason', message }], reason);
  }
  return await submitOnce(visit, async () => {
    await desk.access.breakGlass(visit.user, { kind: 'patient', id }, withoutNames(reason, record.details));
    return url('patient', { patient: id });
  });
}
