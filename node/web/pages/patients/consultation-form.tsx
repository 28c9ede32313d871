import type { Instant } from '../../../../protocol/instant.ts';
import { timeZoneOf } from '../../../alerts/time-zone.ts';
import type { PatientId } from '../../../records/model.ts';
import { page, type Answer } from '../../answer.ts';
import {
  ErrorSummary,
  Field,
  Hidden,
  LinkButton,
  Radios,
  Submit,
  TextArea,
  type FormErrors,
} from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Section } from '../../components/panel.tsx';
import { momentFieldMax, momentHint } from '../../components/typed-moment.ts';
import { useZone } from '../../components/zone.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { emptyFields, fieldsOfForm, readFields, type ConsultationFields } from './consultation-fields.ts';
import { DraftNotice, forgetDraft } from './draft-notice.tsx';
import { noteAct, openPatient, type OpenedPatient } from './open-patient.ts';
import { authorOf } from './patient-author.ts';
import { ChartBanner } from './patient-banner.tsx';
import { classWords } from './patient-words.ts';
import { submitOnce } from '../../submit-once.ts';

export function showNewConsultation(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'view', async (opened) => {
    const own = await desk.settings.zone();
    const fields = visit.draft === undefined ? emptyFields(visit.now, own, visit.user.name) : fieldsOfForm(visit.draft);
    return newPage(visit, desk, opened, { fields });
  });
}

/** Writes a consultation; its page then takes images and documents. */
export async function addConsultation(visit: Visit, desk: DeskServices): Promise<Answer> {
  const fields = fieldsOfForm(await visit.form());
  return await submitOnce(visit, () =>
    openPatient<string | Answer>(visit, desk, 'view', async (opened) => {
      const read = readFields(fields, visit.now);
      if ('errors' in read) return newPage(visit, desk, opened, { fields, errors: read.errors });
      const patient: PatientId = opened.record.id;
      await noteAct(visit, desk, patient, 'consult');
      const added = await desk.consultations.add(patient, { ...read.consultation, author: authorOf(visit) });
      await forgetDraft(visit, desk);
      return url('consultation', { patient, consultation: added.id });
    }),
  );
}

function newPage(
  visit: Visit,
  desk: DeskServices,
  opened: OpenedPatient,
  { fields, errors = [] }: { readonly fields: ConsultationFields; readonly errors?: FormErrors },
): Answer {
  const patient = opened.record.id;
  return page(
    { title: 'New consultation', status: errors.length > 0 ? 422 : 200 },
    <>
      <ErrorSummary errors={errors} />
      <ChartBanner
        record={opened.record}
        visit={visit}
        desk={desk}
        heading={false}
        isRestricted={opened.isRestricted}
        brokenUntil={opened.brokenUntil}
      />
      <h1>New consultation</h1>
      <DraftNotice visit={visit} desk={desk} />
      <form method="post" action={url('consultation-add', { patient })}>
        <Once token={desk.random.uuid()} />
        <Section title="Consultation" id="consultation">
          <ConsultationInputs fields={fields} errors={errors} now={visit.now} />
        </Section>
        <p class="hint">Images and documents are added on the next page.</p>
        <p class="actions">
          <Submit>Save the consultation</Submit>
          <LinkButton href={url('patient', { patient })}>Do not save</LinkButton>
          <span class="quiet" data-draft-state></span>
        </p>
      </form>
    </>,
  );
}

/** The fields that a consultation and its corrections share. */
export function ConsultationInputs({
  fields,
  errors,
  now,
}: {
  readonly fields: ConsultationFields;
  readonly errors: FormErrors;
  readonly now: Instant;
}) {
  const own = useZone();
  return (
    <>
      <Hidden name="zone" value={fields.zone} />
      <div class="fields">
        <Field
          name="at"
          label="Date and time"
          hint={momentHint(timeZoneOf(fields.zone), own, now)}
          required
          value={fields.at}
          errors={errors}
          width="medium"
          maxlength={momentFieldMax}
          autocomplete="off"
        />
        <Field
          name="practitioner"
          label="Seen by"
          required
          value={fields.practitioner}
          errors={errors}
          autocomplete="off"
        />
      </div>
      <Radios
        name="class"
        label="Kind"
        required
        values={[fields.encounterClass]}
        errors={errors}
        choices={Object.entries(classWords).map(([value, label]) => ({ value, label }))}
      />
      <TextArea name="reason" label="Why the patient came" required rows={2} value={fields.reason} errors={errors} />
      <TextArea name="findings" label="Findings and what was said" rows={6} value={fields.findings} errors={errors} />
      <div class="fields">
        <TextArea
          name="diagnoses"
          label="Diagnoses"
          hint="One a line"
          rows={3}
          value={fields.diagnoses}
          errors={errors}
        />
        <TextArea
          name="prescriptions"
          label="Prescriptions"
          hint="One a line: medicine, then dosage"
          rows={3}
          value={fields.prescriptions}
          errors={errors}
        />
      </div>
    </>
  );
}
