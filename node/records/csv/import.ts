import type { YieldTurn } from '../../../protocol/crypto/fernet.ts';
import type { Instant } from '../../../protocol/instant.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ByteStream } from '../../platform/files.ts';
import type { Random } from '../../platform/random.ts';
import type { Reader, Store } from '../../store/store.ts';
import { pageSizeMax } from '../limits.ts';
import type { Author, PatientId } from '../model.ts';
import { checkPageSize, latest } from '../paging.ts';
import { dryRun } from './dry-run.ts';
import { withoutErasing } from './erasing.ts';
import {
  broughtBy,
  changesOf,
  importById,
  importsWithWithdrawn,
  pastImports,
  unfinishedImports,
} from './import-queries.ts';
import type { ImportPlan, PlannedRecord } from './plan.ts';
import { applyStaged, discardStaged, purge, stage, type ImportId } from './stage.ts';
import { undoImport, whyNotUndone, type NotUndone, type Undone } from './undo.ts';

/** What the person decides who confirms an import. Whatever is not decided blocks it (Records §1). */
export interface ImportChoices {
  /** "Leave out the N rows with errors"; `rejectedCsv` gives them back. */
  readonly leaveOutErrors: boolean;
  /** For each group of one csv_id, by its first record, the record to take; or all as proposed. */
  readonly duplicates?: 'as-proposed' | ReadonlyMap<number, number>;
  /** Records to leave out for another reason, such as a match that is the same person. */
  readonly leaveOut?: ReadonlySet<number>;
  /** "Erase the n values whose cells are empty"; without it they stay. */
  readonly eraseEmpty?: boolean;
  readonly by?: Author;
  /** The import's id, where somebody must know it before it is done. */
  readonly id?: ImportId;
}

export type Confirmed =
  | {
      state: 'imported';
      id: ImportId;
      added: number;
      updated: number;
      /** Stored already and the same. */
      unchanged: number;
      leftOut: number;
    }
  /** Nothing was imported: something is not decided yet. */
  | { state: 'undecided'; errors: number; duplicates: readonly number[] }
  /** Nothing was imported: the store changed since the dry run; run it again. */
  | { state: 'stale' };

export interface ImportProgress {
  readonly phase: 'checking' | 'storing';
  readonly done: number;
  /** Unknown while a file is being read. */
  readonly total?: number;
}

export interface PastImport {
  readonly id: ImportId;
  readonly state: 'done' | 'undone';
  readonly at: Instant;
  readonly added: number;
  readonly updated: number;
}

/** Import of patients from CSV in two steps, and its undoing (Records §1). */
export interface Imports {
  dryRun(bytes: ByteStream, onProgress?: (progress: ImportProgress) => void): Promise<ImportPlan>;
  /** All or nothing: until the one transaction at the end nobody sees any of it. */
  confirm(
    plan: ImportPlan,
    choices: ImportChoices,
    onProgress?: (progress: ImportProgress) => void,
  ): Promise<Confirmed>;
  undo(id: ImportId): Promise<Undone>;
  /** Why it could not be undone now; `undefined` where it could. Fails with `unknown-import`. */
  whyNotUndone(id: ImportId): Promise<NotUndone | undefined>;
  /** The patients that an import brought and those that it changed. */
  patientsOf(id: ImportId): Promise<readonly PatientId[]>;
  find(id: ImportId): Promise<PastImport | undefined>;
  /** Newest first; those behind `behind` where it is told. */
  list(page?: { readonly limit: number; readonly behind?: ImportId | undefined }): Promise<readonly PastImport[]>;
  /** At start, before the first import: takes away what a crash left staged or half removed. */
  sweep(): Promise<void>;
}

export interface ImportsPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly yieldTurn: YieldTurn;
  /** Whether another part of the node refers to a patient, so that its import can no longer be undone. */
  readonly isReferred?: (reader: Reader, patient: PatientId) => Promise<boolean>;
}

export function openImports(ports: ImportsPorts): Imports {
  const { store, keyring, clock, random, yieldTurn } = ports;
  return {
    dryRun: (bytes, onProgress) =>
      dryRun(bytes, {
        store,
        keyring,
        yieldTurn,
        now: clock.now(),
        onProgress: (done) => onProgress?.({ phase: 'checking', done }),
      }),
    confirm: async (plan, choices, onProgress) => {
      const undecided = undecidedOf(plan, choices);
      if (undecided !== undefined) return undecided;
      const asInFile = chosenRecords(plan, choices);
      const chosen = choices.eraseEmpty === true ? asInFile : asInFile.map(withoutErasing);
      const changed = chosen.filter((record) => record.stored === undefined || record.stored.changes.length > 0);
      const id = choices.id ?? (random.uuid() as ImportId);
      const stagePorts = { store, keyring, random, yieldTurn, now: clock.now(), by: choices.by };
      const report = (done: number): void => onProgress?.({ phase: 'storing', done, total: changed.length });
      try {
        if (!(await stage(stagePorts, id, changed, report)) || !(await applyStaged(stagePorts, id))) {
          await discardStaged(stagePorts, id);
          return { state: 'stale' };
        }
      } catch (error) {
        await discardStaged(stagePorts, id);
        throw error;
      }
      const updated = changed.filter((record) => record.stored !== undefined).length;
      return {
        state: 'imported',
        id,
        added: changed.length - updated,
        updated,
        unchanged: chosen.length - changed.length,
        leftOut: plan.records.length - chosen.length,
      };
    },
    undo: (id) => undoImport({ ...ports, now: clock.now() }, id),
    whyNotUndone: (id) => store.read((reader) => whyNotUndone(reader, ports, id)),
    patientsOf: (id) =>
      store.read(async (reader) => {
        const brought = await reader.all(broughtBy, { importId: id });
        const changed = await reader.all(changesOf, { importId: id });
        return [...brought.map((row) => row.id), ...changed.map((row) => row.patient)] as PatientId[];
      }),
    find: (id) =>
      store.read(async (reader) => {
        const row = await reader.first(importById, { id });
        return row === undefined || row.state === 'staging' ? undefined : pastImport(row);
      }),
    list: ({ limit, behind } = { limit: pageSizeMax }) =>
      store.read(async (reader) => {
        checkPageSize(limit);
        const last = behind === undefined ? undefined : await reader.first(importById, { id: behind });
        const place = last === undefined ? latest : { at: last.started_at, id: last.id };
        return (await reader.all(pastImports, { ...place, limit })).map(pastImport);
      }),
    sweep: async () => {
      const left = await store.read(async (reader) => ({
        unfinished: await reader.all(unfinishedImports, {}),
        withdrawn: await reader.all(importsWithWithdrawn, {}),
      }));
      const purgePorts = { store, keyring, yieldTurn };
      for (const { id } of left.unfinished) await discardStaged(purgePorts, id as ImportId);
      for (const { import_id: id } of left.withdrawn)
        if (id !== null) await purge(purgePorts, id as ImportId, 'withdrawn');
    },
  };
}

/** What is not decided yet; told from the counts alone, before anything is read or stored. */
function pastImport(row: ImportRow): PastImport {
  return {
    id: row.id as ImportId,
    state: row.state === 'undone' ? 'undone' : 'done',
    at: (row.finished_at ?? row.started_at) as Instant,
    added: row.added,
    updated: row.updated,
  };
}

interface ImportRow {
  readonly id: string;
  readonly state: string;
  readonly started_at: number;
  readonly finished_at: number | null;
  readonly added: number;
  readonly updated: number;
}

export function undecidedOf(
  plan: Pick<ImportPlan, 'counts' | 'duplicates'>,
  choices: ImportChoices,
): (Confirmed & { state: 'undecided' }) | undefined {
  const errors = choices.leaveOutErrors ? 0 : plan.counts.error;
  const duplicates = plan.duplicates
    .filter((group) => group.records.length > 1 && !isDecided(group, choices))
    .map((group) => group.first);
  return errors === 0 && duplicates.length === 0 ? undefined : { state: 'undecided', errors, duplicates };
}

function isDecided(group: ImportPlan['duplicates'][number], choices: ImportChoices): boolean {
  if (choices.duplicates === 'as-proposed') return true;
  const chosen = choices.duplicates?.get(group.first);
  if (chosen !== undefined && group.records.includes(chosen)) return true;
  const left = group.records.filter((record) => choices.leaveOut?.has(record) !== true);
  return left.length <= 1;
}

function chosenRecords(plan: ImportPlan, choices: ImportChoices): readonly PlannedRecord[] {
  const passedOver = new Set<number>();
  for (const group of plan.duplicates) {
    const chosen =
      choices.duplicates === 'as-proposed' ? group.proposed : (choices.duplicates?.get(group.first) ?? undefined);
    if (chosen === undefined) continue;
    for (const record of group.records) if (record !== chosen) passedOver.add(record);
  }
  return plan.records.filter(
    (record) =>
      record.details !== undefined && !passedOver.has(record.number) && choices.leaveOut?.has(record.number) !== true,
  );
}
