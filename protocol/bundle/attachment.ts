import { concat, equalBytes, lengthPrefixed, u64be, utf8 } from '../bytes.ts';
import type { YieldTurn } from '../crypto/fernet.ts';
import type { FernetKey, VerifiedToken } from '../crypto/fernet-token.ts';
import { ProtocolError } from '../errors.ts';
import type { AttachmentId, BundleId } from '../ids.ts';
import { instantOfUnix } from '../instant.ts';
import type { BundleCrypto } from './crypto.ts';
import { chunkBytes, pieceBytes } from './limits.ts';
import { chunksOf } from './manifest.ts';

/**
 * The chunks of an attachment. Each has its own Fernet key and IV, derived from the attachment key and from where the
 * chunk stands, so a token is a function of key and plaintext: reordering, cutting, lengthening, splicing or repeating
 * fails the MAC (Spec §4). Reading keeps Fernet's order: the MAC of the whole token first, then plaintext.
 */
export interface ChunkPlace {
  /** 32 random bytes that lie in the encrypted document. */
  readonly attachmentKey: Uint8Array;
  readonly bundle: BundleId;
  readonly id: AttachmentId;
  /** Bytes of the whole attachment's plaintext. */
  readonly size: number;
  readonly index: number;
  /** 8 MiB everywhere but in tests. */
  readonly chunkSize?: number;
}

export interface ChunkKey {
  /** signing key ‖ encryption key */
  readonly key: FernetKey;
  readonly iv: Uint8Array;
}

/** Of every chunk token (Spec §4). */
export const chunkTime = instantOfUnix(0);
const derivedBytes = 48;
const attachmentKeyBytes = 32;

/** HKDF over the attachment key and the chunk's place (Spec §4). */
export function chunkKey(crypto: BundleCrypto, place: ChunkPlace): ChunkKey {
  checkPlace(place);
  const last = place.index === chunksOf(place.size, place.chunkSize) - 1;
  return deriveChunkKey(crypto, place, last);
}

export function deriveChunkKey(
  crypto: Pick<BundleCrypto, 'hkdfSha256' | 'fernetKeyOf'>,
  { attachmentKey, bundle, id, index }: Pick<ChunkPlace, 'attachmentKey' | 'bundle' | 'id' | 'index'>,
  last: boolean,
): ChunkKey {
  const okm = crypto.hkdfSha256(attachmentKey, new Uint8Array(), chunkInfo(bundle, id, index, last), derivedBytes);
  return { key: crypto.fernetKeyOf(okm.subarray(0, 32)), iv: okm.slice(32) };
}

/** "fernpost/chunk/v1\n" ‖ lp(bundle) ‖ lp(attachment id) ‖ u64be i ‖ u8 last (Spec §4). */
export function chunkInfo(bundle: BundleId, id: AttachmentId, index: number, last: boolean): Uint8Array {
  return concat(
    utf8('fernpost/chunk/v1\n'),
    lengthPrefixed(bundle),
    lengthPrefixed(id),
    u64be(index),
    Uint8Array.of(last ? 1 : 0),
  );
}

/** How many bytes of plaintext the chunk at this place has. */
export function chunkPlaintextBytes({ size, index, chunkSize = chunkBytes }: ChunkPlace): number {
  return Math.min(chunkSize, size - index * chunkSize);
}

/** The exact length of the raw token at this place: asked before its first byte is read (Spec §5). */
export function chunkTokenBytes(crypto: Pick<BundleCrypto, 'tokenBytesOf'>, place: ChunkPlace): number {
  checkPlace(place);
  return crypto.tokenBytesOf(chunkPlaintextBytes(place));
}

/** Seals one chunk from plaintext in pieces and gives the raw token in pieces; fails when the plaintext has another size. */
export async function* sealChunk(
  crypto: BundleCrypto,
  place: ChunkPlace,
  plaintext: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  yieldTurn: YieldTurn,
): AsyncGenerator<Uint8Array> {
  const { key, iv } = chunkKey(crypto, place);
  const expected = chunkPlaintextBytes(place);
  const sealer = crypto.tokenSealer(key, chunkTime, iv);
  let size = 0;
  yield sealer.header;
  for await (const piece of cutPieces(plaintext, yieldTurn)) {
    size += piece.length;
    if (size > expected) throw otherSize();
    yield sealer.update(piece);
  }
  if (size !== expected) throw otherSize();
  yield sealer.final();
}

/** Checks one token as it arrives, before it is kept: its length, MAC, time and IV; and hashes it as a leaf (Spec §5). */
export interface ChunkArrival {
  update(piece: Uint8Array): void;
  /** Fails with `token-refused`; the leaf hash is that of RFC 6962 over the raw token. */
  final(): { readonly verified: VerifiedToken; readonly leafHash: Uint8Array };
}

export function chunkArrival(crypto: BundleCrypto, place: ChunkPlace): ChunkArrival {
  const { key, iv } = chunkKey(crypto, place);
  const check = crypto.tokenMacCheck(key, chunkTokenBytes(crypto, place));
  const leaf = crypto.sha256Stream();
  leaf.update(leafPrefix);
  return {
    update: (piece) => {
      check.update(piece);
      leaf.update(piece);
    },
    final: () => {
      const verified = check.final();
      checkStamp(verified, iv);
      return { verified, leafHash: leaf.digest() };
    },
  };
}

/** The plaintext of a token that `chunkArrival` has passed, from the same bytes given again. */
export async function* openVerifiedChunk(
  crypto: BundleCrypto,
  place: ChunkPlace,
  verified: VerifiedToken,
  token: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  yieldTurn: YieldTurn,
): AsyncGenerator<Uint8Array> {
  const opener = crypto.tokenOpener(chunkKey(crypto, place).key, verified);
  const expected = chunkPlaintextBytes(place);
  let size = 0;
  for await (const piece of cutPieces(token, yieldTurn)) {
    const plaintext = opener.update(piece);
    size += plaintext.length;
    if (size > expected) throw otherSize();
    if (plaintext.length > 0) yield plaintext;
  }
  const last = opener.final();
  if (size + last.length !== expected) throw otherSize();
  if (last.length > 0) yield last;
}

/** Checks and opens one token that lies in memory; nothing of it is released before its MAC is right. */
export async function* openChunk(
  crypto: BundleCrypto,
  place: ChunkPlace,
  token: Uint8Array,
  yieldTurn: YieldTurn,
): AsyncGenerator<Uint8Array> {
  const { key, iv } = chunkKey(crypto, place);
  const check = crypto.tokenMacCheck(key, chunkTokenBytes(crypto, place));
  for await (const piece of cutPieces([token], yieldTurn)) check.update(piece);
  const verified = check.final();
  checkStamp(verified, iv);
  yield* openVerifiedChunk(crypto, place, verified, [token], yieldTurn);
}

/** As `sealChunk`, of plaintext in memory, into a buffer that is used again; gives back the part that is the token. */
export async function sealChunkInto(
  crypto: BundleCrypto,
  place: ChunkPlace,
  plaintext: Uint8Array,
  into: Uint8Array,
  yieldTurn: YieldTurn,
): Promise<Uint8Array> {
  const { key, iv } = chunkKey(crypto, place);
  if (plaintext.length !== chunkPlaintextBytes(place)) throw otherSize();
  return await crypto.encryptInPieces(key, plaintext, { time: chunkTime, iv, into, yieldTurn });
}

/** As `openChunk`, into a buffer that is used again; gives back the part that is the plaintext. */
export async function openChunkInto(
  crypto: BundleCrypto,
  place: ChunkPlace,
  token: Uint8Array,
  into: Uint8Array,
  yieldTurn: YieldTurn,
): Promise<Uint8Array> {
  const { key, iv } = chunkKey(crypto, place);
  const bytesMax = chunkPlaintextBytes(place);
  checkTokenLength(crypto, place, token.length);
  const header = concat(token.subarray(0, 1), u64be(0), iv);
  if (!equalBytes(token.subarray(0, header.length), header)) throw otherStamp();
  const plaintext = await crypto.decryptInPieces(key, token, { bytesMax, into, yieldTurn });
  if (plaintext.length !== bytesMax) throw otherSize();
  return plaintext;
}

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

/** RFC 6962 leaf hash of one raw token. */
export function chunkLeafHash(crypto: Pick<BundleCrypto, 'sha256'>, token: Uint8Array): Uint8Array {
  return crypto.sha256(leafPrefix, token);
}

/** The root over an attachment's tokens, from their leaf hashes in order, with one hash of memory per level. */
export function chunksRoot(crypto: Pick<BundleCrypto, 'sha256'>, leafHashes: Iterable<Uint8Array>): Uint8Array {
  const edge: { readonly hash: Uint8Array; readonly leaves: number }[] = [];
  for (const leafHash of leafHashes) {
    let node = { hash: leafHash, leaves: 1 };
    for (let left = edge.at(-1); left?.leaves === node.leaves; left = edge.at(-1)) {
      edge.pop();
      node = { hash: crypto.sha256(nodePrefix, left.hash, node.hash), leaves: left.leaves * 2 };
    }
    edge.push(node);
  }
  const root = edge.map(({ hash }) => hash).reduceRight((right, left) => crypto.sha256(nodePrefix, left, right));
  return root;
}

/** Compares the root of all leaf hashes with the manifest's (Spec §4). */
export function verifyChunksRoot(
  crypto: Pick<BundleCrypto, 'sha256'>,
  attachment: { readonly chunks: number; readonly root: Uint8Array },
  leafHashes: readonly Uint8Array[],
): void {
  if (leafHashes.length !== attachment.chunks || !equalBytes(chunksRoot(crypto, leafHashes), attachment.root))
    throw new ProtocolError('root-mismatch', 'the chunks are not those that the manifest names');
}

async function* cutPieces(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  yieldTurn: YieldTurn,
): AsyncGenerator<Uint8Array> {
  let sinceTurn = 0;
  for await (const bytes of source) {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = bytes.subarray(at, at + pieceBytes);
      if (sinceTurn + piece.length > pieceBytes) {
        await yieldTurn();
        sinceTurn = 0;
      }
      sinceTurn += piece.length;
      yield piece;
    }
  }
}

function checkPlace({ attachmentKey, size, index, chunkSize }: ChunkPlace): void {
  if (attachmentKey.length !== attachmentKeyBytes)
    throw new ProtocolError('malformed-key', `an attachment key has ${attachmentKeyBytes} bytes`);
  if (!Number.isSafeInteger(index) || index < 0 || index >= chunksOf(size, chunkSize))
    throw new ProtocolError('token-refused', 'a chunk that the attachment does not have');
}

/** Time 0 and the derived IV. */
export function checkStamp(verified: VerifiedToken, iv: Uint8Array): void {
  if (verified.seconds !== 0n || !equalBytes(verified.iv, iv)) throw otherStamp();
}

/** Fails where a token has another length than the one of this place. */
export function checkTokenLength(crypto: Pick<BundleCrypto, 'tokenBytesOf'>, place: ChunkPlace, bytes: number): void {
  if (bytes !== chunkTokenBytes(crypto, place)) throw otherSize();
}

function otherStamp(): ProtocolError {
  return new ProtocolError('token-refused', 'a chunk token has time 0 and the derived IV');
}

function otherSize(): ProtocolError {
  return new ProtocolError('token-refused', 'a chunk whose plaintext has another size than the manifest says');
}
