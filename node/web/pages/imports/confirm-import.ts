import { OperationError } from '../../../platform/operation-error.ts';
import type { DraftConfirmed, DraftId, ImportDraft } from '../../../records/csv/drafts.ts';
import type { Verdict } from '../../../records/csv/plan.ts';
import type { DraftRecord } from '../../../records/csv/sealed-draft.ts';
import { undecidedOf } from '../../../records/csv/import.ts';
import type { ImportId } from '../../../records/csv/stage.ts';
import { seeOther, type Answer } from '../../answer.ts';
import type { FormErrors } from '../../components/form.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { submitOnce } from '../../submit-once.ts';
import type { ConfirmValues } from './confirm-form.tsx';
import { draftPage } from './draft-page.tsx';
import { failureWords, parseRecordNumbers } from './import-words.ts';
import { openDraft } from './open-draft.ts';
import { seenRecords } from './seen-records.ts';

/** A large import goes on after the answer: the preview's page tells how far it is. */
const patienceMs = 3_000;
const entriesAtOnce = 100;
const rowsPerRead = 200;

/** Imports a file as decided, all or nothing, and leads to what came of it. */
export async function confirmImport(visit: Visit, desk: DeskServices): Promise<Answer> {
  const draft = await openDraft(visit, desk);
  const form = await visit.form();
  const values: ConfirmValues = { decided: form.all('decide'), leaveOut: form.get('leaveOut') };
  if (draft.state !== 'ready') return await draftPage(visit, desk, draft);
  return await submitOnce(visit, async () => {
    const choices = await choicesOf(visit, desk, draft, values);
    if (!('leaveOut' in choices)) return await draftPage(visit, desk, draft, choices.errors, values);
    const done = confirmAndNote(visit, desk, draft.id, choices);
    const late = new AbortController();
    const outcome = await Promise.race([done, desk.clock.sleep(patienceMs, late.signal).then(() => undefined)]);
    late.abort();
    if (outcome === undefined) {
      done.catch((error: unknown) => desk.diagnostics.error('import-failed', error)); // Its page says so as well.
      return url('import-draft', { draft: draft.id });
    }
    if (outcome.state === 'imported') return url('import-past', { import: outcome.id });
    if (outcome.state === 'not-ready') return url('import-draft', { draft: draft.id });
    const refused = await openDraft(visit, desk);
    return await draftPage(visit, desk, refused, refusals(outcome), values);
  });
}

interface Choices {
  readonly leaveOutErrors: boolean;
  readonly duplicates?: 'as-proposed';
  readonly leaveOut: ReadonlySet<number>;
  readonly eraseEmpty: boolean;
}

async function choicesOf(
  visit: Visit,
  desk: DeskServices,
  draft: ImportDraft,
  values: ConfirmValues,
): Promise<Choices | { readonly errors: FormErrors }> {
  const typed = parseRecordNumbers(values.leaveOut, draft.records);
  if (typed === undefined) {
    const message = `Row numbers are numbers from 1 to ${draft.records}, such as 3, 17-20`;
    return { errors: [{ field: 'leaveOut', message }] };
  }
  const leaveOut = new Set(typed);
  if (values.decided.includes('known'))
    for await (const page of pagesOf(desk, draft.id, 'match-certain'))
      for (const { number } of page) leaveOut.add(number);
  const closed: number[] = [];
  for await (const page of pagesOf(desk, draft.id, 'update')) {
    const seen = await seenRecords(
      visit,
      desk,
      page.filter(({ number }) => !leaveOut.has(number)),
    );
    closed.push(...seen.filter(({ isClosed }) => isClosed).map(({ record }) => record.number));
  }
  if (closed.length > 0) {
    const rows = closed.slice(0, 10).join(', ');
    const message = `Rows that change records closed to you must be left out: ${rows}${closed.length > 10 ? ' …' : ''}`;
    return { errors: [{ field: 'leaveOut', message }] };
  }
  const newest = values.decided.includes('newest') ? ({ duplicates: 'as-proposed' } as const) : {};
  const eraseEmpty = values.decided.includes('erase');
  const choices = { leaveOutErrors: values.decided.includes('errors'), ...newest, leaveOut, eraseEmpty };
  const undecided = draft.summary === undefined ? undefined : undecidedOf(draft.summary, choices);
  return undecided === undefined ? choices : { errors: refusals(undecided) };
}

/** Who imports patients has to do with them: the journal says so for each. */
async function confirmAndNote(
  visit: Visit,
  desk: DeskServices,
  draft: DraftId,
  choices: Choices,
): Promise<DraftConfirmed> {
  const outcome = await desk.importDrafts.confirm(draft, choices);
  if (outcome.state === 'imported') await noteImported(visit, desk, outcome.id);
  return outcome;
}

async function noteImported(visit: Visit, desk: DeskServices, id: ImportId): Promise<void> {
  const patients = await desk.csvImport.patientsOf(id);
  for (let from = 0; from < patients.length; from += entriesAtOnce)
    await Promise.all(
      patients
        .slice(from, from + entriesAtOnce)
        .map((patient) => desk.access.look(visit.user, { kind: 'patient', id: patient }, 'import')),
    );
}

function refusals(outcome: Exclude<DraftConfirmed, { state: 'imported' | 'not-ready' }>): FormErrors {
  if (outcome.state === 'stale') return [{ field: 'leaveOut', message: failureWords['stale'] ?? '' }];
  const { errors, duplicates } = outcome;
  const count = duplicates.length;
  return [
    ...(errors === 0
      ? []
      : [
          {
            field: 'decide',
            message: `Decide about the rows with errors (${errors}): leave them out, or mend the file`,
          },
        ]),
    ...(count === 0
      ? []
      : [
          {
            field: 'decide',
            message: `Decide about the CSV ids that stand more than once (${count}): take the newest, or leave rows out`,
          },
        ]),
  ];
}

async function* pagesOf(desk: DeskServices, draft: DraftId, verdict: Verdict): AsyncGenerator<readonly DraftRecord[]> {
  for (let after = 0; ;) {
    const rows = await desk.importDrafts.rows(draft, { verdict, after, limit: rowsPerRead });
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last.number;
  }
}

/** Takes a preview away; a second time changes nothing. */
export async function discardDraft(visit: Visit, desk: DeskServices): Promise<Answer> {
  const draft = await desk.importDrafts.find(visit.param('draft'), visit.user.id);
  if (draft !== undefined && !(await desk.importDrafts.discard(draft.id)) && draft.state !== 'imported')
    throw new OperationError('conflict', 'draft-busy', 'The import is under way. Nothing was discarded.');
  return seeOther(url('import'));
}
