import { chunkPlaintextBytes, type ChunkPlace } from '../../protocol/bundle/attachment.ts';
import type { ChunkRoom } from '../../protocol/bundle/chunk-room.ts';
import { parseManifest } from '../../protocol/bundle/manifest.ts';
import { toHex } from '../../protocol/bytes.ts';
import { tokenBytesOf } from '../../protocol/crypto/fernet-token.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { transferIdleMs } from '../../protocol/http/limits.ts';
import { instantOfMs } from '../../protocol/instant.ts';
import { writePutAnswer } from '../../protocol/messages.ts';
import { BlobError, parseBlobName, type BlobName } from '../blobs/blob-store.ts';
import type { ByteStream } from '../platform/files.ts';
import type { Reader } from '../store/store.ts';
import { jsonAnswer, Refusal, type DoorAnswer } from './answers.ts';
import { storeChunk, storeHeldChunk, type ArrivingToken, type StoredToken } from './chunk-intake.ts';
import { inboxQueries } from './inbox-queries.ts';
import type { InboxPorts, PeerRequestContext } from './inbox-ports.ts';
import { StoreError } from '../store/store.ts';
import { noteUnused } from './unused-blobs.ts';
import { arrivingAttachment, openRow, prefixKey } from './open-transfer.ts';

export interface ChunkUpload {
  readonly attachment: number;
  readonly chunk: number;
  /** Content-Length, and the SHA-256 that the request's signature covers. */
  readonly size: number;
  readonly sha256: Uint8Array;
  readonly body: ByteStream;
}

/** Takes one chunk of an attachment: checked against manifest and document, stored once, idempotent (Spec §5). */
export async function putChunk(ports: InboxPorts, context: PeerRequestContext, at: ChunkUpload): Promise<DoorAnswer> {
  const { peer, bundle } = context;
  const row = await openRow(ports, context);
  const manifest = parseManifest(row.manifest);
  const part = manifest.attachments[at.attachment];
  if (part === undefined || at.chunk >= part.chunks)
    throw new Refusal('SEND_MALFORMED', { detail: 'the manifest has no such chunk' });
  if (row.document === null && row.state === 'open') throw new Refusal('REC_DOCUMENT_FIRST');
  const held = await ports.store.read((reader) =>
    reader.first(inboxQueries.chunk, { sender: peer.name, bundle, n: at.attachment, i: at.chunk }),
  );
  const name = toHex(at.sha256);
  if (held !== undefined && held.blob !== name) throw new Refusal('REC_OTHER_BYTES');
  if (held !== undefined || row.state !== 'open') return extendOnly(ports, context);
  const attachment = await arrivingAttachment(ports, row, manifest, at.attachment);
  if (attachment === undefined)
    throw new Refusal('REC_CONTENT', { detail: 'the document does not name this attachment' });
  const place: ChunkPlace = { ...attachment, index: at.chunk };
  if (at.size !== tokenBytesOf(chunkPlaintextBytes(place)))
    throw new Refusal('REC_COMMITMENT', { detail: 'the chunk has another length than the manifest says' });
  const room = await ports.rooms.lend();
  let isHeld = false;
  let isStored = false;
  using _hold = await ports.holds.hold(parseBlobName(name));
  try {
    const { leafHash: leaf, verified } = await takeChunk(ports, place, { ...at, name }, room);
    isStored = true;
    const answer = await writeChunk(ports, context, at, name, leaf);
    isStored = false;
    isHeld = room !== undefined;
    const held = room === undefined ? undefined : { index: at.chunk, room, size: at.size, verified };
    const blobOf = blobReader(ports, context, at.attachment);
    ports.prefixes.arrived(prefixKey(context, at.attachment), attachment, blobOf, held);
    return answer;
  } finally {
    if (isStored) await noteOrphan(ports, parseBlobName(name));
    if (!isHeld && room !== undefined) ports.rooms.giveBack(room);
  }
}

/** The transfer ended, or the disk is full, while the chunk came: what was stored for nothing is swept. */
async function noteOrphan({ store, clock }: InboxPorts, name: BlobName): Promise<void> {
  try {
    await store.write((writer) => noteUnused(writer, name, clock.now()), { essential: true });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error; // Why the chunk was not taken is told; the blob is small beside that.
  }
}

function writeChunk(
  ports: InboxPorts,
  { peer, bundle, write }: PeerRequestContext,
  at: ChunkUpload,
  name: string,
  leaf: Uint8Array,
): Promise<DoorAnswer> {
  return write(async (writer) => {
    const now = ports.clock.now();
    const expires = instantOfMs(now + transferIdleMs);
    const current = await writer.first(inboxQueries.get, { sender: peer.name, bundle });
    if (current?.state !== 'open')
      throw new Refusal(current?.state === 'withdrawn' ? 'REC_WITHDRAWN' : 'REC_NOT_FOUND');
    const again = await writer.first(inboxQueries.chunk, { sender: peer.name, bundle, n: at.attachment, i: at.chunk });
    await writer.run(inboxQueries.extend, { sender: peer.name, bundle, expires_at: expires });
    if (again !== undefined) return jsonAnswer(200, writePutAnswer(expires));
    const chunk = { sender: peer.name, bundle, n: at.attachment, i: at.chunk };
    await ports.blobs.note(writer, parseBlobName(name), at.size);
    await writer.run(inboxQueries.putChunk, { ...chunk, blob: name, size: at.size, leaf });
    return jsonAnswer(201, writePutAnswer(expires));
  });
}

async function takeChunk(
  ports: InboxPorts,
  place: ChunkPlace,
  arriving: ArrivingToken,
  room: ChunkRoom | undefined,
): Promise<StoredToken> {
  try {
    return room === undefined
      ? await storeChunk(ports.blobs, place, arriving)
      : await storeHeldChunk(ports, place, arriving, room);
  } catch (error) {
    if (error instanceof BlobError && error.code === 'damaged') throw new Refusal('NET_DIGEST');
    if (error instanceof BlobError && error.code === 'full') throw new Refusal('REC_DISK_FULL');
    if (error instanceof ProtocolError) throw new Refusal('REC_COMMITMENT', { detail: 'the chunk does not open' });
    throw error;
  }
}

async function extendOnly(ports: InboxPorts, { peer, bundle, write }: PeerRequestContext): Promise<DoorAnswer> {
  const expires = instantOfMs(ports.clock.now() + transferIdleMs);
  await write(async (writer) => writer.run(inboxQueries.extend, { sender: peer.name, bundle, expires_at: expires }));
  return jsonAnswer(200, writePutAnswer(expires));
}

function blobReader(
  ports: InboxPorts,
  { peer, bundle }: Pick<PeerRequestContext, 'peer' | 'bundle'>,
  n: number,
): (index: number) => Promise<BlobName | undefined> {
  return async (i) => {
    const row = await ports.store.read((reader: Reader) =>
      reader.first(inboxQueries.chunk, { sender: peer.name, bundle, n, i }),
    );
    return row === undefined ? undefined : parseBlobName(row.blob);
  };
}
