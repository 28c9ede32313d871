import type { ChangeEntry } from '../../../alerts/changes.ts';
import { page, type Answer } from '../../answer.ts';
import { EmptyState } from '../../components/panel.tsx';
import { DataTable, type Column } from '../../components/table.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';

const shownMax = 500;

/** Who changed which station, department or setting, from what to what (screen 18). */
export async function showChanges(_visit: Visit, desk: DeskServices): Promise<Answer> {
  const changes = await desk.adminChanges.list(shownMax);
  return page(
    { title: 'Changes' },
    <>
      <h1>Changes of settings, stations and departments</h1>
      <p class="quiet">
        The latest {shownMax}. Every one of them is an entry of the exchange log. <a href={url('settings')}>Settings</a>
      </p>
      <ChangeTable changes={changes} />
    </>,
  );
}

export function ChangeTable({ changes }: { readonly changes: readonly ChangeEntry[] }) {
  if (changes.length === 0) return <EmptyState title="Nothing has been changed yet" />;
  return (
    <DataTable
      id="change-table"
      caption="Changes, the latest first"
      hideCaption
      columns={columns}
      rows={changes}
      rowKey={({ number }) => String(number)}
    />
  );
}

const columns: readonly Column<ChangeEntry>[] = [
  { key: 'at', label: 'When', isHeader: true, cell: ({ at }) => <When at={at} /> },
  {
    key: 'what',
    label: 'What',
    cell: ({ subject, name, id }) => (
      <>
        {subject} {subject === 'department' ? `${id} ` : ''}
        <span class="mono">{name}</span>
      </>
    ),
  },
  {
    key: 'change',
    label: 'From → to',
    cell: (change) => (
      <>
        <Value text={change.old} /> → <Value text={change.new} />
      </>
    ),
  },
  { key: 'by', label: 'By', cell: ({ by }) => <Foreign text={by.name} /> },
];

function Value({ text }: { readonly text: string }) {
  return text === '' ? <span class="quiet">nothing</span> : <Foreign text={text} />;
}
