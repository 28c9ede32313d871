import type { Consultation, ConsultationChange, ConsultationId } from '../../../records/model.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, Field, Hidden, LinkButton, Radios, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Notice, Section } from '../../components/panel.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { ConsultationText } from './chart-consultations.tsx';
import { ConsultationInputs } from './consultation-form.tsx';
import { fieldsOf, fieldsOfForm, readFields, type ConsultationFields } from './consultation-fields.ts';
import { DraftNotice, forgetDraft } from './draft-notice.tsx';
import { consultationOf, noteAct, openPatient, type OpenedPatient } from './open-patient.ts';
import { authorOf } from './patient-author.ts';
import { ChartBanner } from './patient-banner.tsx';
import { changeWords } from './patient-words.ts';
import { submitOnce } from '../../submit-once.ts';

export function showConsultationChange(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'view', async (opened) => {
    const consultation = await consultationOf(visit, desk, opened.record.id);
    const { draft } = visit;
    if (draft === undefined)
      return changePage(visit, desk, opened, {
        fields: fieldsOf(consultation, await desk.settings.zone()),
        version: consultation.version,
        kind: '',
        why: '',
        id: consultation.id,
      });
    const version = Number(draft.get('version'));
    return changePage(visit, desk, opened, {
      fields: fieldsOfForm(draft),
      version,
      kind: draft.get('kind'),
      why: draft.get('why'),
      id: consultation.id,
    });
  });
}

/** Adds to or corrects a consultation: a version of its own, with its reason; what stood there stays (Records §5). */
export async function changeConsultation(visit: Visit, desk: DeskServices): Promise<Answer> {
  const form = await visit.form();
  const [kind, why, version] = [form.get('kind'), form.get('why').trim(), Number(form.get('version'))];
  const fields = fieldsOfForm(form);
  return await submitOnce(visit, () =>
    openPatient<string | Answer>(visit, desk, 'view', async (opened) => {
      const { id, patient } = await consultationOf(visit, desk, opened.record.id);
      const shown = { fields, version, kind, why, id };
      const read = readFields(fields, visit.now);
      const errors: FormErrors = [
        ...('errors' in read ? read.errors : []),
        ...(isKind(kind) ? [] : [{ field: 'kind', message: 'Choose whether you add or correct' }]),
        ...(why === '' ? [{ field: 'why', message: 'Say why the consultation changes' }] : []),
      ];
      if ('errors' in read || !isKind(kind) || errors.length > 0)
        return changePage(visit, desk, opened, { ...shown, errors });
      const next = { ...read.consultation, author: authorOf(visit) };
      await noteAct(visit, desk, patient, 'consult');
      const changed = await desk.consultations.change(id, version, next, { kind, reason: why });
      if (changed.state === 'conflict')
        return changePage(visit, desk, opened, {
          ...shown,
          version: changed.current.version,
          current: changed.current,
        });
      await forgetDraft(visit, desk);
      return url('consultation', { patient, consultation: id });
    }),
  );
}

interface Shown {
  readonly fields: ConsultationFields;
  readonly version: number;
  readonly kind: string;
  readonly why: string;
  readonly id: ConsultationId;
  readonly errors?: FormErrors;
  /** What somebody else wrote meanwhile. */
  readonly current?: Consultation;
}

function isKind(text: string): text is ConsultationChange['kind'] {
  return text === 'addition' || text === 'correction';
}

function changePage(visit: Visit, desk: DeskServices, opened: OpenedPatient, shown: Shown): Answer {
  const { fields, version, kind, why, id, errors = [], current } = shown;
  const patient = opened.record.id;
  const params = { patient, consultation: id };
  return page(
    {
      title: 'Add to or correct a consultation',

      status: current !== undefined ? 409 : errors.length > 0 ? 422 : 200,
    },
    <>
      <ErrorSummary errors={errors} />
      {current === undefined ? null : <Overtaken current={current} />}
      <ChartBanner
        record={opened.record}
        visit={visit}
        desk={desk}
        heading={false}
        isRestricted={opened.isRestricted}
        brokenUntil={opened.brokenUntil}
      />
      <h1>Add to or correct a consultation</h1>
      <p class="lead">What was written stays readable under the new text, with who wrote it.</p>
      <DraftNotice visit={visit} desk={desk} />
      <form method="post" action={url('consultation-change', params)}>
        <Once token={desk.random.uuid()} />
        <Hidden name="version" value={String(version)} />
        <Section title="What changes, and why" id="change">
          <Radios
            name="kind"
            label="Kind of change"
            required
            values={[kind]}
            errors={errors}
            choices={[
              { value: 'addition', label: changeWords.addition, hint: 'Something was left out' },
              { value: 'correction', label: changeWords.correction, hint: 'Something was wrong' },
            ]}
          />
          <Field name="why" label="Reason" required value={why} errors={errors} maxlength={1000} autocomplete="off" />
        </Section>
        <Section title="Consultation" id="consultation">
          <ConsultationInputs fields={fields} errors={errors} now={visit.now} />
        </Section>
        <p class="actions">
          <Submit>Save</Submit>
          <LinkButton href={url('consultation', params)}>Do not save</LinkButton>
          <span class="quiet" data-draft-state></span>
        </p>
      </form>
    </>,
  );
}

function Overtaken({ current }: { readonly current: Consultation }) {
  return (
    <Notice
      tone="amber"
      role="alert"
      title="Somebody else changed this consultation while you were writing. Nothing of yours is lost"
    >
      <p>
        {current.author === undefined ? 'A program of the hospital' : <Foreign text={current.author.name} />} wrote on{' '}
        <When at={current.writtenAt} /> what stands below. Your text is in the form: bring both together, then save.
      </p>
      <ConsultationText consultation={current} />
    </Notice>
  );
}
