import type { YieldTurn } from '../../../protocol/crypto/fernet.ts';
import type { Named } from '../../../protocol/ids.ts';
import type { Instant } from '../../../protocol/instant.ts';
import type { DataKeyId, Keyring } from '../../keys/keyring.ts';
import type { Random } from '../../platform/random.ts';
import type { Store, Writer } from '../../store/store.ts';
import type { Author, PatientId } from '../model.ts';
import { deleteTerm, patientById, stagedState, withdrawnState, type PatientRow } from '../patient-queries.ts';
import { nextContent, replaceContent, splitTerms, writeNewPatient, type NewContent } from '../patient-rows.ts';
import {
  changesOf,
  deleteChanges,
  deleteImport,
  deletePatient,
  deleteVersions,
  emptyChanges,
  finishImport,
  insertChange,
  insertImport,
  leftovers,
  makeLive,
  takenMeanwhile,
} from './import-queries.ts';
import type { PlannedRecord } from './plan.ts';

export type ImportId = Named<string, 'ImportId'>;

/**
 * A confirmed import in two parts: the costly work, keys and tokens, is staged in small transactions that nobody sees and
 * that let other work go on; then one transaction checks that the store is still as the person saw it, and makes all of it
 * live. A crash before it leaves nothing but rows to sweep.
 */
export interface StagePorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly random: Random;
  readonly yieldTurn: YieldTurn;
  readonly now: Instant;
  /** Who imports. */
  readonly by?: Author | undefined;
}

const recordsPerTransaction = 50;
const purgedPerTransaction = 50;

/** False when a record's stored patient is no longer as the dry run saw it. */
export async function stage(
  ports: StagePorts,
  id: ImportId,
  records: readonly PlannedRecord[],
  onProgress: (done: number) => void,
): Promise<boolean> {
  const { store, yieldTurn, now } = ports;
  await store.write((w) => w.run(insertImport, { id, now }));
  for (let from = 0; from < records.length; from += recordsPerTransaction) {
    const batch = records.slice(from, from + recordsPerTransaction);
    const sound = await store.write(async (w) => {
      for (const record of batch) if (!(await stageOne(w, ports, id, record))) return false;
      return true;
    });
    if (!sound) return false;
    onProgress(from + batch.length);
    await yieldTurn();
  }
  return true;
}

async function stageOne(w: Writer, ports: StagePorts, importId: ImportId, record: PlannedRecord): Promise<boolean> {
  const { keyring, random, now, by } = ports;
  const { details, stored } = record;
  if (details === undefined) return true;
  if (stored === undefined) {
    const id = random.uuid() as PatientId;
    await writeNewPatient(w, keyring, { id, state: stagedState, importId, now, by }, details);
    return true;
  }
  const row = await w.first(patientById, { id: stored.patient });
  if (row?.version !== stored.version) return false;
  const content = await nextContent(w, keyring, row, details);
  await w.run(insertChange, { importId, patient: row.id, version: row.version, ...content });
  return true;
}

/** The one transaction of an import; false, and nothing done, when the store changed since the dry run. */
export async function applyStaged(
  { store, now, by }: Pick<StagePorts, 'store' | 'now' | 'by'>,
  id: ImportId,
): Promise<boolean> {
  return await store.write(async (w) => {
    if ((await w.first(takenMeanwhile, { importId: id })) !== undefined) return false;
    const changes: [PatientRow, NewContent][] = [];
    for (const change of await w.all(changesOf, { importId: id })) {
      const row = await w.first(patientById, { id: change.patient });
      const { token, terms, csv_term: csvTerm } = change;
      if (row?.version !== change.version_before || token === null || terms === null || csvTerm === null) return false;
      changes.push([row, { token, terms, csvTerm }]);
    }
    for (const [row, content] of changes) await replaceContent(w, row, content, now, by);
    const { changes: added } = await w.run(makeLive, { importId: id });
    await w.run(emptyChanges, { importId: id });
    await w.run(finishImport, { id, now, added, updated: changes.length });
    return true;
  });
}

/** Takes away what was staged, keys included, as if the import had never begun. */
export async function discardStaged(
  ports: Pick<StagePorts, 'store' | 'keyring' | 'yieldTurn'>,
  id: ImportId,
): Promise<void> {
  await purge(ports, id, 'staged');
  await ports.store.write(async (w) => {
    await w.run(deleteChanges, { importId: id });
    await w.run(deleteImport, { id });
  });
}

/** Removes rows that no longer count, and destroys their keys. */
export async function purge(
  { store, keyring, yieldTurn }: Pick<StagePorts, 'store' | 'keyring' | 'yieldTurn'>,
  id: ImportId,
  what: 'staged' | 'withdrawn',
): Promise<void> {
  const state = what === 'staged' ? stagedState : withdrawnState;
  for (;;) {
    const removed = await store.write(async (w) => {
      const rows = await w.all(leftovers, { importId: id, state, limit: purgedPerTransaction });
      for (const row of rows) {
        for (const term of splitTerms(row.terms).values()) await w.run(deleteTerm, { term, patient: row.number });
        await w.run(deleteVersions, { patient: row.id });
        await w.run(deletePatient, { id: row.id });
        await keyring.shred(w, row.data_key as DataKeyId);
      }
      return rows.length;
    });
    if (removed < purgedPerTransaction) return;
    await yieldTurn();
  }
}
