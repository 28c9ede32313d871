import { ProtocolError } from '../../protocol/errors.ts';
import type { Instant } from '../../protocol/instant.ts';
import { parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import { noteSignaturesMax } from '../../protocol/log/note.ts';
import { parseProof } from '../../protocol/log/proof.ts';
import { parseAddCheckpoint } from '../../protocol/log/witness.ts';
import type { Reader } from '../store/store.ts';
import { explorerQueries } from './explorer-queries.ts';
import { logQueries } from './queries.ts';
import type { Sequencer } from './sequencer.ts';

/** The newest head of this log that a peer cosigned. */
export interface WitnessStanding {
  readonly witness: string;
  readonly size: number;
  /** When its cosignature arrived here. */
  readonly at: Instant;
}

/** How the log stands: what it signed last, and who vouches for how much of it (Spec §6). */
export interface LogStanding {
  readonly size: number;
  readonly root: Uint8Array;
  readonly signedAt: Instant;
  /** The newest checkpoint, with every cosignature that there is for it. */
  readonly checkpoint: string;
  readonly witnesses: readonly WitnessStanding[];
  /** The log up to here is cosigned by at least one peer. */
  readonly anchored: { readonly size: number; readonly at: Instant } | undefined;
  /** The newest cosigned head is more than ten minutes older than the newest one: an alarm (Spec §6.7). */
  readonly isUnwitnessed: boolean;
}

/** Another node's log as this one last cosigned it. */
export interface SeenLog {
  readonly origin: string;
  readonly peer: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly at: Instant;
  /** The signed checkpoint with our own cosignature. */
  readonly note: string;
}

export interface EvidenceFact {
  readonly id: string;
  readonly kind: string;
  readonly peer: string;
  readonly at: Instant;
}

/** A signed head in a piece of evidence; two that contradict each other stand side by side. */
export interface ShownHead {
  readonly title: 'known here before' | 'shown later';
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** `undefined` where only size and root were kept. */
  readonly note: string | undefined;
}

export interface Evidence extends EvidenceFact {
  /** The exact bytes that were received. */
  readonly body: string;
  readonly heads: readonly ShownHead[];
}

/** The newest cosigned head may be so much older than the newest signed one (Spec §6.7). */
export const unwitnessedMsMax = 600_000;

export async function readStanding(reader: Reader, log: Sequencer, now: Instant): Promise<LogStanding> {
  const { size, root, signedAt, checkpoint } = log.head();
  const lines = await reader.all(logQueries.cosignatures, { size, limit: noteSignaturesMax - 1 });
  const witnesses: WitnessStanding[] = [];
  for (const { peer } of await reader.all(logQueries.witnesses, {})) {
    const row = await reader.first(explorerQueries.newestOfWitness, { witness: peer });
    if (row !== undefined) witnesses.push({ witness: peer, size: row.size, at: row.at as Instant });
  }
  const [anchored] = witnesses.toSorted((a, b) => b.size - a.size);
  const next =
    anchored === undefined || anchored.size >= size
      ? undefined
      : await reader.first(logQueries.checkpointCovering, { index: anchored.size });
  const waitsSince = anchored === undefined ? signedAt : (next?.at ?? now);
  return {
    size,
    root,
    signedAt,
    checkpoint: checkpoint + lines.map(({ line }) => `${line}\n`).join(''),
    witnesses,
    anchored: anchored === undefined ? undefined : { size: anchored.size, at: anchored.at },
    isUnwitnessed: (anchored?.size ?? 0) < size && now - waitsSince > unwitnessedMsMax,
  };
}

export async function readSeenLogs(reader: Reader): Promise<readonly SeenLog[]> {
  const rows = await reader.all(logQueries.witnessedLogs, {});
  return rows.map((row) => ({ ...row, at: row.at as Instant }));
}

/** Where a page of evidence begins. */
export interface EvidencePlace {
  readonly at: number;
  readonly id: string;
}

export const evidencePageMax = 200;

/** The newest first, behind a place. */
export async function listEvidence(
  reader: Reader,
  { at, id }: EvidencePlace = { at: Number.MAX_SAFE_INTEGER, id: '' },
  limit = evidencePageMax,
): Promise<readonly EvidenceFact[]> {
  const rows = await reader.all(explorerQueries.evidenceHeads, { at, id, limit });
  return rows.map((row) => ({ ...row, at: row.at as Instant }));
}

/** A piece of evidence with both heads, as far as they were kept; `undefined` where there is none of this id. */
export async function findEvidence(reader: Reader, id: string): Promise<Evidence | undefined> {
  const row = await reader.first(explorerQueries.oneEvidence, { id });
  if (row === undefined) return undefined;
  return { ...row, at: row.at as Instant, heads: await headsOf(reader, row.kind, row.body) };
}

async function headsOf(reader: Reader, kind: string, body: string): Promise<readonly ShownHead[]> {
  const note = noteIn(kind, body);
  if (note === undefined) return [];
  const shown = parseCheckpoint(note);
  const { origin, size, root } = shown;
  const later: ShownHead = { title: 'shown later', origin, size, root, note };
  const same = await reader.first(logQueries.witnessedHead, { origin, size });
  const held = await reader.first(logQueries.witnessedLog, { origin });
  const known = same ?? held;
  if (known === undefined) return [later];
  const before: ShownHead = {
    title: 'known here before',
    origin,
    size: known.size,
    root: known.root,
    note: held?.size === known.size ? held.note : undefined,
  };
  return [before, later];
}

function noteIn(kind: string, body: string): string | undefined {
  try {
    if (kind === 'forked-log') return parseAddCheckpoint(body).note;
    if (kind === 'receipt-of-another-history') return parseProof(body).note;
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined; // It is kept as it came, and can be downloaded all the same.
    throw error;
  }
}
