import type { OpenAlert } from '../../../alerts/alert.ts';
import type { NearStation } from '../../../alerts/stations/stations.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, Field, LinkButton, Radios, Submit, TextArea, type FormErrors } from '../../components/form.tsx';
import { Notice, Section } from '../../components/panel.tsx';
import { Foreign } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { DraftNotice } from '../patients/draft-notice.tsx';
import { aboutOf, caseOf, journalSubjectsOf, type CaseOfAlert } from './alert-subject.ts';
import { distanceWords } from './alert-words.ts';

/** What was typed, and what the form is about. */
export interface AlertFields {
  readonly station: string;
  readonly caseNumber: string;
  readonly reason: string;
  /** The alert that a further station is told after. */
  readonly follows: string;
}

export interface AlertFormState {
  readonly subject: CaseOfAlert;
  readonly fields: AlertFields;
  readonly errors?: FormErrors;
}

const labels: Readonly<Record<string, string>> = {
  station: 'The station',
  caseNumber: 'The case number',
  reason: 'The reason',
};

/** The empty form: the nearest station is chosen, the case number is the record's or this hospital's next. */
export async function showNewAlert(visit: Visit, desk: DeskServices): Promise<Answer> {
  const subject = await openCase(visit, desk);
  const follows = visit.query.get('follows') ?? '';
  const { draft } = visit;
  const fields =
    draft === undefined
      ? { station: '', caseNumber: subject.caseNumber, reason: '', follows }
      : fieldsOf(draft, follows);
  const before = follows === '' ? undefined : await openEarlier(visit, desk, follows);
  const proposed = fields.caseNumber || before?.caseNumber || (await desk.alerts.proposeCaseNumber());
  return await alertForm(visit, desk, {
    subject,
    fields: { ...fields, caseNumber: proposed, reason: fields.reason || (before?.reason ?? '') },
  });
}

/** Reads the record, after the journal has the look; a restricted record stays closed to who has no part in it. */
export async function openCase(visit: Visit, desk: DeskServices): Promise<CaseOfAlert> {
  const about = aboutOf((name) => visit.query.get(name) ?? '');
  for (const subject of await journalSubjectsOf(desk, about)) await desk.access.note(visit.user, subject, 'view');
  return await caseOf(desk, about);
}

/** The alert that a further station is told after: its case and reason are read from a record of their own. */
async function openEarlier(visit: Visit, desk: DeskServices, follows: string): Promise<OpenAlert> {
  const alert = await desk.alerts.get(follows);
  for (const subject of await journalSubjectsOf(desk, alert.about)) await desk.access.note(visit.user, subject, 'view');
  return alert;
}

export function fieldsOf(form: FormFields, follows: string): AlertFields {
  return {
    station: form.get('station'),
    caseNumber: form.get('caseNumber'),
    reason: form.get('reason'),
    follows,
  };
}

export async function alertForm(
  visit: Visit,
  desk: DeskServices,
  { subject, fields, errors = [] }: AlertFormState,
): Promise<Answer> {
  const stations =
    fields.follows === '' ? await desk.stations.nearest() : await desk.alerts.furtherStations(fields.follows);
  const named = errors.map(({ field, message }) => ({ field, message: `${labels[field] ?? field} ${message}` }));
  return page(
    { title: 'Alert the police', status: errors.length === 0 ? 200 : 422 },
    <div class="narrow">
      <h1>Alert the police</h1>
      <ErrorSummary errors={named} title="There is no preview yet" />
      <DraftNotice visit={visit} desk={desk} />
      {subject.name === '' ? null : (
        <p class="lead">
          About <Foreign text={subject.name} />
        </p>
      )}
      <Notice tone="blue" title="The mail says no name and no diagnosis">
        <p>
          Only the case number, this hospital, its call-back number and the time leave the house. You see the whole mail
          before it is sent.
        </p>
      </Notice>
      {stations.length === 0 ? (
        <NoStations isFurther={fields.follows !== ''} />
      ) : (
        <Inputs subject={subject} fields={fields} errors={named} stations={stations} />
      )}
    </div>,
  );
}

function NoStations({ isFurther }: { readonly isFurther: boolean }) {
  return (
    <Notice
      tone="red"
      title={isFurther ? 'Every station of the list has been told' : 'There is no police station in the list'}
    >
      <p>
        Telephone the police.{' '}
        {isFurther ? 'Nothing more can be sent from here.' : 'An administrator adds stations under Stations.'}
      </p>
    </Notice>
  );
}

function Inputs({
  subject,
  fields,
  errors,
  stations,
}: Required<AlertFormState> & { readonly stations: readonly NearStation[] }) {
  const chosen = stations.some(({ station }) => station.id === fields.station)
    ? fields.station
    : (stations[0]?.station.id ?? '');
  return (
    <form method="post" action={previewPath(subject, fields.follows)}>
      <Section title="To whom" id="station">
        <Radios
          name="station"
          label="Police station, nearest first"
          required
          errors={errors}
          values={[chosen]}
          choices={stations.map((near) => ({
            value: near.station.id,
            label: <Foreign text={near.station.name} />,
            hint: <StationHint near={near} />,
          }))}
        />
      </Section>
      <Section title="Which case" id="case">
        <Field
          name="caseNumber"
          label="Case number"
          hint="The number of the police, or this hospital’s. It is the subject of the mail: it must name nobody."
          required
          width="medium"
          maxlength={40}
          autocomplete="off"
          value={fields.caseNumber}
          errors={errors}
        />
        <TextArea
          name="reason"
          label="Why the police is told"
          hint="Stays in this hospital, sealed with the alert. It is not in the mail."
          required
          maxlength={2000}
          rows={3}
          value={fields.reason}
          errors={errors}
        />
      </Section>
      <p class="actions">
        <Submit>Show the mail</Submit>
        <LinkButton href={url('alerts')}>Send nothing</LinkButton>
      </p>
    </form>
  );
}

function StationHint({ near: { station, distanceKm } }: { readonly near: NearStation }) {
  return (
    <>
      {distanceWords(distanceKm)} · <Foreign text={station.telephone} /> · <Foreign text={station.address} />
    </>
  );
}

/** The form stays at one address, with what it is about, whether it is new, refused or shown as a mail. */
export function previewPath({ about }: CaseOfAlert, follows: string): string {
  return url('alert-preview', {}, { ...about, follows });
}
