import type { AlertPreview } from '../../../alerts/confirm.ts';
import type { Mail } from '../../../platform/mail.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { page, type Answer } from '../../answer.ts';
import { Hidden, LinkButton, Submit } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Notice, Section } from '../../components/panel.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { alertForm, fieldsOf, openCase, previewPath, type AlertFields } from './alert-form.tsx';
import { forgetDraft } from '../admin/admin-form.tsx';
import { journalSubjectsOf, type CaseOfAlert } from './alert-subject.ts';

/** A preview that time or an administrator has overtaken: a new one is shown, nothing was sent. */
const overtaken: ReadonlySet<string> = new Set(['preview-too-old', 'preview-outdated', 'station-not-in-use']);

/**
 * The exact mail, to be confirmed (Node §8 rule 4), or the form again to change something. Composing stores nothing, so the
 * page may be loaded again.
 */
export async function previewAlert(visit: Visit, desk: DeskServices, why = ''): Promise<Answer> {
  const form = await visit.form();
  const subject = await openCase(visit, desk);
  const fields = fieldsOf(form, visit.query.get('follows') ?? '');
  if (form.get('change') === 'yes') return await alertForm(visit, desk, { subject, fields });
  const { about, recordTexts, dataKey } = subject;
  const { station, caseNumber, reason, follows } = fields;
  const previewed = await desk.alerts.preview({
    by: { id: visit.user.id, name: visit.user.name },
    station,
    caseNumber,
    reason,
    about,
    recordTexts,
    ...(dataKey === undefined ? {} : { dataKey }),
    ...(follows === '' ? {} : { follows }),
  });
  if (previewed.state === 'refused') return await alertForm(visit, desk, { subject, fields, errors: previewed.faults });
  return previewPage(desk, { subject, fields, preview: previewed.preview, why });
}

/** Queues exactly what was shown and leads to where the alert can be followed. */
export async function sendAlert(visit: Visit, desk: DeskServices): Promise<Answer> {
  const form = await visit.form();
  try {
    return await visit.once(async () => {
      const by = { id: visit.user.id, name: visit.user.name };
      const { id } = await desk.alerts.confirm(by, form.get('token'));
      for (const subject of await journalSubjectsOf(desk, (await desk.alerts.get(id)).about))
        await desk.access.note(visit.user, subject, 'alert');
      await forgetDraft(visit, desk, `${url('alert-new')}${new URL(visit.target, 'http://desk.invalid').search}`);
      return url('alert', { alert: id });
    });
  } catch (error) {
    if (!(error instanceof OperationError) || !overtaken.has(error.code)) throw error;
    return await previewAlert(visit, desk, error.message);
  }
}

interface PreviewState {
  readonly subject: CaseOfAlert;
  readonly fields: AlertFields;
  readonly preview: AlertPreview;
  readonly why: string;
}

function previewPage(desk: DeskServices, { subject, fields, preview, why }: PreviewState): Answer {
  const { mail, station, token, validUntil } = preview;
  return page(
    { title: 'Check the mail', status: why === '' ? 200 : 409 },
    <div class="narrow">
      <h1>Check the mail to the police</h1>
      <p class="lead">
        To <Foreign text={station.name} />
        {subject.name === '' ? null : (
          <>
            , about <Foreign text={subject.name} />
          </>
        )}
      </p>
      {why === '' ? null : (
        <Notice tone="amber" role="alert" title="Nothing was sent">
          <p>{why}</p>
        </Notice>
      )}
      {desk.mail === undefined ? <NoMailServer telephone={station.telephone} /> : null}
      <Section title="This leaves the hospital, and nothing else" id="mail">
        <MailView mail={mail} />
        <p class="hint">
          One plain mail to one recipient. It may be sent until <When at={validUntil} />.
        </p>
      </Section>
      <form
        method="post"
        action={url('alert-send', {}, { ...subject.about, follows: fields.follows })}
        data-draft="off"
      >
        <Once token={desk.random.uuid()} />
        <Hidden name="token" value={token} />
        <Hidden name="station" value={fields.station} />
        <Hidden name="caseNumber" value={fields.caseNumber} />
        <Hidden name="reason" value={fields.reason} />
        <p>
          Your name, the time and the hash of this text go into the exchange log. If the station does not answer, you
          are told to telephone <Foreign text={station.telephone} />.
        </p>
        <p class="actions">
          <Submit>Send this mail to the police</Submit>
          <Submit tone="second" name="change" value="yes" formaction={previewPath(subject, fields.follows)}>
            Change something
          </Submit>
          <LinkButton href={url('alerts')}>Send nothing</LinkButton>
        </p>
      </form>
    </div>,
  );
}

function NoMailServer({ telephone }: { readonly telephone: string }) {
  return (
    <Notice tone="red" role="alert" title="This hospital has no mail server">
      <p>
        The alert is kept and logged, and no mail leaves. Telephone the station now: <strong>{telephone}</strong>
      </p>
    </Notice>
  );
}

/** A mail letter by letter, as its recipient's program gets it. */
export function MailView({ mail }: { readonly mail: Mail }) {
  return (
    <div class="mail">
      <dl class="facts">
        <div>
          <dt>From</dt>
          <dd class="mono">{mail.from}</dd>
        </div>
        <div>
          <dt>To</dt>
          <dd class="mono">{mail.to}</dd>
        </div>
        <div>
          <dt>Subject</dt>
          <dd>
            <Foreign text={mail.subject} />
          </dd>
        </div>
      </dl>
      <pre dir="auto" tabindex={0} aria-label="Text of the mail">
        {mail.text}
      </pre>
    </div>
  );
}
