import { distanceKm } from '../../../alerts/distance.ts';
import type { Station } from '../../../alerts/stations/station.ts';
import { page, type Answer } from '../../answer.ts';
import { LinkButton } from '../../components/form.tsx';
import { EmptyState } from '../../components/panel.tsx';
import { DataTable, type Column } from '../../components/table.tsx';
import { Tag } from '../../components/tag.tsx';
import { Foreign } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { distanceWords } from '../alerts/alert-words.ts';
import { Done } from './admin-form.tsx';

interface Line {
  readonly station: Station;
  readonly distance: number | undefined;
}

/** The police stations that alerts can go to; nobody types a recipient (Node §8 rule 1). */
export async function showStations(visit: Visit, desk: DeskServices): Promise<Answer> {
  const [stations, { latitude, longitude }] = await Promise.all([desk.stations.list(), desk.settings.values()]);
  const here = latitude === '' ? undefined : { latitude: Number(latitude), longitude: Number(longitude) };
  const lines = stations.map((station): Line => ({
    station,
    distance: here === undefined || station.position === undefined ? undefined : distanceKm(here, station.position),
  }));
  return page(
    { title: 'Police stations' },
    <>
      <div class="page-head">
        <h1>Police stations</h1>
        <p class="actions">
          <LinkButton href={url('station-new')} tone="main">
            Add a station
          </LinkButton>
          <LinkButton href={url('station-import')}>Import a CSV file</LinkButton>
        </p>
      </div>
      <Done
        visit={visit}
        words={{ saved: 'Saved. The change stands in the exchange log.', imported: importedWords(visit) }}
      />
      {here === undefined ? (
        <p class="hint">
          Set the hospital’s coordinates under <a href={url('settings')}>Settings</a>: then the nearest station is
          proposed first.
        </p>
      ) : null}
      {stations.length === 0 ? (
        <EmptyState title="There is no police station yet">
          <p>Without one, doctors can only telephone in a police case. Add a station or import a file.</p>
        </EmptyState>
      ) : (
        <DataTable
          id="stations"
          caption="Police stations"
          hideCaption
          columns={columns}
          rows={lines}
          rowKey={({ station }) => station.id}
        />
      )}
    </>,
  );
}

function importedWords({ query }: Visit): string {
  const count = (name: string): string => /^[0-9]{1,4}$/.exec(query.get(name) ?? '')?.[0] ?? '0';
  return `Imported: ${count('added')} added, ${count('changed')} changed, ${count('same')} were the same.`;
}

const columns: readonly Column<Line>[] = [
  {
    key: 'name',
    label: 'Station',
    isHeader: true,
    cell: ({ station: { id, name, address } }) => (
      <>
        <a href={url('station', { station: id })}>
          <Foreign text={name} />
        </a>
        <span class="second-line">
          <Foreign text={address} />
        </span>
      </>
    ),
  },
  { key: 'telephone', label: 'Telephone', cell: ({ station }) => <span class="nowrap">{station.telephone}</span> },
  { key: 'email', label: 'E-mail', cell: ({ station }) => <span class="mono">{station.email}</span> },
  { key: 'distance', label: 'Distance', cell: ({ distance }) => distanceWords(distance) },
  {
    key: 'active',
    label: 'In use',
    cell: ({ station }) => (station.active ? <Tag tone="green">in use</Tag> : <Tag>not in use</Tag>),
  },
];
