import type { OpenAlert } from '../../../alerts/alert.ts';
import { page, type Answer } from '../../answer.ts';
import { LinkButton } from '../../components/form.tsx';
import { EmptyState } from '../../components/panel.tsx';
import { DataTable, Pager, type Column } from '../../components/table.tsx';
import { Tag } from '../../components/tag.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { journalSubjectsOf } from './alert-subject.ts';
import { deliveryWords } from './alert-words.ts';

const pageSize = 50;
const cursorForm = /^([0-9]{1,16})~([0-9a-f-]{36})$/;

/** Every alert of this hospital, the latest first: which case, to whom, and what has become of it. */
export async function showAlerts(visit: Visit, desk: DeskServices): Promise<Answer> {
  const cursor = cursorForm.exec(visit.query.get('after') ?? '');
  const after = cursor === null ? {} : { after: { at: Number(cursor[1]), id: cursor[2] ?? '' } };
  const rows = await desk.alerts.list({ limit: pageSize + 1, ...after });
  const alerts = await withoutRestricted(desk, rows.slice(0, pageSize));
  const last = rows.length > pageSize ? alerts.at(-1) : undefined;
  return page(
    { title: 'Alerts to the police' },
    <>
      <div class="page-head">
        <h1>Alerts to the police</h1>
        <LinkButton href={url('alert-new')} tone="main">
          New alert
        </LinkButton>
      </div>
      {alerts.length === 0 ? (
        <EmptyState title="No alert was sent yet">
          <p>
            In a police case, open the patient or the referral and choose “Alert the police”; or begin here without a
            record.
          </p>
        </EmptyState>
      ) : (
        <DataTable
          id="alerts"
          caption="Alerts, the latest first"
          hideCaption
          columns={columns}
          rows={alerts}
          rowKey={({ id }) => id}
        />
      )}
      <Pager older={last === undefined ? undefined : url('alerts', {}, { after: `${last.confirmedAt}~${last.id}` })} />
    </>,
  );
}

/** A list is no look at a record: the case of a restricted one is not told here. */
async function withoutRestricted(desk: DeskServices, alerts: readonly OpenAlert[]): Promise<readonly OpenAlert[]> {
  return await Promise.all(
    alerts.map(async (alert) => {
      const subjects = await journalSubjectsOf(desk, alert.about);
      const closed = await Promise.all(subjects.map((subject) => desk.access.isRestricted(subject)));
      return closed.includes(true) ? { ...alert, caseNumber: '(restricted)' } : alert;
    }),
  );
}

const columns: readonly Column<OpenAlert>[] = [
  {
    key: 'case',
    label: 'Case',
    isHeader: true,
    cell: ({ id, caseNumber, first }) => (
      <>
        <a href={url('alert', { alert: id })}>
          <Foreign text={caseNumber === '' ? 'erased' : caseNumber} />
        </a>
        {first === id ? null : <span class="second-line">a further station</span>}
      </>
    ),
  },
  {
    key: 'state',
    label: 'State',
    cell: ({ delivery, loud }) => (
      <>
        <Tag tone={deliveryWords[delivery.state].tone}>{deliveryWords[delivery.state].word}</Tag>
        {loud === undefined ? null : (
          <span class="second-line">
            <strong>telephone now</strong>
          </span>
        )}
      </>
    ),
  },
  {
    key: 'station',
    label: 'Station',
    cell: ({ station }) => (
      <>
        <Foreign text={station.name} />
        <span class="second-line nowrap">{station.telephone}</span>
      </>
    ),
  },
  {
    key: 'confirmed',
    label: 'Confirmed',
    cell: ({ confirmedAt, confirmedBy }) => (
      <>
        <When at={confirmedAt} />
        <span class="second-line">
          by <Foreign text={confirmedBy.name} />
        </span>
      </>
    ),
  },
];
