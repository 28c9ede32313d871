import { parseManifest, type Manifest } from '../../protocol/bundle/manifest.ts';
import { parseUtf8 } from '../../protocol/bytes.ts';
import { fastPathBytesMax } from '../../protocol/http/limits.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import { parseBundleId, type BundleId } from '../../protocol/ids.ts';
import { recordX, type RecordX } from '../../protocol/log/entry.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import {
  parseTransferState,
  writeCommit,
  writeFastPath,
  type Commit,
  type TransferState,
} from '../../protocol/messages.ts';
import { logQueries } from '../exchange-log/queries.ts';
import { callTargetOf } from '../peers/cards.ts';
import type { Peer } from '../peers/directory.ts';
import type { SignedAnswer } from '../peers/transport.ts';
import type { ChunkTokens } from './chunk-tokens.ts';
import { appendSent } from './sent-leaf.ts';
import { sendChunks } from './send-chunks.ts';
import type { OutboxPorts, OutboxRow } from './outbox-ports.ts';
import { outcomeOf, type Outcome } from './delivery-outcome.ts';
import { settleWith } from './settle-delivery.ts';

/** What a delivery works with, once its sent leaf is durable. */
export interface Departing {
  readonly row: OutboxRow;
  readonly peer: Peer;
  readonly bundle: BundleId;
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  readonly token: Uint8Array;
  readonly record: Uint8Array;
  readonly x: RecordX;
  /** Index of the sent leaf in our log. */
  readonly index: number;
}

const commitTriesMax = 4;
const verifyingWaitMs = 1_000;
const verifyingTriesMax = 600;

/**
 * Sends one bundle to its end or to the next obstacle (Spec §5): sent leaf and checkpoint first, then manifest, document,
 * chunks, commit; what the receiver already holds is not sent again. Throws `TransportError` when there was no answer.
 */
export async function deliverBundle(ports: OutboxPorts, tokens: ChunkTokens, row: OutboxRow): Promise<Outcome> {
  const departing = await depart(ports, row);
  const { manifest, token, manifestBytes } = departing;
  const small = (token.length + manifestBytes.length) * 2 < fastPathBytesMax;
  if (manifest.attachments.length === 0 && small) return sendAtOnce(ports, departing);
  // A kill counts no attempt: whatever left before may lie at the receiver already.
  const held = row.state === 'leaving' ? await askState(ports, departing) : undefined;
  if (held !== undefined && held.state !== 'open' && held.state !== 'verifying') return commitBundle(ports, departing);
  const parts = await sendParts(ports, tokens, departing, held);
  if (parts === undefined) return commitBundle(ports, departing);
  if (parts.kind !== 'poison') return parts;
  // Content that is refused piece by piece gets its final, logged refusal from the commit (Spec §5).
  const final = await commitBundle(ports, departing);
  return final.kind === 'again' ? parts : final;
}

/** Appends the sent leaf, once: after a crash the same record goes out again (Spec §6, log before send). */
async function depart(ports: OutboxPorts, row: OutboxRow): Promise<Departing> {
  const peer = ports.directory.get(row.peer);
  const { manifest: manifestBytes, token } = row;
  if (manifestBytes === null || token === null) throw new Error('a bundle leaves before it is prepared');
  const manifest = parseManifest(manifestBytes);
  const record = row.record ?? (await appendSent(ports, row, peer, manifestBytes));
  const x = recordX('sent', record, logCrypto);
  const leaf = await ports.store.read((reader) => reader.first(logQueries.leafByX, { x }));
  if (leaf === undefined) throw new Error('the sent leaf of a departing bundle is not in the log');
  const bundle = parseBundleId(row.bundle);
  return { row, peer, bundle, manifest, manifestBytes, token, record, x, index: leaf.idx };
}

async function sendAtOnce(ports: OutboxPorts, departing: Departing): Promise<Outcome> {
  const { manifestBytes: manifest, token } = departing;
  return withCommit(ports, departing, async (commit) =>
    ports.transport.call(callTargetOf(departing.peer), {
      method: 'POST',
      path: targetOf({ name: 'putAtOnce', bundle: departing.bundle }),
      content: { body: writeFastPath({ manifest, document: parseUtf8(token), commit }), type: mediaTypes.json },
    }),
  );
}

export async function commitBundle(ports: OutboxPorts, departing: Departing): Promise<Outcome> {
  return withCommit(ports, departing, async (commit) =>
    ports.transport.call(callTargetOf(departing.peer), {
      method: 'POST',
      path: targetOf({ name: 'commit', bundle: departing.bundle }),
      content: { body: writeCommit(commit), type: mediaTypes.json },
    }),
  );
}

/** Sends a commit with a head that covers the leaf, and mends what the receiver says of heads until it is judged. */
async function withCommit(
  ports: OutboxPorts,
  departing: Departing,
  send: (commit: Commit) => Promise<SignedAnswer>,
): Promise<Outcome> {
  const { peer } = departing;
  let waits = 0;
  for (let tries = 0; tries < commitTriesMax;) {
    const outcome = await ports.heads.withHead(peer.name, departing.index, async ({ size, checkpoint }) => {
      const proof = await ports.store.read((reader) => ports.proofs.proofOf(reader, departing.x, size));
      if (proof === undefined) throw new Error('the log has no proof for a departing bundle');
      const answer = await send({ record: departing.record, proof, checkpoint, have: 0 });
      const sentSize = checkpoint === undefined ? undefined : size;
      return settleWith(ports, departing, answer, sentSize);
    });
    if (outcome.kind === 'verifying') {
      waits += 1;
      if (waits > verifyingTriesMax) return { kind: 'again', problem: undefined };
      await ports.clock.sleep(outcome.waitMs ?? verifyingWaitMs);
      continue;
    }
    tries += 1;
    if (outcome.kind !== 'again' || outcome.problem === undefined) return outcome;
    const { problem } = outcome;
    if (problem.code === 'REC_LOG_SIZE') await ports.heads.correct(peer.name, problem.size ?? 0);
    else if (problem.code === 'REC_NOT_WITNESSED') await ports.heads.correct(peer.name, 0);
    else if (problem.code !== 'NET_NONCE_SEEN') return outcome;
  }
  return { kind: 'again', problem: undefined };
}

/** Manifest, document and chunks; `undefined` when all of them lie at the receiver. */
async function sendParts(
  ports: OutboxPorts,
  tokens: ChunkTokens,
  departing: Departing,
  held: TransferState | undefined,
): Promise<Outcome | undefined> {
  const { bundle, manifestBytes, token, peer } = departing;
  if (held === undefined) {
    const put = await ports.transport.call(callTargetOf(peer), {
      method: 'PUT',
      path: targetOf({ name: 'putManifest', bundle }),
      content: { body: manifestBytes, type: mediaTypes.json },
    });
    if (put.status !== 200 && put.status !== 201) return outcomeOf(put);
  }
  if (held?.document !== true) {
    const put = await ports.transport.call(callTargetOf(peer), {
      method: 'PUT',
      path: targetOf({ name: 'putDocument', bundle }),
      content: { body: token, type: mediaTypes.text },
    });
    if (put.status !== 200 && put.status !== 201) return outcomeOf(put);
  }
  const refused = await sendChunks(ports, tokens, departing, held);
  return refused === undefined ? undefined : outcomeOf(refused);
}

/** What the receiver holds, `undefined` when it knows nothing of the bundle. */
async function askState(ports: OutboxPorts, { peer, bundle }: Departing): Promise<TransferState | undefined> {
  const answer = await ports.transport.call(callTargetOf(peer), {
    method: 'GET',
    path: targetOf({ name: 'getBundle', bundle }),
  });
  return answer.status === 200 ? parseTransferState(answer.body) : undefined;
}
