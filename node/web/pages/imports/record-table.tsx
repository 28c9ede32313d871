import type { DraftRecord } from '../../../records/csv/sealed-draft.ts';
import type { Remark } from '../../../records/csv/row.ts';
import type { ComparedWith } from '../../../records/csv/plan.ts';
import { DataTable } from '../../components/table.tsx';
import { Tag } from '../../components/tag.tsx';
import { Foreign, PersonName } from '../../components/text.tsx';
import { url } from '../../urls.ts';
import { cellRemark, verdictWords } from './import-words.ts';
import type { SeenRecord } from './seen-records.ts';

const remarkTones = { error: 'red', warning: 'amber', note: 'plain' } as const;

/** One row of the file in each row: what it would do, and what is to be said of its cells. */
export function RecordTable({
  rows,
  header,
}: {
  readonly rows: readonly SeenRecord[];
  /** Of the file: what stands in a cell of a row with errors. */
  readonly header: readonly string[];
}) {
  return (
    <DataTable
      id="records"
      caption="Rows of the file"
      hideCaption
      rows={rows}
      rowKey={({ record }) => String(record.number)}
      columns={[
        { key: 'number', label: 'Row', isHeader: true, cell: ({ record }) => <RowNumber record={record} /> },
        {
          key: 'verdict',
          label: 'Verdict',
          cell: ({ record }) => <Tag tone={verdictWords[record.verdict].tone}>{verdictWords[record.verdict].word}</Tag>,
        },
        { key: 'who', label: 'Patient', cell: ({ record }) => <Who record={record} header={header} /> },
        { key: 'told', label: 'What is to be said', cell: (row) => <WhatIsSaid row={row} header={header} /> },
      ]}
    />
  );
}

function RowNumber({ record }: Pick<SeenRecord, 'record'>) {
  return (
    <>
      {record.number}
      <br />
      <span class="quiet nowrap">line {record.line}</span>
    </>
  );
}

interface InFile {
  readonly record: DraftRecord;
  readonly header: readonly string[];
}

function Who({ record, header }: InFile) {
  const { details } = record;
  if (details === undefined)
    return (
      <>
        <Foreign text={cellText(record, header, 'family_name')} />{' '}
        <Foreign text={cellText(record, header, 'given_names')} />
        <br />
        <span class="quiet">
          <Foreign text={cellText(record, header, 'csv_id')} />
        </span>
      </>
    );
  return (
    <>
      <PersonName name={details} /> <span class="quiet nowrap">{details.birthDate ?? ''}</span>
      <br />
      <span class="quiet">
        <Foreign text={details.csvId} />
      </span>
    </>
  );
}

function WhatIsSaid({ row, header }: { readonly row: SeenRecord; readonly header: readonly string[] }) {
  const { record, isClosed } = row;
  const { remarks, duplicateOf, stored, matches } = record;
  if (remarks.length === 0 && duplicateOf === undefined && stored === undefined && matches.length === 0) return null;
  return (
    <ul class="remarks">
      {remarks.map((remark) => (
        <RemarkItem remark={remark} cell={cellText(record, header, remark.column)} />
      ))}
      {duplicateOf === undefined ? null : <li>The same CSV id stands first in row {duplicateOf}.</li>}
      {stored === undefined ? null : <Changes row={row} />}
      {isClosed ? null : matches.map((match) => <Match match={match} />)}
    </ul>
  );
}

function RemarkItem({ remark, cell }: { readonly remark: Remark; readonly cell: string }) {
  const { column, words } = cellRemark(remark);
  return (
    <li>
      <Tag tone={remarkTones[remark.severity]}>{remark.severity}</Tag> <code>{column}</code>{' '}
      {cell === '' ? null : (
        <>
          “<Foreign text={cell} />”{' '}
        </>
      )}
      {words}
    </li>
  );
}

const cellLettersMax = 60;

/** What stands in a cell of the file, where the row was kept as it is: that of a row with errors. */
function cellText({ fields }: DraftRecord, header: readonly string[], column: string): string {
  const text = fields?.[header.indexOf(column)] ?? '';
  return text.length <= cellLettersMax ? text : `${text.slice(0, cellLettersMax)}…`;
}

function Changes({ row: { record, isClosed } }: { readonly row: SeenRecord }) {
  const { stored } = record;
  if (stored === undefined) return null;
  if (isClosed) return <li>It changes a restricted record that is closed to you. Leave the row out.</li>;
  const link = <a href={url('patient', { patient: stored.patient })}>stored patient</a>;
  if (stored.changes.length === 0) return <li>The {link} says the same already.</li>;
  return (
    <>
      {stored.changes.map(({ column, before, after, erases }) => (
        <li>
          <code>{column}</code> of the {link}: <Cell text={before} />
          {erases === true || after === '' ? (
            <>
              . <Tag tone="amber">The cell is empty</Tag> It stays, unless you decide to erase it.
            </>
          ) : (
            <>
              {' '}
              → <Foreign text={after} />
            </>
          )}
        </li>
      ))}
    </>
  );
}

function Cell({ text }: { readonly text: string }) {
  return text === '' ? <span class="quiet">nothing</span> : <Foreign text={text} />;
}

const gradeWords = {
  certain: 'Certainly the same person as',
  probable: 'Probably the same person as',
  possible: 'Possibly the same person as',
  'certainly-not': 'Compared, and another person than',
} as const;

function Match({ match: { other, result } }: { readonly match: ComparedWith }) {
  return (
    <li>
      {gradeWords[result.grade]}{' '}
      {'record' in other ? (
        `row ${other.record}`
      ) : (
        <a href={url('patient', { patient: other.patient })}>a stored patient</a>
      )}
      {result.conflict ? ', though an identifier differs' : ''}
    </li>
  );
}
