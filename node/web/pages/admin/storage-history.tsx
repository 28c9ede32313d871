import type { StorageSample } from '../../../blobs/storage-samples.ts';
import { utc } from '../../../alerts/time-zone.ts';
import { bytesText } from '../../../operations/bytes-text.ts';
import { Disclosure } from '../../components/panel.tsx';
import { DataTable, type Column } from '../../components/table.tsx';
import { When } from '../../components/text.tsx';
import { InZone } from '../../components/zone.tsx';

const dayMs = 24 * 3_600_000;
const width = 360;
const height = 72;
/** Two points make a line, and hardly a picture. */
const pointsMin = 3;

/** How free space went in the last months: a line for the eye, the same figures as a table for everybody. */
export function StorageHistory({ samples }: { readonly samples: readonly StorageSample[] }) {
  const [first, ...more] = samples;
  const last = more.at(-1);
  if (first === undefined || last === undefined) return null;
  const label = `Free on the disk: ${bytesText(first.freeBytes)} at first, ${bytesText(last.freeBytes)} last`;
  return (
    <>
      {samples.length < pointsMin ? null : (
        <svg class="history" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
          <polyline points={pointsOf(samples)} />
          <line x1="0" x2={width} y1={height - 1} y2={height - 1} />
        </svg>
      )}
      <Disclosure summary={`Free space in the last ${last.day - first.day + 1} days`}>
        <InZone zone={utc}>
          <DataTable
            id="storage-history"
            caption="One measure a day (UTC), the newest first"
            columns={columns}
            rows={samples.toReversed()}
            rowKey={({ day }) => String(day)}
          />
        </InZone>
      </Disclosure>
    </>
  );
}

/** From nothing free at the bottom to the most that was free at the top. */
function pointsOf(samples: readonly StorageSample[]): string {
  const firstDay = samples[0]?.day ?? 0;
  const days = Math.max(1, (samples.at(-1)?.day ?? firstDay) - firstDay);
  const most = Math.max(1, ...samples.map(({ freeBytes }) => freeBytes));
  const place = ({ day, freeBytes }: StorageSample): string =>
    `${(((day - firstDay) / days) * width).toFixed(1)},${(2 + (1 - freeBytes / most) * (height - 4)).toFixed(1)}`;
  return samples.map(place).join(' ');
}

const columns: readonly Column<StorageSample>[] = [
  { key: 'day', label: 'Day', isHeader: true, cell: ({ day }) => <When at={day * dayMs} show="date" /> },
  { key: 'free', label: 'Free', cell: ({ freeBytes }) => bytesText(freeBytes) },
  { key: 'own', label: 'Used by this node', cell: ({ usedBytes }) => bytesText(usedBytes) },
];
