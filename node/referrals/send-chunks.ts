import { mediaTypes } from '../../protocol/http/media-types.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import type { TransferState } from '../../protocol/messages.ts';
import { callTargetOf } from '../peers/cards.ts';
import type { SignedAnswer } from '../peers/transport.ts';
import { chunksInFlight, type ChunkTokens } from './chunk-tokens.ts';
import type { Departing } from './deliver.ts';
import type { OutboxPorts } from './outbox-ports.ts';
import { outboxQueries } from './outbox-queries.ts';
import { readAttachmentKeys } from './prepare.ts';

interface ChunkToSend {
  readonly n: number;
  readonly i: number;
  readonly leaf: Uint8Array;
  readonly digest: Uint8Array;
}

const chunkTimeoutMs = 300_000;

/**
 * Sends the chunks that the receiver does not hold, a few at once, in order. What is sealed again is compared with its
 * stored leaf hash before it leaves: no other plaintext is ever sent under the same key (Spec §4). Gives back the first
 * answer that is neither 200 nor 201; no further chunk is begun after it.
 */
export async function sendChunks(
  ports: OutboxPorts,
  tokens: ChunkTokens,
  departing: Departing,
  held: TransferState | undefined,
): Promise<SignedAnswer | undefined> {
  const { manifest, bundle, row } = departing;
  if (manifest.attachments.length === 0) return undefined;
  const keys = await readAttachmentKeys(ports, row);
  const queue = chunksToSend(ports, departing, held);
  const progress: { refused: SignedAnswer | undefined; failed: boolean } = { refused: undefined, failed: false };
  const worker = async (): Promise<void> => {
    for await (const chunk of queue) {
      if (progress.refused !== undefined || progress.failed) return;
      const part = manifest.attachments[chunk.n];
      const attachmentKey = keys[chunk.n];
      if (part === undefined || attachmentKey === undefined) throw new Error('a chunk of no attachment');
      const place = { attachmentKey, bundle, id: part.id, size: part.size, index: chunk.i };
      const answer = await tokens.withSealed(place, chunk.leaf, (token) => sendChunk(ports, departing, chunk, token));
      if (answer.status !== 200 && answer.status !== 201) progress.refused ??= answer;
      await tokens.forget(place);
    }
  };
  const workers = Array.from({ length: chunksInFlight }, () =>
    worker().catch((error: unknown) => {
      progress.failed = true;
      throw error;
    }),
  );
  // Every worker has let go of its buffer before the first failure is passed on.
  const failed = (await Promise.allSettled(workers)).find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason as Error;
  return progress.refused;
}

async function sendChunk(
  ports: OutboxPorts,
  { peer, bundle }: Departing,
  chunk: ChunkToSend,
  token: Uint8Array,
): Promise<SignedAnswer> {
  const answer = await ports.transport.call(callTargetOf(peer), {
    method: 'PUT',
    path: targetOf({ name: 'putChunk', bundle, attachment: chunk.n, chunk: chunk.i }),
    content: { body: token, type: mediaTypes.bytes, sha256: chunk.digest },
    timeoutMs: chunkTimeoutMs,
  });
  ports.diagnostics.info('chunk-sent', { bundle, attachment: chunk.n, chunk: chunk.i, status: answer.status });
  return answer;
}

/** One shared sequence: each worker takes the next chunk. */
async function* chunksToSend(
  ports: OutboxPorts,
  { manifest, row }: Departing,
  held: TransferState | undefined,
): AsyncGenerator<ChunkToSend> {
  for (const n of manifest.attachments.keys()) {
    const ranges = held?.att[n] ?? [];
    const rows = await ports.store.read((reader) => reader.all(outboxQueries.chunks, { bundle: row.bundle, n }));
    for (const { i, leaf, digest } of rows)
      if (!ranges.some(([from, to]) => from <= i && i <= to)) yield { n, i, leaf, digest };
  }
}
