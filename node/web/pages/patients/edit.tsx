import { cellsOf, detailsOf, type Cells } from '../../../records/csv/columns.ts';
import type { Changed } from '../../../records/patients.ts';
import type { PatientId } from '../../../records/model.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, Hidden, LinkButton, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { conflictPage } from './conflict.tsx';
import { DraftNotice, forgetDraft } from './draft-notice.tsx';
import { readNumber } from './list-place.ts';
import { noteAct, openPatient, type OpenedPatient } from './open-patient.ts';
import { writerOf } from './patient-author.ts';
import { ChartBanner } from './patient-banner.tsx';
import { cellsOfForm, differingColumns, errorsOf } from './patient-fields.ts';
import { PatientFormFields } from './patient-form.tsx';
import { submitOnce } from '../../submit-once.ts';

export function showEdit(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'view', async (opened) => {
    const { record } = opened;
    if (visit.draft === undefined)
      return editPage(visit, desk, opened, { cells: cellsOf(record.details), version: record.version });
    const base = (await cellsAt(desk, record.id, visit.draft.get('version'))) ?? {
      cells: cellsOf(record.details),
      version: record.version,
    };
    return editPage(visit, desk, opened, { cells: cellsOfForm(visit.draft, base.cells), version: base.version });
  });
}

/** Saves an edit that names its version; of two edits of one version nothing is lost (Records §4). */
export async function saveEdit(visit: Visit, desk: DeskServices): Promise<Answer> {
  const form = await visit.form();
  return await submitOnce(visit, () =>
    openPatient<string | Answer>(visit, desk, 'view', async (opened) => {
      const { id } = opened.record;
      const base = await cellsAt(desk, id, form.get('version'));
      if (base === undefined)
        return editPage(visit, desk, opened, { cells: cellsOfForm(form), version: 0, errors: lostVersion });
      const cells = cellsOfForm(form, base.cells);
      const { version } = base;
      const errors = errorsOf(cells, visit.now, base.cells);
      if (errors.length > 0) return editPage(visit, desk, opened, { cells, version, errors });
      if (differingColumns(base.cells, cells).length === 0) return url('patient', { patient: id });
      await noteAct(visit, desk, id, 'edit');
      const changed = await desk.patients.change(id, version, detailsOf(cells), writerOf(visit));
      return await answerOf(visit, desk, opened, { cells, version, changed });
    }),
  );
}

async function answerOf(
  visit: Visit,
  desk: DeskServices,
  opened: OpenedPatient,
  { cells, version, changed }: { readonly cells: Cells; readonly version: number; readonly changed: Changed },
): Promise<string | Answer> {
  switch (changed.state) {
    case 'changed':
      await forgetDraft(visit, desk);
      return url('patient', { patient: opened.record.id });
    case 'csv-id-taken':
      return editPage(visit, desk, opened, { cells, version, errors: csvIdTaken });
    case 'conflict':
      return conflictPage(visit, desk, { yours: cells, base: cellsOf(changed.base), current: changed.current });
  }
}

const csvIdTaken: FormErrors = [{ field: 'csv_id', message: 'Another patient has this id already: choose another' }];
const lostVersion: FormErrors = [
  { field: 'csv_id', message: 'The form did not arrive whole: open the record again and repeat the change' },
];

/** What the record said in the version that the form was made from. */
async function cellsAt(
  desk: DeskServices,
  id: PatientId,
  text: string,
): Promise<{ readonly cells: Cells; readonly version: number } | undefined> {
  const current = await desk.patients.get(id);
  if (text === String(current.version)) return { cells: cellsOf(current.details), version: current.version };
  const version = readNumber(text);
  if (version === undefined) return undefined;
  const [earlier] = await desk.patients.versions(id, { below: version + 1, limit: 1 });
  return earlier?.version === version ? { cells: cellsOf(earlier.details), version } : undefined;
}

interface Shown {
  readonly cells: Cells;
  readonly version: number;
  readonly errors?: FormErrors;
}

function editPage(
  visit: Visit,
  desk: DeskServices,
  opened: OpenedPatient,
  { cells, version, errors = [] }: Shown,
): Answer {
  const patient = opened.record.id;
  return page(
    { title: 'Edit a patient', status: errors.length > 0 ? 422 : 200 },
    <>
      <ErrorSummary errors={errors} />
      <ChartBanner record={opened.record} visit={visit} desk={desk} heading={false} />
      <div class="page-head">
        <h1>Edit the record</h1>
      </div>
      <DraftNotice visit={visit} desk={desk} />
      <form method="post" action={url('patient-save', { patient })}>
        <Once token={desk.random.uuid()} />
        <Hidden name="version" value={String(version)} />
        <PatientFormFields cells={cells} errors={errors} />
        <p class="actions">
          <Submit>Save</Submit>
          <LinkButton href={url('patient', { patient })}>Do not save</LinkButton>
          <span class="quiet" data-draft-state></span>
        </p>
      </form>
    </>,
  );
}
