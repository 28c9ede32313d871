import { equalBytes, utf8 } from '../../protocol/bytes.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import type { SigningKey } from '../../protocol/crypto/sign.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { NodeName, Origin } from '../../protocol/ids.ts';
import type { TreeHead } from '../../protocol/log/checkpoint.ts';
import { cosign } from '../../protocol/log/cosignature.ts';
import type { NoteKey } from '../../protocol/log/note.ts';
import { judgeAddCheckpoint, parseAddCheckpoint, type WitnessVerdict } from '../../protocol/log/witness.ts';
import type { Clock } from '../platform/clock.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import type { Reader, Store, Writer } from '../store/store.ts';
import { logQueries } from './queries.ts';

/** Whose log an origin is, and with which keys that node signs it. */
export interface KnownLog {
  readonly peer: NodeName;
  readonly keys: readonly NoteKey[];
}

/** At status 200 the signature line that may be handed out once the transaction is durable. */
export type WitnessAnswer =
  Exclude<WitnessVerdict, { status: 200 }> | { readonly status: 200; readonly line: string; readonly size: number };

/** This node as a witness of its peers' logs (C2SP tlog-witness, Spec §6). */
export interface Witness {
  /** Judges a body, and at 200 stores the head, in one transaction: two requests cannot roll a log back. */
  add(writer: Writer, body: string): Promise<WitnessAnswer>;
  /** `add` in a transaction of its own. */
  addAlone(body: string): Promise<WitnessAnswer>;
  /** Whether this node ever cosigned exactly this head (Spec §5, commit). */
  hasCosigned(reader: Reader, head: TreeHead): Promise<boolean>;
  held(
    reader: Reader,
    origin: Origin,
  ): Promise<{ readonly size: number; readonly root: Uint8Array; readonly note: string } | undefined>;
}

export interface WitnessOptions {
  readonly store: Store;
  /** `undefined` for logs of strangers and of peers that are not trusted any more. */
  readonly findLog: (origin: Origin) => KnownLog | undefined;
  readonly key: NoteKey;
  readonly signer: SigningKey;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
}

export function openWitness(options: WitnessOptions): Witness {
  const { findLog, clock, store } = options;
  const add: Witness['add'] = async (writer, body) => {
    const origin = originOf(body);
    const known = origin === undefined ? undefined : findLog(origin);
    const held = origin === undefined ? undefined : await writer.first(logQueries.witnessedLog, { origin });
    const verdict = judgeAddCheckpoint(
      body,
      () => (known === undefined ? undefined : { keys: known.keys, held }),
      logCrypto,
    );
    if (known === undefined) return verdict.status === 200 ? { status: 404 } : verdict;
    if (verdict.status !== 200) {
      if ('evidence' in verdict && verdict.evidence) await keepEvidence(writer, options, known.peer, body);
      return verdict;
    }
    const { checkpoint, note } = verdict;
    const at = clock.now();
    const row = { origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root, at };
    const line = cosign(checkpoint, options.key, at, (message) => options.signer.sign(message));
    await writer.run(logQueries.putWitnessedLog, { ...row, peer: known.peer, note: note + line });
    await writer.run(logQueries.putWitnessedHead, row);
    return { status: 200, line, size: checkpoint.size };
  };
  return {
    add,
    addAlone: (body) => store.write((writer) => add(writer, body)),
    hasCosigned: async (reader, head) => {
      const row = await reader.first(logQueries.witnessedHead, { origin: head.origin, size: head.size });
      return row !== undefined && equalBytes(row.root, head.root);
    },
    held: async (reader, origin) => reader.first(logQueries.witnessedLog, { origin }),
  };
}

/** One row a head: add-checkpoint is unsigned, so anybody can send the same head again with other broken proofs. */
async function keepEvidence(writer: Writer, options: WitnessOptions, peer: NodeName, body: string): Promise<void> {
  const head = logCrypto.sha256(utf8(parseAddCheckpoint(body).checkpoint.text)).toHex();
  const id = `${peer}/${head}`;
  if ((await writer.first(logQueries.evidenceById, { id })) !== undefined) return;
  await writer.run(logQueries.putEvidence, { id, kind: 'forked-log', peer, at: options.clock.now(), body });
  options.diagnostics.error('log-fork-evidence', undefined, { peer, evidence: id });
}

function originOf(body: string): Origin | undefined {
  try {
    return parseAddCheckpoint(body).checkpoint.origin;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
