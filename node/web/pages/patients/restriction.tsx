import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, LinkButton, Submit, TextArea, type FormErrors } from '../../components/form.tsx';
import { Hidden } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Section } from '../../components/panel.tsx';
import { DataTable, Pager } from '../../components/table.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { AccessEntry } from '../../../accounts/access.ts';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { readNumber } from './list-place.ts';
import { openPatient, type OpenedPatient } from './open-patient.ts';
import { ChartBanner } from './patient-banner.tsx';
import { submitOnce } from '../../submit-once.ts';

const entriesShown = 50;

/** Who may open a record, who did, and a doctor's switch between all clinicians and those who have to do with it. */
export function showRestriction(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'view', (opened) => restrictionPage(visit, desk, opened));
}

export async function setRestriction(visit: Visit, desk: DeskServices): Promise<Answer> {
  const form = await visit.form();
  const [reason, wanted] = [form.get('reason').trim(), form.get('wanted')];
  return await submitOnce(visit, () =>
    openPatient<string | Answer>(visit, desk, 'view', async (opened) => {
      const subject = { kind: 'patient', id: opened.record.id } as const;
      if (reason === '') return await restrictionPage(visit, desk, opened, [{ field: 'reason', message: 'Say why' }]);
      if (wanted === 'restricted') await desk.access.restrict(visit.user, subject, reason);
      else await desk.access.unrestrict(visit.user, subject, reason);
      return url('patient-restriction', { patient: opened.record.id });
    }),
  );
}

async function restrictionPage(
  visit: Visit,
  desk: DeskServices,
  opened: OpenedPatient,
  errors: FormErrors = [],
): Promise<Answer> {
  const { record, isRestricted } = opened;
  const before = readNumber(visit.query.get('below'));
  const entries = await desk.access.ofSubject({ kind: 'patient', id: record.id }, entriesShown + 1, before);
  const last = entries.length > entriesShown ? entries[entriesShown - 1] : undefined;
  const place = { patient: record.id };
  const names = await namesOf(desk);
  return page(
    { title: 'Who may open this record', status: errors.length > 0 ? 422 : 200 },
    <>
      <ErrorSummary errors={errors} />
      <ChartBanner
        record={record}
        visit={visit}
        desk={desk}
        heading={false}
        isRestricted={isRestricted}
        brokenUntil={opened.brokenUntil}
      />
      <h1>Who may open this record</h1>
      <Section title={isRestricted ? 'Restricted' : 'Open to all clinicians'} id="restriction">
        <p>
          {isRestricted
            ? 'Only people who have to do with this patient open the record; everybody else gives a reason, and it is kept.'
            : 'Every doctor, nurse and coordinator of this hospital opens the record. Each look is kept in the journal below.'}
        </p>
        <form method="post" action={url('patient-restrict', { patient: record.id })} data-draft="off">
          <Once token={desk.random.uuid()} />
          <Hidden name="wanted" value={isRestricted ? 'open' : 'restricted'} />
          <TextArea
            name="reason"
            label="Reason"
            required
            rows={2}
            value={visit.draft?.get('reason') ?? ''}
            errors={errors}
            maxlength={1000}
          />
          <p class="actions">
            <Submit tone={isRestricted ? 'second' : 'danger'}>
              {isRestricted ? 'Open to all clinicians' : 'Restrict this record'}
            </Submit>
            <LinkButton href={url('patient', { patient: record.id })}>Back to the chart</LinkButton>
          </p>
        </form>
      </Section>
      <Journal entries={entries.slice(0, entriesShown)} names={names} />
      <Pager
        label="Pages of the journal"
        newer={before === undefined ? undefined : url('patient-restriction', place)}
        older={last === undefined ? undefined : url('patient-restriction', place, { below: last.number })}
      />
    </>,
  );
}

function Journal({
  entries,
  names,
}: {
  readonly entries: readonly AccessEntry[];
  readonly names: ReadonlyMap<string, string>;
}) {
  return (
    <DataTable
      id="journal"
      caption="Who opened it, the newest first"
      rows={entries}
      rowKey={({ number }) => String(number)}
      columns={[
        { key: 'at', label: 'When', isHeader: true, cell: ({ at }) => <When at={at} show="seconds" /> },
        { key: 'who', label: 'Who', cell: ({ user }) => <Foreign text={names.get(user) ?? 'a former user'} /> },
        { key: 'act', label: 'What', cell: ({ act }) => actWords[act] },
        { key: 'why', label: 'Why', cell: ({ reason }) => <Foreign text={reason} /> },
      ]}
    />
  );
}

const actWords: Readonly<Record<AccessEntry['act'], string>> = {
  view: 'looked at it',
  print: 'printed it',
  export: 'took it as CSV',
  download: 'opened a file',
  register: 'registered it',
  edit: 'edited it',
  consult: 'wrote a consultation',
  attach: 'added a file',
  import: 'imported it',
  refer: 'referred the patient',
  decide: 'decided on a referral',
  link: 'linked a referral',
  alert: 'told the police',
  refused: 'was refused',
  'break-glass': 'opened it with a reason',
  restrict: 'restricted it',
  unrestrict: 'opened it to all',
};

async function namesOf(desk: DeskServices): Promise<ReadonlyMap<string, string>> {
  return new Map((await desk.accounts.users.list()).map(({ id, name }) => [id, name]));
}
