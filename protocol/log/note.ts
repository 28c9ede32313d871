import { concat, parseBase64, toBase64, utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import type { LogCrypto, Sign } from './crypto.ts';

/** Ed25519 over the note's text, and Ed25519 over a timestamped cosignature (C2SP signed-note, tlog-cosignature). */
export const noteKeyTypes = { ed25519: 0x01, cosignature: 0x04 } as const;
export type NoteKeyType = (typeof noteKeyTypes)[keyof typeof noteKeyTypes];

/** A verifier key: name and id together say whose line a signature is. */
export interface NoteKey {
  readonly name: string;
  readonly id: number;
  readonly type: NoteKeyType;
  readonly publicKey: Uint8Array;
}

/** One signature line, not yet verified: `bytes` is what follows the key id. */
export interface NoteSignature {
  readonly name: string;
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** A signed note in its parts, not yet verified: `text` ends in the newline that is signed with it. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Spec §6: at most 16 lines. */
export const noteSignaturesMax = 16;
/** A card is the longest note (Spec §1). */
export const noteBytesMax = 64 * 1024;

const nameForm = /^[^\p{White_Space}\p{Cc}+]{1,1024}$/u;
const vkeyForm = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/;
const linePrefix = '— ';
/** No control character but the newline may stand in a note (C2SP signed-note). */
const controlForm = /[\p{Cc}--[\n]]/v;
const keyTypes: ReadonlySet<number> = new Set(Object.values(noteKeyTypes));

/** The key of `name`; fails for a malformed name and for an Ed25519 key that must not be trusted (Spec §1). */
export function noteKey(name: string, type: NoteKeyType, publicKey: Uint8Array, crypto: LogCrypto): NoteKey {
  if (!nameForm.test(name)) throw new ProtocolError('malformed-key', 'a note key name has no space and no plus');
  if (publicKey.length !== 32 || !crypto.isGoodKey(publicKey))
    throw new ProtocolError('malformed-key', 'not an Ed25519 key that may be trusted');
  const digest = crypto.sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey));
  return { name, id: keyIdOf(digest), type, publicKey };
}

/** Reads `name+keyid+base64(type ‖ key)`; fails for other types, a wrong key id and keys that must not be trusted. */
export function parseVkey(text: string, crypto: LogCrypto): NoteKey {
  const [, name, id, encoded] = vkeyForm.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined)
    throw new ProtocolError('malformed-key', 'expected a verifier key: name+id+key');
  const bytes = parseBase64(encoded, 33);
  const type = bytes[0];
  if (!isKeyType(type)) throw new ProtocolError('malformed-key', 'a verifier key of an unknown type');
  const key = noteKey(name, type, bytes.subarray(1), crypto);
  if (formatVkey(key) !== text) throw new ProtocolError('malformed-key', 'the key id is not that of the key');
  return key;
}

export function formatVkey(key: NoteKey): string {
  const id = key.id.toString(16).padStart(8, '0');
  return `${key.name}+${id}+${toBase64(concat(Uint8Array.of(key.type), key.publicKey))}`;
}

/** Takes a note apart; fails for control characters, no signature, more than 16, or a line that is not one. */
export function parseNote(note: string): Note {
  if (note.length > noteBytesMax || utf8(note).length > noteBytesMax) throw new ProtocolError('too-large', 'a note');
  if (controlForm.test(note) || !note.isWellFormed()) throw malformed('a control character or lone surrogate');
  const split = note.lastIndexOf('\n\n');
  if (split === -1 || !note.endsWith('\n')) throw malformed('no blank line before the signatures');
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > noteSignaturesMax) throw malformed('more than 16 signatures');
  return { text, signatures: lines.map(parseSignatureLine) };
}

/** Reads one signature line without its newline. */
export function parseSignatureLine(line: string): NoteSignature {
  const [name, encoded, ...more] = line.startsWith(linePrefix) ? line.slice(linePrefix.length).split(' ') : [];
  if (name === undefined || encoded === undefined || more.length > 0 || !nameForm.test(name))
    throw malformed('not a signature line');
  const bytes = parseBase64(encoded);
  if (bytes.length < 5) throw malformed('a signature without bytes');
  return { name, id: keyIdOf(bytes), bytes: bytes.subarray(4) };
}

/** A signature line with its newline. */
export function formatSignatureLine(signature: NoteSignature): string {
  const id = new Uint8Array(4);
  new DataView(id.buffer).setUint32(0, signature.id);
  return `${linePrefix}${signature.name} ${toBase64(concat(id, signature.bytes))}\n`;
}

/** The note: text, blank line, signature lines. */
export function formatNote(note: Note): string {
  return `${note.text}\n${note.signatures.map(formatSignatureLine).join('')}`;
}

/** Signs `text`, which ends in a newline, with one Ed25519 key of type 0x01. */
export function signNote(text: string, key: NoteKey, sign: Sign): string {
  return formatNote({ text, signatures: [{ name: key.name, id: key.id, bytes: sign(utf8(text)) }] });
}

/** Whether this line names the key: another name or id is another key, whatever it signed (C2SP signed-note). */
export function isSignatureOf(signature: NoteSignature, key: NoteKey): boolean {
  return signature.name === key.name && signature.id === key.id;
}

/** Whether this line is the key's own Ed25519 signature of the text; a cosignature is judged by cosignature.ts. */
export function verifySignatureLine(text: string, signature: NoteSignature, key: NoteKey, crypto: LogCrypto): boolean {
  return (
    key.type === noteKeyTypes.ed25519 &&
    isSignatureOf(signature, key) &&
    signature.bytes.length === 64 &&
    crypto.verify(key.publicKey, utf8(text), signature.bytes)
  );
}

function keyIdOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
}

function isKeyType(type: number | undefined): type is NoteKeyType {
  return type !== undefined && keyTypes.has(type);
}

function malformed(why: string): ProtocolError {
  return new ProtocolError('malformed-note', why);
}
