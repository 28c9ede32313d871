import type { ImportDraft } from '../../../records/csv/drafts.ts';
import { verdicts, type Verdict } from '../../../records/csv/plan.ts';
import { page, seeOther, type Answer } from '../../answer.ts';
import { ErrorSummary, LinkButton, Submit, type FormErrors } from '../../components/form.tsx';
import { EmptyState, Notice, Section, Tiles } from '../../components/panel.tsx';
import { Pager } from '../../components/table.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { ConfirmForm, type ConfirmValues } from './confirm-form.tsx';
import { failureWords, verdictWords } from './import-words.ts';
import { openDraft } from './open-draft.ts';
import { RecordTable } from './record-table.tsx';
import { seenRecords } from './seen-records.ts';

const rowsPerPage = 50;
const refreshSeconds = 2;

/** What each row of a file would do, a page at a time, and the decision about all of it (Records §1.4). */
export async function showDraft(visit: Visit, desk: DeskServices): Promise<Answer> {
  return await draftPage(visit, desk, await openDraft(visit, desk));
}

export async function draftPage(
  visit: Visit,
  desk: DeskServices,
  draft: ImportDraft,
  errors: FormErrors = [],
  values?: ConfirmValues,
): Promise<Answer> {
  if (draft.state === 'imported' && draft.importId !== undefined)
    return seeOther(url('import-past', { import: draft.importId }));
  if (draft.state === 'judging' || draft.state === 'storing') return waitingPage(draft);
  if (draft.summary === undefined) return refusedPage(draft);
  const verdict = verdicts.find((each) => each === visit.query.get('verdict'));
  const after = Math.max(0, Number(visit.query.get('after') ?? 0) || 0);
  const asked = { after, limit: rowsPerPage + 1, ...(verdict === undefined ? {} : { verdict }) };
  const found = await desk.importDrafts.rows(draft.id, asked);
  const rows = await seenRecords(visit, desk, found.slice(0, rowsPerPage));
  const last = rows.at(-1)?.record.number;
  const here = (query: { after?: number }) => url('import-draft', { draft: draft.id }, { verdict, ...query });
  return page(
    {
      title: 'Preview of an import',
      count: draft.summary.counts.error,
      ...(errors.length === 0 ? {} : { status: 422 }),
    },
    <>
      <ErrorSummary errors={errors} title="Nothing was imported" />
      <h1>Preview of an import</h1>
      <p class="lead">
        <Foreign text={draft.summary.name} />: {draft.records.toLocaleString('en')}{' '}
        {draft.records === 1 ? 'row' : 'rows'}. Nothing is stored yet. Kept for you until <When at={draft.expiresAt} />.{' '}
        <a href="#decision">Go to your decision</a>
      </p>
      <Told draft={draft} />
      <VerdictTiles draft={draft} verdict={verdict} />
      <Section title={verdict === undefined ? 'All rows' : `Rows: ${verdictWords[verdict].word}`} id="rows">
        {rows.length === 0 ? (
          <EmptyState title="No such rows" />
        ) : (
          <RecordTable rows={rows} header={draft.summary.header} />
        )}
        <Pager
          newer={after === 0 ? undefined : here({})}
          older={found.length <= rowsPerPage || last === undefined ? undefined : here({ after: last })}
        />
      </Section>
      <Section title="Your decision" id="decision">
        {draft.records === 0 ? (
          <p>There is nothing to import: the file has a header and no rows.</p>
        ) : (
          <ConfirmForm draft={draft} once={desk.random.uuid()} errors={errors} values={values} />
        )}
      </Section>
      <Discard draft={draft} />
    </>,
  );
}

function Told({ draft }: { readonly draft: ImportDraft }) {
  const { summary, importedBefore, failure } = draft;
  return (
    <>
      {failure === undefined ? null : <Notice tone="red" role="alert" title={failureWords[failure] ?? failure} />}
      {importedBefore === undefined ? null : (
        <Notice tone="amber" title="This very file was imported before">
          <p>
            <a href={url('import-past', { import: importedBefore.id })}>
              On <When at={importedBefore.at} />
            </a>
            , and that import stands.
          </p>
        </Notice>
      )}
      {summary === undefined || summary.unknownColumns.length === 0 ? null : (
        <Notice tone="blue" title="Columns that are not known are left out">
          <p>
            <Foreign text={summary.unknownColumns.join(', ')} />
          </p>
        </Notice>
      )}
    </>
  );
}

/** One tile for each verdict that occurs, and one for all: they add up. */
function VerdictTiles({ draft, verdict }: { readonly draft: ImportDraft; readonly verdict: Verdict | undefined }) {
  const counts = draft.summary?.counts;
  if (counts === undefined) return null;
  const all = {
    label: 'All rows',
    count: draft.records,
    href: url('import-draft', { draft: draft.id }),
    isCurrent: verdict === undefined,
  };
  const each = verdicts
    .filter((name) => counts[name] > 0)
    .map((name) => ({
      label: verdictWords[name].word,
      count: counts[name],
      href: url('import-draft', { draft: draft.id }, { verdict: name }),
      isCurrent: verdict === name,
      tone: verdictWords[name].tone,
    }));
  return <Tiles label="Rows by verdict" tiles={[all, ...each]} />;
}

function waitingPage(draft: ImportDraft): Answer {
  const isJudging = draft.state === 'judging';
  const title = isJudging ? 'The file is being looked at' : 'The patients are being stored';
  const done = `${draft.done.toLocaleString('en')} rows so far`;
  return page(
    { title, refreshSeconds, scripts: ['reload'] },
    <div class="narrow">
      <h1>{title}</h1>
      <p class="lead" role="status" data-reload={refreshSeconds}>
        {isJudging
          ? `${done}. Each is compared with the patients here.`
          : `${done} of ${draft.records.toLocaleString('en')}.`}
      </p>
      <p>You may leave this page: the preview waits for you on the import page.</p>
      <p class="actions">
        <LinkButton href={url('import-draft', { draft: draft.id })}>Look again</LinkButton>
      </p>
    </div>,
  );
}

function refusedPage(draft: ImportDraft): Answer {
  const why = failureWords[draft.failure ?? ''] ?? `${draft.failure ?? 'It is not kept any more'}.`;
  return page(
    { title: 'The file was refused', status: 422 },
    <div class="narrow">
      <h1>The file was refused</h1>
      <Notice tone="red" role="alert" title="Nothing was imported">
        <p>
          <Foreign text={why} />
        </p>
      </Notice>
      <p>Mend the file, then choose it again.</p>
      <Discard draft={draft} />
    </div>,
  );
}

function Discard({ draft }: { readonly draft: ImportDraft }) {
  return (
    <form method="post" action={url('import-discard', { draft: draft.id })} data-draft="off">
      <p class="actions">
        <Submit tone="second">Discard the preview</Submit>
        <LinkButton href={url('import')}>Back to imports</LinkButton>
      </p>
    </form>
  );
}
