import { concat, toBase64Url, utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import type { Named } from '../ids.ts';
import type { LogCrypto } from './crypto.ts';

/** What may stand in a log (Spec §6). */
export const leafTypes = ['sent', 'received', 'refused', 'withdrawn', 'key', 'local', 'noop'] as const;
export type LeafType = (typeof leafTypes)[number];

/** The x of a leaf: SHA-256 over type and record, in base64url; it names a record without telling anything of it. */
export type RecordX = Named<string, 'RecordX'>;

export interface Leaf {
  readonly type: LeafType;
  readonly x: RecordX;
}

/** 32 bytes in canonical base64url: the last of 43 characters carries four bits. */
const xForm = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const leafForm = new RegExp(
  `^\\{"t":"(${leafTypes.join('|')})","v":([1-9][0-9]{0,8}),"x":"([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])"\\}$`,
);
/** `{"t":"withdrawn","v":1,"x":"…"}` is 75 bytes. */
const leafBytesMax = 128;
const latin1 = new TextDecoder('latin1');

/** x = SHA-256("fernpost/record/v1\n" ‖ t ‖ "\n" ‖ record bytes): the type is hashed with it (Spec §6). */
export function recordX(type: LeafType, record: Uint8Array, crypto: Pick<LogCrypto, 'sha256'>): RecordX {
  return toBase64Url(crypto.sha256(concat(utf8(`fernpost/record/v1\n${type}\n`), record))) as RecordX;
}

export function parseRecordX(text: string): RecordX {
  if (!xForm.test(text)) throw new ProtocolError('malformed-record', 'expected 32 bytes in base64url');
  return text as RecordX;
}

/** The leaf's one byte form: canonical JSON (Spec §6). */
export function leafBytes(type: LeafType, x: RecordX): Uint8Array {
  return utf8(`{"t":"${type}","v":1,"x":"${x}"}`);
}

/** Reads a leaf in its one byte form; fails for another type, member, order, space or spelling (Spec §6). */
export function parseLeaf(bytes: Uint8Array): Leaf {
  // Latin-1 gives one character a byte, so that no byte sequence of another length can look like a leaf.
  const match = bytes.length > leafBytesMax ? null : leafForm.exec(latin1.decode(bytes));
  const [, type, version, x] = match ?? [];
  if (type === undefined || x === undefined) throw new ProtocolError('malformed-leaf', 'expected a canonical leaf');
  if (version !== '1') throw new ProtocolError('unknown-version', 'a leaf of another version');
  return { type: type as LeafType, x: x as RecordX };
}

/** The bytes of the leaf that a record makes. */
export function leafOfRecord(type: LeafType, record: Uint8Array, crypto: Pick<LogCrypto, 'sha256'>): Uint8Array {
  return leafBytes(type, recordX(type, record, crypto));
}
