import { equalBytes, utf8 } from '../bytes.ts';
import type { YieldTurn } from '../crypto/fernet.ts';
import type { FernetKey } from '../crypto/fernet-token.ts';
import { ProtocolError } from '../errors.ts';
import type { Instant } from '../instant.ts';
import type { BundleCrypto } from './crypto.ts';
import { documentBytesMax } from './limits.ts';
import type { DocumentEncoding, DocumentPart } from './manifest.ts';

/**
 * The document of a bundle: plaintext → gzip or as it is → one Fernet text token. The commitment binds the plaintext
 * after decompression, because Fernet does not commit to its key: a token that opens under two keys would otherwise
 * mean two things (Spec §4, Node §1, F4).
 */
export interface SealedDocument {
  /** The token text as bytes: what is sent and hashed. */
  readonly token: Uint8Array;
  readonly part: DocumentPart;
}

export interface SealDocument {
  readonly plaintext: Uint8Array;
  readonly fernetKey: FernetKey;
  readonly documentSalt: Uint8Array;
  /** What the sender wishes: `gzip` becomes `identity` where it would not be smaller. */
  readonly encoding: DocumentEncoding;
  /** The plaintext as one gzip member, where the caller has it already. */
  readonly gzipped?: Uint8Array;
  readonly time: Instant;
  /** 16 random bytes. */
  readonly iv: Uint8Array;
  readonly yieldTurn: YieldTurn;
}

/** SHA-256("fernpost/document/v1\n" ‖ documentSalt ‖ plaintext) (Spec §4). */
export function documentCommitment(
  crypto: Pick<BundleCrypto, 'sha256'>,
  documentSalt: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  return crypto.sha256(utf8('fernpost/document/v1\n'), documentSalt, plaintext);
}

/** Seals a document; fails with `too-large` above the limit (Spec §4). */
export async function sealDocument(crypto: BundleCrypto, sealing: SealDocument): Promise<SealedDocument> {
  const { plaintext, fernetKey, documentSalt, time, iv, yieldTurn } = sealing;
  if (plaintext.length > documentBytesMax) throw tooLarge();
  const packed = sealing.encoding === 'gzip' ? (sealing.gzipped ?? (await crypto.gzip(plaintext))) : plaintext;
  // What gzip would not make smaller goes as it is: no token is larger than the route takes.
  const encoding = packed.length < plaintext.length ? 'gzip' : 'identity';
  const content = encoding === 'gzip' ? packed : plaintext;
  const raw = await crypto.encryptInPieces(fernetKey, content, { time, iv, yieldTurn });
  const token = utf8(crypto.formatToken(raw));
  const digest = crypto.sha256(token);
  const commitment = documentCommitment(crypto, documentSalt, plaintext);
  return { token, part: { size: token.length, digest, encoding, commitment } };
}

/** Compares a token with the manifest's size and digest: all that can be said of it without the key (Spec §5). */
export function verifyDocumentToken(crypto: Pick<BundleCrypto, 'sha256'>, part: DocumentPart, token: Uint8Array): void {
  if (token.length !== part.size || !equalBytes(crypto.sha256(token), part.digest))
    throw new ProtocolError('digest-mismatch', 'the document is not the one that the manifest names');
}

/** A document that was opened. `gzipped` is its plaintext as the one gzip member that lay in the token, where it did. */
export interface DocumentContent {
  readonly plaintext: Uint8Array;
  readonly gzipped?: Uint8Array;
}

/**
 * Opens a document with every check of Spec §4: size and digest, token, one gzip member, limits while inflating,
 * commitment. What comes back are the exact bytes that the commitment binds.
 */
export async function openDocument(
  crypto: BundleCrypto,
  part: DocumentPart,
  token: Uint8Array,
  keys: { readonly fernetKey: FernetKey; readonly documentSalt: Uint8Array; readonly yieldTurn: YieldTurn },
): Promise<Uint8Array> {
  return (await openDocumentContent(crypto, part, token, keys)).plaintext;
}

/** As `openDocument`, for who keeps the plaintext compressed. */
export async function openDocumentContent(
  crypto: BundleCrypto,
  part: DocumentPart,
  token: Uint8Array,
  keys: { readonly fernetKey: FernetKey; readonly documentSalt: Uint8Array; readonly yieldTurn: YieldTurn },
): Promise<DocumentContent> {
  verifyDocumentToken(crypto, part, token);
  const raw = crypto.parseToken(asciiOf(token), documentBytesMax);
  const { fernetKey, yieldTurn } = keys;
  const content = await crypto.decryptInPieces(fernetKey, raw, { bytesMax: documentBytesMax, yieldTurn });
  const plaintext = part.encoding === 'gzip' ? await crypto.gunzip(content, documentBytesMax) : content;
  if (plaintext.length > documentBytesMax) throw tooLarge();
  if (!crypto.equalSecrets(documentCommitment(crypto, keys.documentSalt, plaintext), part.commitment))
    throw new ProtocolError('commitment-mismatch', 'the document is not the one that the sender committed to');
  return part.encoding === 'gzip' ? { plaintext, gzipped: content } : { plaintext };
}

function asciiOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ProtocolError('malformed-document', 'a token is base64url text', { cause });
  }
}

function tooLarge(): ProtocolError {
  return new ProtocolError('too-large', `a document above ${documentBytesMax} bytes`);
}
