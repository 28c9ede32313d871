import type { Instant } from '../../../../protocol/instant.ts';
import { changesBetween, type CellChange } from '../../../records/changes.ts';
import type { Author, PatientDetails } from '../../../records/model.ts';
import { page, type Answer } from '../../answer.ts';
import { DataTable, Pager } from '../../components/table.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { CellText } from './conflict.tsx';
import { readNumber } from './list-place.ts';
import { openPatient } from './open-patient.ts';
import { ChartBanner } from './patient-banner.tsx';
import { columnWords } from './patient-words.ts';

const pageSize = 20;

interface Version {
  readonly version: number;
  readonly changedAt: Instant;
  readonly by?: Author;
  readonly details: PatientDetails;
}

/** Who changed what: each version of the record against the one before it, the newest first. */
export function showVersions(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'view', async (opened) => {
    const { record } = opened;
    const below = readNumber(visit.query.get('below'));
    const earlier = await desk.patients.versions(record.id, { below, limit: pageSize + 1 });
    const versions: readonly Version[] = below === undefined ? [record, ...earlier] : earlier;
    const last = versions.length > pageSize ? versions[pageSize - 1] : undefined;
    const place = (query: Readonly<Record<string, number>>): string =>
      url('patient-versions', { patient: record.id }, query);
    return page(
      { title: 'Who changed what' },
      <>
        <ChartBanner
          record={record}
          visit={visit}
          desk={desk}
          isRestricted={opened.isRestricted}
          brokenUntil={opened.brokenUntil}
          heading={false}
        />
        <h1>Who changed what</h1>
        {versions.slice(0, pageSize).map((one, i) => (
          <VersionPanel version={one} before={versions[i + 1]} />
        ))}
        <Pager
          newer={below === undefined ? undefined : place({})}
          older={last === undefined ? undefined : place({ below: last.version })}
        />
        <p>
          <a href={url('patient', { patient: record.id })}>Back to the chart</a>
        </p>
      </>,
    );
  });
}

function VersionPanel({ version, before }: { readonly version: Version; readonly before: Version | undefined }) {
  const id = `version-${version.version}`;
  return (
    <section class="panel" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>
        Version {version.version}, <When at={version.changedAt} />
      </h2>
      <p class="second-line">
        {version.by === undefined ? 'by a program of the hospital' : 'by '}
        {version.by === undefined ? null : <Foreign text={version.by.name} />}
      </p>
      {before === undefined ? (
        <p>Registered.</p>
      ) : (
        <Changes id={id} changes={changesBetween(before.details, version.details)} />
      )}
    </section>
  );
}

function Changes({ id, changes }: { readonly id: string; readonly changes: readonly CellChange[] }) {
  if (changes.length === 0) return <p class="quiet">Nothing that shows.</p>;
  return (
    <DataTable
      id={`${id}-changes`}
      caption="What changed"
      hideCaption
      rows={changes}
      rowKey={({ column }) => column}
      columns={[
        { key: 'what', label: 'What', isHeader: true, cell: ({ column }) => columnWords[column] },
        { key: 'before', label: 'Before', cell: ({ column, before }) => <CellText column={column} cell={before} /> },
        { key: 'after', label: 'After', cell: ({ column, after }) => <CellText column={column} cell={after} /> },
      ]}
    />
  );
}
