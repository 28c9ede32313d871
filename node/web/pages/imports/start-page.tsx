import { isUuid } from '../../../../protocol/ids.ts';
import { RecordsError } from '../../../records/errors.ts';
import type { ImportDraft } from '../../../records/csv/drafts.ts';
import type { PastImport } from '../../../records/csv/import.ts';
import type { ImportId } from '../../../records/csv/stage.ts';
import { csvBytesMax, csvRecordsMax } from '../../../records/limits.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { page, seeOther, type Answer } from '../../answer.ts';
import { ErrorSummary, Field, LinkButton, Submit, type FormErrors } from '../../components/form.tsx';
import { EmptyState, Notice, Section } from '../../components/panel.tsx';
import { DataTable, Pager } from '../../components/table.tsx';
import { Tag } from '../../components/tag.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { judgeFile } from './judge-file.ts';

/** Of so many newest imports the list says whether they can be undone: for each its patients are looked at. */
const checkedMax = 5;
const pageSize = 50;

export async function showImport(visit: Visit, desk: DeskServices): Promise<Answer> {
  return await importPage(visit, desk);
}

/** Takes the file and leads to what was found in it. */
export async function checkImport(visit: Visit, desk: DeskServices): Promise<Answer> {
  try {
    const token = visit.query.get('once') ?? '';
    return seeOther(await desk.once.gather(visit.user.id, token, (acts) => judgeFile(visit, desk, acts)));
  } catch (error) {
    if (!(error instanceof RecordsError) && !(error instanceof OperationError && error.code === 'no-file')) throw error;
    return await importPage(visit, desk, [{ field: 'file', message: `The file was refused: ${error.message}` }]);
  }
}

async function importPage(visit: Visit, desk: DeskServices, errors: FormErrors = []): Promise<Answer> {
  const drafts = await desk.importDrafts.listOpen(visit.user.id);
  return page(
    { title: 'Import patients', ...(errors.length === 0 ? {} : { status: 422 }) },
    <>
      <ErrorSummary errors={errors} title="Nothing was imported" />
      <h1>Import patients</h1>
      <p class="lead">
        First a preview says what each row would do. Nothing is stored before you confirm, and an import can be undone.
      </p>
      <Section title="Choose a file" id="choose">
        <ChooseForm once={desk.random.uuid()} errors={errors} />
      </Section>
      <OpenDrafts drafts={drafts} />
      <PastImports {...await pastImports(visit, desk)} />
      <Export />
    </>,
  );
}

function ChooseForm({ once, errors }: { readonly once: string; readonly errors: FormErrors }) {
  const hint = `CSV in UTF-8, at most ${csvBytesMax / 1024 ** 2} MiB and ${csvRecordsMax.toLocaleString('en')} rows. The columns csv_id and a name are needed.`;
  return (
    <form method="post" action={url('import-check', {}, { once })} enctype="multipart/form-data" data-draft="off">
      <Field name="file" type="file" label="CSV file" hint={hint} accept=".csv,text/csv" required errors={errors} />
      <p class="actions">
        <Submit>Preview</Submit>
      </p>
    </form>
  );
}

/** A file that is not judged, or not any more, tells no name. */
const unnamed: Readonly<Record<ImportDraft['state'], string>> = {
  judging: 'A file that is being looked at',
  ready: 'A file',
  storing: 'A file that is being stored',
  imported: 'A file',
  failed: 'A file that was refused',
};

function OpenDrafts({ drafts }: { readonly drafts: readonly ImportDraft[] }) {
  if (drafts.length === 0) return null;
  return (
    <Section title="Waiting for your decision" id="waiting">
      <ul>
        {drafts.map((draft) => (
          <li>
            <a href={url('import-draft', { draft: draft.id })}>
              {draft.summary === undefined ? unnamed[draft.state] : <Foreign text={draft.summary.name} />}
            </a>
            {draft.state === 'judging' ? ` (${draft.done.toLocaleString('en')} rows so far)` : ''}, chosen{' '}
            <When at={draft.createdAt} />, kept until <When at={draft.expiresAt} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

interface PastRow extends PastImport {
  readonly by: string | undefined;
  readonly undo: 'possible' | 'in-use' | 'undone' | 'unchecked';
}

interface PastPage {
  readonly rows: readonly PastRow[];
  readonly newer: string | undefined;
  readonly older: string | undefined;
}

async function pastImports(visit: Visit, desk: DeskServices): Promise<PastPage> {
  const asked = visit.query.get('behind') ?? '';
  const behind = isUuid(asked) ? (asked as ImportId) : undefined;
  const importers = await desk.importDrafts.importers();
  const found = await desk.csvImport.list({ limit: pageSize + 1, behind });
  const past = found.slice(0, pageSize);
  const last = found.length > pageSize ? past.at(-1) : undefined;
  const place = (query: Readonly<Record<string, string>>): string => `${url('import', {}, query)}#past`;
  return {
    rows: await Promise.all(
      past.map(async (one, i): Promise<PastRow> => {
        const isChecked = behind === undefined && i < checkedMax;
        const undo = one.state === 'undone' ? 'undone' : isChecked ? await undoOf(desk, one.id) : 'unchecked';
        return { ...one, by: importers.get(one.id), undo };
      }),
    ),
    newer: behind === undefined ? undefined : place({}),
    older: last === undefined ? undefined : place({ behind: last.id }),
  };
}

async function undoOf(desk: DeskServices, id: ImportId): Promise<'possible' | 'in-use'> {
  return (await desk.csvImport.whyNotUndone(id)) === undefined ? 'possible' : 'in-use';
}

const undoWords = {
  possible: 'Undo…',
  'in-use': 'Cannot be undone: see why',
  undone: 'See',
  unchecked: 'See',
} as const;

function PastImports({ rows, newer, older }: PastPage) {
  return (
    <Section title="Past imports" id="past">
      {rows.length === 0 ? (
        <EmptyState title="Nothing was imported yet" />
      ) : (
        <DataTable
          id="past-imports"
          caption="Past imports, newest first"
          hideCaption
          rows={rows}
          rowKey={({ id }) => id}
          columns={[
            { key: 'at', label: 'When', isHeader: true, cell: ({ at }) => <When at={at} /> },
            { key: 'by', label: 'By', cell: ({ by }) => (by === undefined ? 'command line' : <Foreign text={by} />) },
            { key: 'added', label: 'New patients', align: 'end', cell: ({ added }) => added },
            { key: 'updated', label: 'Changed', align: 'end', cell: ({ updated }) => updated },
            {
              key: 'state',
              label: 'State',
              cell: ({ state }) => (
                <Tag tone={state === 'undone' ? 'plain' : 'green'}>{state === 'undone' ? 'Undone' : 'Imported'}</Tag>
              ),
            },
            {
              key: 'undo',
              label: 'Undo',
              cell: ({ id, undo }) => <a href={url('import-past', { import: id })}>{undoWords[undo]}</a>,
            },
          ]}
        />
      )}
      <Pager newer={newer} older={older} />
    </Section>
  );
}

function Export() {
  return (
    <Section title="Export all patients" id="export">
      <p>
        Every record that is not closed to you, as one CSV file. Each is noted in the access journal under your name.
        Keep the file where only those can read it who may.
      </p>
      <p class="actions">
        <LinkButton href={url('patients-export', { form: 'spreadsheet' })}>For a spreadsheet</LinkButton>
        <LinkButton href={url('patients-export', { form: 'interchange' })}>For other programs</LinkButton>
      </p>
      <Notice tone="amber" title="Do not open the file for other programs in a spreadsheet">
        <p>It holds every cell as it is. A spreadsheet may run what a hostile name holds.</p>
      </Notice>
    </Section>
  );
}
