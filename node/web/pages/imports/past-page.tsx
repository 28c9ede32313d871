import { isUuid } from '../../../../protocol/ids.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import type { PastImport } from '../../../records/csv/import.ts';
import type { ImportId } from '../../../records/csv/stage.ts';
import type { NotUndone } from '../../../records/csv/undo.ts';
import type { PatientId } from '../../../records/model.ts';
import { page, type Answer } from '../../answer.ts';
import { LinkButton, Submit } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Facts, Notice, Section } from '../../components/panel.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';

const namedMax = 10;

/** What one import brought, and its undoing, or why that is not possible any more (Records §1.6). */
export async function showPastImport(visit: Visit, desk: DeskServices): Promise<Answer> {
  const past = await findPast(visit, desk);
  const draft = await desk.importDrafts.ofImport(past.id);
  const refused = await desk.csvImport.whyNotUndone(past.id);
  const errors = draft?.summary?.counts.error ?? 0;
  const isOwn = draft?.by.user === visit.user.id;
  const title = past.state === 'undone' ? 'This import was undone' : 'Imported';
  return page(
    { title: 'An import' },
    <div class="narrow">
      <h1>{title}</h1>
      <Facts
        facts={[
          { term: past.state === 'undone' ? 'Undone' : 'When', value: <When at={past.at} /> },
          { term: 'By', value: draft === undefined ? 'the command line' : <Foreign text={draft.by.name} /> },
          { term: 'New patients', value: past.added },
          { term: 'Changed patients', value: past.updated },
        ]}
      />
      {draft !== undefined && isOwn && errors > 0 ? (
        <Notice tone="amber" title={`${errors} ${errors === 1 ? 'row was' : 'rows were'} left out because of errors`}>
          <p>
            <a href={url('import-errors', { draft: draft.id })}>Rows with errors as CSV</a>, kept until{' '}
            <When at={draft.expiresAt} />: mend them and import that file.
          </p>
        </Notice>
      ) : null}
      <Section title="Undo" id="undo">
        <Undo past={past} refused={refused} once={desk.random.uuid()} />
      </Section>
      <p class="actions">
        <LinkButton href={url('patients')}>Go to the patients</LinkButton>
        <LinkButton href={url('import')}>Back to imports</LinkButton>
      </p>
    </div>,
  );
}

function Undo({
  past,
  refused,
  once,
}: {
  readonly past: PastImport;
  readonly refused: NotUndone | undefined;
  readonly once: string;
}) {
  if (refused?.state === 'already-undone') return <p>Everything is as it was before it.</p>;
  if (refused?.state === 'in-use') return <InUse patients={refused.patients} />;
  return (
    <form method="post" action={url('import-undo', { import: past.id })} data-draft="off">
      <Once token={once} />
      <p>
        Takes all of it back.{' '}
        {past.added === 0
          ? null
          : `${past.added} new ${past.added === 1 ? 'patient goes, and the key of that record is' : 'patients go, and the keys of their records are'} destroyed. `}
        {past.updated === 0
          ? null
          : `${past.updated} changed ${past.updated === 1 ? 'patient says' : 'patients say'} again what the record said before.`}
      </p>
      <p class="actions">
        <Submit tone="danger">Undo the import</Submit>
      </p>
    </form>
  );
}

function InUse({ patients }: { readonly patients: readonly PatientId[] }) {
  const more = patients.length - namedMax;
  return (
    <Notice tone="amber" title="This import cannot be undone any more">
      <p>
        {patients.length} of its patients {patients.length === 1 ? 'was' : 'were'} changed, seen, given a file or
        referred since:
      </p>
      <ul>
        {patients.slice(0, namedMax).map((patient, i) => (
          <li>
            <a href={url('patient', { patient })}>Patient {i + 1}</a>
          </li>
        ))}
        {more > 0 ? <li>and {more} more</li> : null}
      </ul>
    </Notice>
  );
}

/** Undoes once; where somebody used a patient meanwhile, the page says so. */
export async function undoPastImport(visit: Visit, desk: DeskServices): Promise<Answer> {
  const past = await findPast(visit, desk);
  const patients = (await desk.csvImport.patientsOf(past.id)).map((id) => ({ kind: 'patient', id }) as const);
  for (const patient of patients)
    if (await desk.access.isRestricted(patient)) await desk.access.note(visit.user, patient, 'view');
  return await visit.once(async () => {
    // An undoing that is refused makes nobody one who has to do with the patients.
    if ((await desk.csvImport.whyNotUndone(past.id)) === undefined)
      for (const patient of patients) await desk.access.note(visit.user, patient, 'import');
    await desk.csvImport.undo(past.id);
    return url('import-past', { import: past.id });
  });
}

async function findPast(visit: Visit, desk: DeskServices): Promise<PastImport> {
  const id = visit.param('import');
  const past = isUuid(id) ? await desk.csvImport.find(id as ImportId) : undefined;
  if (past !== undefined) return past;
  throw new OperationError('not-found', 'unknown-import', 'There is no such import.');
}
