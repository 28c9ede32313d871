import type { DataKeyId } from '../../keys/keyring.ts';
import { deleteSoundRows, draftById, draftRows, setDraftState, type DraftRow } from './draft-queries.ts';
import type { DraftConfirmed, DraftId, DraftPorts, DraftWork } from './drafts.ts';
import { importById } from './import-queries.ts';
import type { ImportChoices } from './import.ts';
import type { ImportPlan } from './plan.ts';
import { openRecord, openSummary, type DraftRecord } from './sealed-draft.ts';
import type { ImportId } from './stage.ts';

const rowsPerRead = 200;

/**
 * Imports what a draft holds. The import's id is written into the draft before it begins, so that a start after a crash
 * knows from the import itself whether it came about.
 */
export async function confirmDraft(
  ports: DraftPorts & { readonly work: DraftWork },
  id: DraftId,
  choices: Pick<ImportChoices, 'leaveOutErrors' | 'duplicates' | 'leaveOut' | 'eraseEmpty'>,
): Promise<DraftConfirmed> {
  const { store, random, imports, work } = ports;
  const importId = random.uuid() as ImportId;
  const { changes } = await store.write((w) =>
    w.run(setDraftState, { id, from: 'ready', to: 'storing', importId, failure: null }),
  );
  if (changes === 0) return { state: 'not-ready' };
  const leave = (to: 'ready' | 'imported', failure: string | null): Promise<unknown> =>
    store.write((w) =>
      w.run(setDraftState, { id, from: 'storing', to, importId: to === 'imported' ? importId : null, failure }),
    );
  const run = async (): Promise<DraftConfirmed> => {
    try {
      const { plan, by } = await loadPlan(ports, id);
      const report = ({ done }: { readonly done: number }): void => void work.done.set(id, done);
      const confirmed = await imports.confirm(plan, { ...choices, by, id: importId }, report);
      if (confirmed.state === 'imported') {
        await leave('imported', null);
        await store.write((w) => w.run(deleteSoundRows, { draft: id }));
      } else await leave('ready', confirmed.state === 'stale' ? 'stale' : null);
      return confirmed;
    } catch (error) {
      await leave('ready', 'failed');
      throw error;
    }
  };
  const running = run().finally(() => work.done.delete(id));
  const settled = running.then(
    () => undefined,
    () => undefined,
  );
  work.running.add(settled);
  void settled.then(() => work.running.delete(settled));
  return await running;
}

/** A crash came between: the import was made live in one transaction, or none of it is there. */
export async function settleAfterCrash({ store }: Pick<DraftPorts, 'store'>, row: DraftRow): Promise<void> {
  await store.write(async (w) => {
    const { id, import_id: importId } = row;
    const past = importId === null ? undefined : await w.first(importById, { id: importId });
    const isDone = past !== undefined && past.state !== 'staging';
    const failure = isDone ? null : 'failed';
    const to = isDone ? 'imported' : 'ready';
    await w.run(setDraftState, { id, from: 'storing', to, importId: isDone ? importId : null, failure });
    if (isDone) await w.run(deleteSoundRows, { draft: id });
  });
}

async function loadPlan({ store, keyring }: DraftPorts, id: DraftId) {
  const row = await store.read((reader) => reader.first(draftById, { id }));
  if (row?.token == null || row.data_key === null) throw new TypeError('a draft without what was judged');
  const { token, data_key: dataKey } = row;
  const key = dataKey as DataKeyId;
  const { name: _, ...facts } = await store.read((reader) => openSummary(reader, keyring, key, id, token));
  const records: DraftRecord[] = [];
  for (let after = 0; ;) {
    const page = await store.read(async (reader) => {
      const opened: DraftRecord[] = [];
      for (const each of await reader.all(draftRows, { draft: id, after, limit: rowsPerRead }))
        opened.push(await openRecord(reader, keyring, key, id, each));
      return opened;
    });
    records.push(...page);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.number;
  }
  const plan: ImportPlan = { ...facts, records, rejected: [] };
  return { plan, by: { user: row.by_user, name: row.by_name } };
}
