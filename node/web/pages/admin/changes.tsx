import type { ChangeEntry } from '../../../alerts/changes.ts';
import type { Station } from '../../../alerts/stations/station.ts';
import { page, type Answer } from '../../answer.ts';
import { EmptyState } from '../../components/panel.tsx';
import { DataTable, Pager, type Column } from '../../components/table.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';

const pageSize = 100;

/** Who changed which station, department or setting, from what to what, and who asked for a backup (screen 18). */
export async function showChanges(visit: Visit, desk: DeskServices): Promise<Answer> {
  const text = visit.query.get('below') ?? '';
  const below = /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
  const [found, stations] = await Promise.all([desk.adminChanges.list(pageSize + 1, below), desk.stations.list()]);
  const changes = found.slice(0, pageSize);
  const last = found.length > pageSize ? changes.at(-1) : undefined;
  return page(
    { title: 'Changes' },
    <>
      <h1>Changes of settings, stations and departments; backups asked for</h1>
      <p class="quiet">
        Every one of them is an entry of the exchange log. <a href={url('settings')}>Settings</a>
      </p>
      <ChangeTable changes={changes} stations={stations} />
      <Pager
        newer={below === undefined ? undefined : url('admin-changes')}
        older={last === undefined ? undefined : url('admin-changes', {}, { below: last.number })}
      />
    </>,
  );
}

export function ChangeTable({
  changes,
  stations,
}: {
  readonly changes: readonly ChangeEntry[];
  readonly stations: readonly Station[];
}) {
  const names = new Map(stations.map(({ id, name }) => [id, name]));
  if (changes.length === 0) return <EmptyState title="Nothing has been changed yet" />;
  return (
    <DataTable
      id="change-table"
      caption="Changes, the latest first"
      hideCaption
      columns={columnsWith(names)}
      rows={changes}
      rowKey={({ number }) => String(number)}
    />
  );
}

const columnsWith = (names: ReadonlyMap<string, string>): readonly Column<ChangeEntry>[] => [
  { key: 'at', label: 'When', isHeader: true, cell: ({ at }) => <When at={at} /> },
  {
    key: 'what',
    label: 'What',
    cell: ({ subject, name, id }) => (
      <>
        <span>{wordsOf(name)}</span>
        <span class="second-line">
          {subject === 'setting' || subject === 'backup' ? (
            subject
          ) : (
            <Foreign text={names.get(id) ?? `${subject} ${id}`} />
          )}
        </span>
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

/** `answer_hours` and `callBackNumber` as people write them. */
function wordsOf(name: string): string {
  return name
    .replaceAll(/[_.-]/g, ' ')
    .replaceAll(/[a-z](?=[A-Z])/g, '$& ')
    .toLowerCase();
}

function Value({ text }: { readonly text: string }) {
  return text === '' ? <span class="quiet">nothing</span> : <Foreign text={text} />;
}
