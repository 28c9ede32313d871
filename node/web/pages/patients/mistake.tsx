import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, LinkButton, Submit, TextArea, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Notice } from '../../components/panel.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { voidedPage } from './closed-record.tsx';
import { noteAct, openPatient, patientIdOf, type OpenedPatient } from './open-patient.ts';
import { writerOf } from './patient-author.ts';
import { ChartBanner } from './patient-banner.tsx';
import { submitOnce } from '../../submit-once.ts';

const reasonMissing = [{ field: 'reason', message: 'Say why' }];

/** Asks before a record that was registered by mistake is taken out of lists and search. */
export function showMistake(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'view', (opened) => mistakePage(visit, desk, opened));
}

export async function voidPatient(visit: Visit, desk: DeskServices): Promise<Answer> {
  const patient = patientIdOf(visit);
  const reason = (await visit.form()).get('reason').trim();
  return await submitOnce(visit, async () => {
    const back = url('patient', { patient });
    if (await desk.patientActs.isVoided(patient)) return back;
    return await openPatient<string | Answer>(visit, desk, 'view', async (opened) => {
      if (reason === '') return mistakePage(visit, desk, opened, reasonMissing);
      await noteAct(visit, desk, patient, 'edit');
      const done = await desk.patientActs.void(patient, reason, writerOf(visit));
      return done.state === 'voided' ? back : inUsePage(visit, desk, opened);
    });
  });
}

export async function takeBackPatient(visit: Visit, desk: DeskServices): Promise<Answer> {
  const patient = patientIdOf(visit);
  const reason = (await visit.form()).get('reason').trim();
  return await submitOnce(visit, async () => {
    if (reason === '') return voidedPage(visit, desk, reasonMissing);
    await noteAct(visit, desk, patient, 'edit');
    const done = await desk.patientActs.takeBack(patient, reason, writerOf(visit));
    if (done.state === 'taken-back') return url('patient', { patient });
    const message = 'Another patient has this record’s CSV id now: give that one another id first';
    return voidedPage(visit, desk, [{ field: 'reason', message }]);
  });
}

function mistakePage(visit: Visit, desk: DeskServices, opened: OpenedPatient, errors: FormErrors = []): Answer {
  const patient = opened.record.id;
  return page(
    { title: 'Registered by mistake', status: errors.length > 0 ? 422 : 200 },
    <div class="narrow">
      <ErrorSummary errors={errors} />
      <ChartBanner record={opened.record} visit={visit} desk={desk} heading={false} />
      <h1>Was this patient registered by mistake?</h1>
      <p>
        The record leaves every list and search and its CSV id becomes free. Nothing is destroyed, and it can be taken
        back. A record with consultations, files or referrals cannot be voided.
      </p>
      <form method="post" action={url('patient-void', { patient })} data-draft="off">
        <Once token={desk.random.uuid()} />
        <TextArea
          name="reason"
          label="What was the mistake?"
          required
          rows={2}
          value={visit.draft?.get('reason') ?? ''}
          errors={errors}
          maxlength={1000}
        />
        <p class="actions">
          <Submit tone="danger">Void this record</Submit>
          <LinkButton href={url('patient', { patient })}>Keep it</LinkButton>
        </p>
      </form>
    </div>,
  );
}

function inUsePage(visit: Visit, desk: DeskServices, opened: OpenedPatient): Answer {
  return page(
    { title: 'Record in use', status: 409 },
    <div class="narrow">
      <ChartBanner record={opened.record} visit={visit} desk={desk} heading={false} />
      <h1>This record is in use</h1>
      <Notice tone="amber" title="Nothing was changed">
        <p>
          Consultations, files or referrals belong to this record, so it cannot be voided. Correct what is wrong in it
          instead.
        </p>
      </Notice>
      <LinkButton href={url('patient', { patient: opened.record.id })}>Back to the chart</LinkButton>
    </div>,
  );
}
