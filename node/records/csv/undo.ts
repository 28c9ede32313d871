import type { YieldTurn } from '../../../protocol/crypto/fernet.ts';
import type { Instant } from '../../../protocol/instant.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Reader, Store, Writer } from '../../store/store.ts';
import { RecordsError } from '../errors.ts';
import type { PatientId } from '../model.ts';
import { patientById, versionOf, type PatientRow } from '../patient-queries.ts';
import { nextContent, replaceContent } from '../patient-rows.ts';
import { openDetails } from '../sealed-details.ts';
import { broughtBy, changesOf, importById, markUndone, usedSince, withdraw } from './import-queries.ts';
import { purge, type ImportId } from './stage.ts';

/** Nothing was undone: `in-use` names patients that were changed, seen, given a file or referred since. */
export type NotUndone = { state: 'in-use'; patients: readonly PatientId[] } | { state: 'already-undone' };

export type Undone = { state: 'undone'; removed: number; restored: number } | NotUndone;

export interface UndoPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly yieldTurn: YieldTurn;
  readonly now: Instant;
  readonly isReferred?: (reader: Reader, patient: PatientId) => Promise<boolean>;
}

/**
 * Takes an import back in one transaction: patients that it brought go, patients that it changed say again what they said
 * before. It refuses when any of them was used since. Their keys are destroyed afterwards.
 */
export async function undoImport(ports: UndoPorts, id: ImportId): Promise<Undone> {
  const outcome = await ports.store.write(async (w): Promise<Undone> => {
    const refused = await whyNotUndone(w, ports, id);
    if (refused !== undefined) return refused;
    const changed = await changedRows(w, id);
    for (const { row, before } of changed.rows) await restore(w, ports, row, before);
    const { changes: removed } = await w.run(withdraw, { importId: id });
    await w.run(markUndone, { id, now: ports.now });
    return { state: 'undone', removed, restored: changed.rows.length };
  });
  if (outcome.state === 'undone') await purge(ports, id, 'withdrawn');
  return outcome;
}

/** What stands against undoing an import now; `undefined` where nothing does. */
export async function whyNotUndone(
  reader: Reader,
  ports: Pick<UndoPorts, 'isReferred'>,
  id: ImportId,
): Promise<NotUndone | undefined> {
  const past = await reader.first(importById, { id });
  if (past === undefined || past.state === 'staging')
    throw new RecordsError('unknown-import', 'no import with this id');
  if (past.state === 'undone') return { state: 'already-undone' };
  const patients = [...(await usedPatients(reader, ports, id)), ...(await changedRows(reader, id)).used];
  return patients.length === 0 ? undefined : { state: 'in-use', patients };
}

async function usedPatients(w: Reader, ports: Pick<UndoPorts, 'isReferred'>, id: ImportId): Promise<PatientId[]> {
  const used = new Set((await w.all(usedSince, { importId: id })).map((row) => row.id as PatientId));
  if (ports.isReferred !== undefined) {
    for (const row of await w.all(broughtBy, { importId: id })) {
      const patient = row.id as PatientId;
      if (await ports.isReferred(w, patient)) used.add(patient);
    }
  }
  return [...used];
}

async function changedRows(w: Reader, id: ImportId) {
  const rows: { row: PatientRow; before: number }[] = [];
  const used: PatientId[] = [];
  for (const change of await w.all(changesOf, { importId: id })) {
    const row = await w.first(patientById, { id: change.patient });
    if (row?.version === change.version_before + 1) rows.push({ row, before: change.version_before });
    else used.push(change.patient as PatientId);
  }
  return { rows, used };
}

async function restore(w: Writer, { keyring, now }: UndoPorts, row: PatientRow, before: number): Promise<void> {
  const earlier = await w.first(versionOf, { patient: row.id, version: before });
  if (earlier === undefined) throw new RecordsError('record-damaged', 'an earlier version of a patient is missing');
  const owner = { id: row.id, dataKey: row.data_key, version: before };
  const details = await openDetails(w, keyring, owner, earlier.token);
  await replaceContent(w, row, await nextContent(w, keyring, row, details), now);
}
