import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, LinkButton, Submit, TextArea, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Notice } from '../../components/panel.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';

/** The door of a restricted record: nothing of the patient stands on it, and it opens with a reason (Node §7.1). */
export function restrictedPage(visit: Visit, desk: DeskServices, errors: FormErrors = [], reason = ''): Answer {
  const patient = visit.param('patient');
  return page(
    { title: 'Restricted record', status: errors.length > 0 ? 422 : 403 },
    <div class="narrow">
      <ErrorSummary errors={errors} title="The record stays closed" />
      <h1>This record is restricted</h1>
      <p class="lead">Only people who have to do with this patient open it.</p>
      <Notice tone="amber" title="If you must open it now">
        <p>
          Say why. Your name, the time and your reason are written down before anything is shown. The administrators of
          this hospital read them, and the exchange log says that it happened. The record stays open to you for 60
          minutes.
        </p>
      </Notice>
      <form method="post" action={url('patient-break-glass', { patient })} data-draft="off">
        <Once token={desk.random.uuid()} />
        <TextArea
          name="reason"
          label="Reason"
          hint="Administrators read it. They see no patients: the names and numbers of this one are left out"
          required
          value={reason || (visit.draft?.get('reason') ?? '')}
          errors={errors}
          rows={3}
          maxlength={1000}
        />
        <p class="actions">
          <Submit tone="danger">Open the record</Submit>
          <LinkButton href={url('patients')}>Go back</LinkButton>
        </p>
      </form>
    </div>,
  );
}

/** A record that was voided says so, and nothing of the patient. */
export function voidedPage(visit: Visit, desk: DeskServices, errors: FormErrors = []): Answer {
  const mayWrite = visit.is('doctor', 'nurse');
  return page(
    { title: 'Voided record', status: errors.length > 0 ? 422 : 404 },
    <div class="narrow">
      <ErrorSummary errors={errors} />
      <h1>This record was voided</h1>
      <p class="lead">It was registered by mistake. No list and no search shows it; its text is kept, sealed.</p>
      {mayWrite ? (
        <form method="post" action={url('patient-take-back', { patient: visit.param('patient') })} data-draft="off">
          <Once token={desk.random.uuid()} />
          <TextArea
            name="reason"
            label="Why is it right after all?"
            required
            rows={2}
            value={visit.draft?.get('reason') ?? ''}
            errors={errors}
            maxlength={1000}
          />
          <p class="actions">
            <Submit tone="second">Take the record back</Submit>
            <LinkButton href={url('patients')}>Go to the patients</LinkButton>
          </p>
        </form>
      ) : null}
    </div>,
  );
}
