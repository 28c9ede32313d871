import { toBase64Url } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { Instant } from '../../protocol/instant.ts';
import { leafBytes, leafTypes, parseRecordX, type LeafType, type RecordX } from '../../protocol/log/entry.ts';
import { noteSignaturesMax } from '../../protocol/log/note.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Reader, Store } from '../store/store.ts';
import { explorerPages, explorerQueries } from './explorer-queries.ts';
import type { Looks } from './looks.ts';
import type { LogProofs } from './proofs.ts';
import { logQueries } from './queries.ts';
import type { Sequencer } from './sequencer.ts';

/** Which entries; without anything, all. */
export interface LogFilter {
  readonly peer?: string | undefined;
  readonly type?: LeafType | undefined;
  /** Milliseconds since 1970, both inclusive. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** An x, or its first letters. */
  readonly hash?: string | undefined;
}

/** Where a page begins: below an index and backwards, or above one and forwards; the newest entries without either. */
export interface LogPlace {
  readonly below?: number | undefined;
  readonly above?: number | undefined;
}

/** An entry as lists show it: nothing in it is a patient's (Spec §6). */
export interface LogEntry {
  readonly index: number;
  readonly type: LeafType;
  /** As it stands in the table: whether it is the record's, the proof tells. */
  readonly x: string;
  readonly at: Instant;
  readonly peer: string | undefined;
  readonly record: Uint8Array;
}

export interface LogPage {
  /** Newest first, whichever way the page was reached. */
  readonly entries: readonly LogEntry[];
  readonly hasNewer: boolean;
  readonly hasOlder: boolean;
}

export interface LogEntryProof {
  readonly entry: LogEntry;
  /** The leaf as its table says: where the record was changed on the disk, the two no longer fit. */
  readonly leaf: Uint8Array;
  /** A tlog-proof to the newest head that a witness cosigned, else to the newest; with every cosignature of that head. */
  readonly proof: string;
}

/** The log as auditors look through it. Each look is a leaf of its own, durable before anything is shown. */
export interface LogExplorer {
  page(by: string, asked: string, filter: LogFilter, place: LogPlace): Promise<LogPage>;
  /** `undefined` where the log is not so long. */
  entry(by: string, index: number): Promise<LogEntryProof | undefined>;
  /** Every entry of a filter, oldest first, a thousand at a time; entries that come meanwhile are left out. */
  everything(by: string, asked: string, filter: LogFilter): AsyncGenerator<readonly LogEntry[]>;
}

export interface LogExplorerPorts {
  readonly store: Store;
  readonly log: Sequencer;
  readonly proofs: LogProofs;
  readonly looks: Looks;
}

export const logPageEntries = 50;
const exportedAtOnce = 1_000;
const hashLettersMin = 4;
const hashForm = /^[A-Za-z0-9_-]{4,43}$/;
/** The wall clock may step back a little between two leaves: a date range lets so much in at its ends, and trims it. */
const clockSlackMs = 10_000;

export function openLogExplorer(ports: LogExplorerPorts): LogExplorer {
  const { store, log, looks } = ports;
  return {
    page: async (by, asked, filter, place) => {
      await looks.noteOnce(by, asked);
      return store.read((reader) => readPage(reader, filter, place, logPageEntries));
    },
    entry: async (by, index) => {
      await looks.noteOnce(by, `entry=${index}`);
      return store.read((reader) => readEntry(ports, reader, index));
    },
    everything: async function* (by, asked, filter) {
      await looks.note(by, asked);
      const end = log.head().size;
      for (let above = -1; ;) {
        const from = above;
        const rows = await store.read((reader) => readForwards(reader, filter, from, end - 1, exportedAtOnce));
        if (rows.length > 0) yield rows;
        const last = rows.at(-1);
        if (last === undefined || rows.length < exportedAtOnce || filter.hash !== undefined) return;
        above = last.index;
      }
    },
  };
}

/** An x or its beginning as people type it: base64url, or 64 hex digits. Throws for what cannot be one. */
export function parseHashFilter(text: string): string {
  const trimmed = text.trim();
  const found = /^[0-9a-f]{64}$/i.test(trimmed) ? toBase64Url(Uint8Array.fromHex(trimmed)) : trimmed;
  if (!hashForm.test(found))
    throw new OperationError(
      'invalid',
      'bad-hash',
      `A reference hash is ${hashLettersMin} to 43 letters of base64url, or 64 hex digits.`,
    );
  return found;
}

export function isLeafType(text: string): text is LeafType {
  return leafTypes.some((type) => type === text);
}

async function readPage(reader: Reader, filter: LogFilter, place: LogPlace, size: number): Promise<LogPage> {
  if (filter.hash !== undefined)
    return { entries: await readByHash(reader, filter, size), hasNewer: false, hasOlder: false };
  if (place.above !== undefined) {
    const rows = await readForwards(reader, filter, place.above, Number.MAX_SAFE_INTEGER, size + 1);
    return { entries: rows.slice(0, size).toReversed(), hasNewer: rows.length > size, hasOlder: true };
  }
  const high = (place.below ?? Number.MAX_SAFE_INTEGER) - 1;
  const rows = await readRows(reader, 'older', filter, 0, high, size + 1);
  return { entries: rows.slice(0, size), hasNewer: place.below !== undefined, hasOlder: rows.length > size };
}

function readForwards(reader: Reader, filter: LogFilter, above: number, high: number, limit: number) {
  return filter.hash === undefined
    ? readRows(reader, 'newer', filter, above + 1, high, limit)
    : readByHash(reader, filter, limit);
}

async function readRows(
  reader: Reader,
  way: 'older' | 'newer',
  filter: LogFilter,
  lowest: number,
  highest: number,
  limit: number,
): Promise<readonly LogEntry[]> {
  const { peer, type } = filter;
  const ends = await endsOf(reader, filter);
  const range = {
    low: Math.max(lowest, ends.low),
    high: Math.min(highest, ends.high),
    from: filter.from ?? 0,
    to: filter.to ?? Number.MAX_SAFE_INTEGER,
    limit,
  };
  if (range.low > range.high) return [];
  const pages = explorerPages[way];
  const rows =
    peer !== undefined && type !== undefined
      ? await reader.all(pages.ofBoth, { peer, type, ...range })
      : peer !== undefined
        ? await reader.all(pages.ofPeer, { peer, ...range })
        : type !== undefined
          ? await reader.all(pages.ofType, { type, ...range })
          : await reader.all(pages.all, range);
  return rows.map(entryOf);
}

/** The indices between which a date range lies; leaves are in the order of time but for small steps of the clock. */
async function endsOf(reader: Reader, { from, to }: LogFilter): Promise<{ low: number; high: number }> {
  const first =
    from === undefined ? undefined : await reader.first(explorerQueries.firstFrom, { at: from - clockSlackMs });
  const last = to === undefined ? undefined : await reader.first(explorerQueries.lastUntil, { at: to + clockSlackMs });
  return {
    low: from === undefined ? 0 : (first?.idx ?? Number.MAX_SAFE_INTEGER),
    high: to === undefined ? Number.MAX_SAFE_INTEGER : (last?.idx ?? -1),
  };
}

async function readByHash(reader: Reader, filter: LogFilter, limit: number): Promise<readonly LogEntry[]> {
  const hash = filter.hash ?? '';
  const rows = await reader.all(explorerQueries.leavesByHash, { low: hash, high: `${hash}~`, limit });
  return rows
    .map(entryOf)
    .filter(
      ({ peer, type, at }) =>
        (filter.peer === undefined || peer === filter.peer) &&
        (filter.type === undefined || type === filter.type) &&
        at >= (filter.from ?? 0) &&
        at <= (filter.to ?? Number.MAX_SAFE_INTEGER),
    )
    .toSorted((a, b) => b.index - a.index);
}

async function readEntry(
  { log, proofs }: LogExplorerPorts,
  reader: Reader,
  index: number,
): Promise<LogEntryProof | undefined> {
  const row = await reader.first(explorerQueries.leaf, { idx: index });
  if (row === undefined) return undefined;
  const entry = entryOf(row);
  const cosigned = await reader.first(explorerQueries.newestCosignedAbove, { index });
  const size = cosigned?.size ?? log.head().size;
  const x = xOf(entry);
  const proof = await proofs.proofOf(reader, x, size);
  if (proof === undefined)
    throw new OperationError('unavailable', 'log-damaged', 'The log has no proof for an entry that it holds.');
  const lines = await reader.all(logQueries.cosignatures, { size, limit: noteSignaturesMax - 1 });
  return {
    entry,
    leaf: leafBytes(entry.type, x),
    proof: proof + lines.map(({ line }) => `${line}\n`).join(''),
  };
}

/** Somebody who changes a table by hand may leave anything in it. */
function xOf({ x }: LogEntry): RecordX {
  try {
    return parseRecordX(x);
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new OperationError('unavailable', 'log-damaged', 'The table of the log holds an entry without an x.', {
      cause,
    });
  }
}

function entryOf(row: {
  readonly idx: number;
  readonly type: string;
  readonly x: string;
  readonly record: Uint8Array;
  readonly peer: string | null;
  readonly at: number;
}): LogEntry {
  return {
    index: row.idx,
    type: row.type as LeafType,
    x: row.x,
    at: row.at as Instant,
    peer: row.peer ?? undefined,
    record: row.record,
  };
}
