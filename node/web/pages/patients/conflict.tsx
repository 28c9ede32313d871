import type { Child } from 'hono/jsx';
import { cellsOf, columns, makeCells, type Cells, type Column } from '../../../records/csv/columns.ts';
import type { PatientRecord } from '../../../records/model.ts';
import { page, type Answer } from '../../answer.ts';
import { Hidden, LinkButton, Radios, Submit } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Section } from '../../components/panel.tsx';
import { DataTable } from '../../components/table.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { ChartBanner } from './patient-banner.tsx';
import { fieldOf } from './patient-fields.ts';
import { columnWords } from './patient-words.ts';

export interface Conflict {
  readonly yours: Cells;
  /** What both edits were made from. */
  readonly base: Cells;
  /** What is stored now: the other person's edit. */
  readonly current: PatientRecord;
}

/**
 * Two people edited one record: what only one of them changed is joined by itself, what both changed is chosen, with both
 * side by side. The choice is an edit of the version that is stored now.
 */
export function conflictPage(visit: Visit, desk: DeskServices, { yours, base, current }: Conflict): Answer {
  const patient = current.id;
  const theirs = cellsOf(current.details);
  const both = columns.filter((column) => isOverlap(base, yours, theirs, column));
  const joined = makeCells((column) => (yours[column] === base[column] ? theirs[column] : yours[column]));
  const others = columns.filter(
    (column) => !both.includes(column) && (yours[column] !== base[column] || theirs[column] !== base[column]),
  );
  return page(
    { title: 'Two people edited this record', status: 409 },
    <>
      <section class="notice amber" role="alert" tabindex={-1} data-focus="first" aria-labelledby="conflict-title">
        <h2 id="conflict-title">Somebody else saved this record while you were editing. Nothing of yours is lost</h2>
        <p>
          {current.by === undefined ? 'A program of the hospital' : <Foreign text={current.by.name} />} saved it on{' '}
          <When at={current.changedAt} />.{' '}
          {both.length === 0
            ? 'You changed different things: they are joined below. Save once more to keep both.'
            : 'Choose what is right where both of you changed the same.'}
        </p>
      </section>
      <ChartBanner record={current} visit={visit} desk={desk} heading={false} />
      <h1>Join both edits</h1>
      <form method="post" action={url('patient-save', { patient })}>
        <Once token={desk.random.uuid()} />
        <Hidden name="version" value={String(current.version)} />
        {columns
          .filter((column) => !both.includes(column))
          .map((column) => (
            <Hidden name={column} value={fieldOf(column, joined[column])} />
          ))}
        {both.length === 0 ? null : (
          <Section title="Changed by both of you" id="both">
            {both.map((column) => (
              <Radios
                name={column}
                label={columnWords[column]}
                required
                values={[fieldOf(column, yours[column])]}
                hint={<Before cell={base[column]} column={column} />}
                choices={[
                  {
                    value: fieldOf(column, yours[column]),
                    label: <Named who="Yours" cell={yours[column]} column={column} />,
                  },
                  {
                    value: fieldOf(column, theirs[column]),
                    label: <Named who="Theirs" cell={theirs[column]} column={column} />,
                  },
                ]}
              />
            ))}
          </Section>
        )}
        {others.length === 0 ? null : <Joined columns={others} base={base} joined={joined} yours={yours} />}
        <p class="actions">
          <Submit>Save both edits</Submit>
          <LinkButton href={url('patient', { patient })}>Drop mine</LinkButton>
        </p>
      </form>
    </>,
  );
}

function isOverlap(base: Cells, yours: Cells, theirs: Cells, column: Column): boolean {
  return yours[column] !== base[column] && theirs[column] !== base[column] && yours[column] !== theirs[column];
}

function Joined({
  columns: shown,
  base,
  joined,
  yours,
}: {
  readonly columns: readonly Column[];
  readonly base: Cells;
  readonly joined: Cells;
  readonly yours: Cells;
}) {
  return (
    <DataTable
      id="joined"
      caption="Joined without asking: only one of you changed these"
      rows={shown}
      rowKey={(column) => column}
      columns={[
        { key: 'what', label: 'What', isHeader: true, cell: (column) => columnWords[column] },
        { key: 'who', label: 'Changed by', cell: (column) => (yours[column] === base[column] ? 'them' : 'you') },
        { key: 'before', label: 'Before', cell: (column) => <CellText column={column} cell={base[column]} /> },
        { key: 'now', label: 'Now', cell: (column) => <CellText column={column} cell={joined[column]} /> },
      ]}
    />
  );
}

function Named({ who, column, cell }: { readonly who: string; readonly column: Column; readonly cell: string }): Child {
  return (
    <>
      <strong>{who}:</strong> <CellText column={column} cell={cell} />
    </>
  );
}

function Before({ column, cell }: { readonly column: Column; readonly cell: string }): Child {
  return (
    <>
      Before: <CellText column={column} cell={cell} />
    </>
  );
}

/** A cell as people read it, where it may be empty, a list or several lines. */
export function CellText({ column, cell }: { readonly column: Column; readonly cell: string }) {
  if (cell === '') return <span class="quiet">nothing</span>;
  const text = fieldOf(column, cell);
  return text.includes('\n') ? <Foreign text={text.replaceAll('\n', ' · ')} /> : <Foreign text={text} />;
}
