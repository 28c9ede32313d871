import { createHash, createHmac } from 'node:crypto';
import { macBytes } from './fernet-token.ts';
import { turnBytes } from './fernet.ts';
import { plain } from './hash.ts';

/** What is done with a token that lies behind the byte 0x00, which makes it a leaf of RFC 6962. */
export interface HashTask {
  /** `sign` writes the MAC at the token's end; `check` computes it and compares nothing. */
  readonly kind: 'sign' | 'check';
  /** The half of the token's key that signs. */
  readonly signingKey: Uint8Array;
  /** `0x00 ‖ token` */
  readonly leaf: Uint8Array;
}

export interface TokenHashes {
  /** HMAC-SHA-256 of all but the last 32 bytes of the token. */
  readonly mac: Uint8Array;
  readonly leaf: Uint8Array;
  /** SHA-256 of the token. */
  readonly digest: Uint8Array;
}

/** What a processor holds close: each piece is read three times while it lies there. */
const pieceBytes = 16 * 1024;

/** The hashes of one token in one pass over its memory; a step every `turnBytes`. */
export function* hashSteps({ kind, signingKey, leaf }: HashTask): Generator<void, TokenHashes> {
  const leafHash = createHash('sha256');
  const [mac, digest] = [createHmac('sha256', signingKey), createHash('sha256')];
  const token = leaf.subarray(1);
  const end = token.length - macBytes;
  leafHash.update(leaf.subarray(0, 1));
  for (let from = 0; from < end; from += pieceBytes) {
    if (from > 0 && from % turnBytes === 0) yield;
    const piece = token.subarray(from, Math.min(from + pieceBytes, end));
    for (const hash of [mac, leafHash, digest]) hash.update(piece);
  }
  const made = plain(mac.digest());
  const last = token.subarray(end);
  if (kind === 'sign') last.set(made);
  for (const hash of [leafHash, digest]) hash.update(last);
  return { mac: made, leaf: plain(leafHash.digest()), digest: plain(digest.digest()) };
}
