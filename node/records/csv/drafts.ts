import { concat } from '../../../protocol/bytes.ts';
import { sha256 } from '../../../protocol/crypto/hash.ts';
import { isUuid, type Named } from '../../../protocol/ids.ts';
import type { Instant } from '../../../protocol/instant.ts';
import type { DataKeyId, Keyring } from '../../keys/keyring.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ByteStream } from '../../platform/files.ts';
import type { Random } from '../../platform/random.ts';
import type { Store } from '../../store/store.ts';
import { RecordsError } from '../errors.ts';
import { csvBytesMax, importDraftKeptMs, importDraftsPerUserMax } from '../limits.ts';
import type { Author } from '../model.ts';
import { judgeDraft } from './judge-draft.ts';
import { confirmDraft, settleAfterCrash } from './confirm-draft.ts';
import {
  deleteDraft,
  deleteDraftRows,
  draftById,
  draftOfImport,
  draftRows,
  draftRowsOfVerdict,
  draftsInStates,
  emptyDraft,
  expiredDrafts,
  importersOf,
  importOfFile,
  insertDraft,
  openDraftsOf,
  type DraftRow,
  type DraftState,
} from './draft-queries.ts';
import type { Confirmed, ImportChoices, Imports } from './import.ts';
import { rejectedRowsCsv, type Verdict } from './plan.ts';
import { openRecord, openSummary, type DraftRecord, type DraftSummary } from './sealed-draft.ts';
import type { ImportId } from './stage.ts';

export type DraftId = Named<string, 'DraftId'>;

/** A dry run that outlives its request: it belongs to who began it, and waits for that person's decision (Records §1.4). */
export interface ImportDraft {
  readonly id: DraftId;
  readonly state: DraftState;
  readonly by: Author;
  readonly createdAt: Instant;
  /** What it holds of patients is destroyed then. */
  readonly expiresAt: Instant;
  /** Present once it is judged, and until it expires. */
  readonly summary?: DraftSummary;
  readonly records: number;
  /** Records judged or stored so far, while that goes on. */
  readonly done: number;
  /** What it became. */
  readonly importId?: ImportId;
  /** Why the file was refused, or why the last confirmation came to nothing; it never quotes a cell. */
  readonly failure?: string;
  /** The same bytes were imported before, and that import stands. */
  readonly importedBefore?: { readonly id: ImportId; readonly at: Instant };
}

export interface RowsAsked {
  readonly verdict?: Verdict;
  readonly after: number;
  readonly limit: number;
}

export type DraftConfirmed = Confirmed | { readonly state: 'not-ready' };

export interface ImportDrafts extends AsyncDisposable {
  /**
   * Takes a file and judges it; `judged` resolves when that is over, well or not. The same file of the same user takes the
   * place of its earlier dry run, and refused files of that user go. Fails with `csv-too-large`, and with `too-many-drafts` (RecordsError).
   */
  begin(
    bytes: ByteStream,
    given: { readonly name: string; readonly by: Author },
  ): Promise<{ readonly id: DraftId; readonly judged: Promise<void> }>;
  /** Only its owner's: of another user it is not there. */
  find(id: string, user: string): Promise<ImportDraft | undefined>;
  rows(id: DraftId, asked: RowsAsked): Promise<readonly DraftRecord[]>;
  /** All or nothing; of two confirmations of one draft the second is `not-ready`. */
  confirm(
    id: DraftId,
    choices: Pick<ImportChoices, 'leaveOutErrors' | 'duplicates' | 'leaveOut' | 'eraseEmpty'>,
  ): Promise<DraftConfirmed>;
  discard(id: DraftId): Promise<boolean>;
  /** The records with errors, with a column `error`, to be mended and imported again. */
  rejectedCsv(id: DraftId): Promise<ByteStream>;
  listOpen(user: string): Promise<readonly ImportDraft[]>;
  /** The draft from which an import was confirmed, while it is kept. */
  ofImport(id: ImportId): Promise<ImportDraft | undefined>;
  /** Names of those who confirmed the newest imports at the desk. */
  importers(): Promise<ReadonlyMap<ImportId, string>>;
  /** At start: what a crash interrupted. After the sweep of the imports themselves. */
  recover(): Promise<void>;
  /** Destroys what expired. */
  sweep(): Promise<void>;
}

export interface DraftPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly imports: Imports;
}

/** What goes on with drafts in this process. */
export interface DraftWork {
  /** Records judged or stored so far. */
  readonly done: Map<string, number>;
  readonly running: Set<Promise<unknown>>;
  stopped: boolean;
}

export function openImportDrafts(ports: DraftPorts): ImportDrafts {
  const { store, keyring } = ports;
  const work: DraftWork = { done: new Map(), running: new Set(), stopped: false };

  const load = (id: string): Promise<DraftRow | undefined> =>
    store.read(async (reader) => (isUuid(id) ? await reader.first(draftById, { id }) : undefined));

  const open = async (row: DraftRow): Promise<ImportDraft> =>
    await store.read(async (reader) => {
      const { id, token, data_key: key, file_term: fileTerm } = row;
      const summary =
        token === null || key === null ? undefined : await openSummary(reader, keyring, key as DataKeyId, id, token);
      const before = fileTerm === null ? undefined : await reader.first(importOfFile, { fileTerm });
      return {
        ...draftOf(row, work.done.get(id) ?? 0),
        ...(summary === undefined ? {} : { summary }),
        ...(before?.import_id == null || before.import_id === row.import_id
          ? {}
          : { importedBefore: { id: before.import_id as ImportId, at: before.finished_at as Instant } }),
      };
    });

  const keyOf = async (id: string): Promise<DataKeyId> => {
    const key = (await load(id))?.data_key;
    if (key == null) throw new RecordsError('unknown-import', 'this dry run is not kept any more');
    return key as DataKeyId;
  };

  const rows = async (id: DraftId, { verdict, after, limit }: RowsAsked): Promise<readonly DraftRecord[]> => {
    const key = await keyOf(id);
    return await store.read(async (reader) => {
      const found =
        verdict === undefined
          ? await reader.all(draftRows, { draft: id, after, limit })
          : await reader.all(draftRowsOfVerdict, { draft: id, verdict, after, limit });
      const opened: DraftRecord[] = [];
      for (const row of found) opened.push(await openRecord(reader, keyring, key, id, row));
      return opened;
    });
  };

  const erase = async (row: DraftRow): Promise<void> => {
    await store.write(async (w) => {
      await w.run(deleteDraftRows, { draft: row.id });
      if (row.state === 'imported') await w.run(emptyDraft, { id: row.id });
      else await w.run(deleteDraft, { id: row.id });
      if (row.data_key !== null) await keyring.shred(w, row.data_key as DataKeyId);
    });
  };

  return {
    begin: (bytes, given) => beginDraft(ports, work, erase, bytes, given),
    find: async (id, user) => {
      const row = await load(id);
      return row?.by_user === user ? await open(row) : undefined;
    },
    rows,
    confirm: (id, choices) => confirmDraft({ ...ports, work }, id, choices),
    discard: async (id) => {
      const row = await load(id);
      if (row === undefined || (row.state !== 'ready' && row.state !== 'failed')) return false;
      await erase(row);
      return true;
    },
    rejectedCsv: async (id) => {
      const summary = (await load(id).then((row) => (row === undefined ? undefined : open(row))))?.summary;
      if (summary === undefined) throw new RecordsError('unknown-import', 'this dry run is not kept any more');
      return rejectedRowsCsv(
        summary.header,
        rejectedRows((after) => rows(id, { verdict: 'error', after, limit: pageOfRows })),
      );
    },
    listOpen: async (user) => {
      const found = await store.read((reader) => reader.all(openDraftsOf, { user }));
      return await Promise.all(found.map(open));
    },
    ofImport: async (importId) => {
      const row = await store.read((reader) => reader.first(draftOfImport, { importId }));
      return row === undefined ? undefined : await open(row);
    },
    importers: async () => {
      const found = await store.read((reader) => reader.all(importersOf, {}));
      return new Map(found.map((row) => [row.import_id as ImportId, row.by_name]));
    },
    recover: async () => {
      for (const row of await store.read((reader) => reader.all(draftsInStates, {})))
        if (row.state === 'judging') await erase(row);
        else await settleAfterCrash(ports, row);
    },
    sweep: async () => {
      const now = ports.clock.now();
      for (const row of await store.read((reader) => reader.all(expiredDrafts, { now }))) await erase(row);
    },
    [Symbol.asyncDispose]: async () => {
      work.stopped = true;
      await Promise.all(work.running);
    },
  };
}

const pageOfRows = 200;

async function* rejectedRows(page: (after: number) => Promise<readonly DraftRecord[]>) {
  for (let after = 0; ;) {
    const records = await page(after);
    for (const { number, line, fields = [], remarks } of records) yield { number, line, fields, remarks };
    const last = records.at(-1);
    if (last === undefined) return;
    after = last.number;
  }
}

async function beginDraft(
  ports: DraftPorts,
  work: DraftWork,
  erase: (row: DraftRow) => Promise<void>,
  bytes: ByteStream,
  { name, by }: { readonly name: string; readonly by: Author },
): Promise<{ readonly id: DraftId; readonly judged: Promise<void> }> {
  const { store, keyring, clock, random } = ports;
  const file = await readFile(bytes);
  const fileTerm = keyring.blindTerm('import-file', sha256(file).toHex());
  const waiting = await store.read((reader) => reader.all(openDraftsOf, { user: by.user }));
  const isOver = (row: DraftRow): boolean =>
    row.state === 'failed' || (row.state === 'ready' && row.file_term?.toHex() === fileTerm.toHex());
  for (const row of waiting.filter(isOver)) await erase(row);
  if (waiting.filter((row) => !isOver(row)).length >= importDraftsPerUserMax)
    throw new RecordsError(
      'too-many-drafts',
      `${importDraftsPerUserMax} previews of yours wait for a decision: confirm or discard one first`,
    );
  const id = random.uuid() as DraftId;
  const now = clock.now();
  const dataKey = await store.write(async (w) => {
    const key = await keyring.newDataKey(w);
    const owner = { byUser: by.user, byName: by.name, now, expiresAt: now + importDraftKeptMs };
    await w.run(insertDraft, { id, ...owner, dataKey: key, fileTerm });
    return key;
  });
  const judged = judgeDraft({ ...ports, work }, { id, name, dataKey }, file).finally(() => {
    work.done.delete(id);
    work.running.delete(judged);
  });
  work.running.add(judged);
  return { id, judged };
}

async function readFile(bytes: ByteStream): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bytes) {
    size += piece.length;
    if (size > csvBytesMax)
      throw new RecordsError('csv-too-large', `larger than ${csvBytesMax} bytes (10 MiB); split the file`);
    pieces.push(piece.slice());
  }
  return concat(...pieces);
}

function draftOf(row: DraftRow, done: number): ImportDraft {
  return {
    id: row.id as DraftId,
    state: row.state,
    by: { user: row.by_user, name: row.by_name },
    createdAt: row.created_at as Instant,
    expiresAt: row.expires_at as Instant,
    records: row.records,
    done,
    ...(row.import_id === null ? {} : { importId: row.import_id as ImportId }),
    ...(row.failure === null ? {} : { failure: row.failure }),
  };
}
