import { ProtocolError } from './errors.ts';

/** Base64url without padding, canonical (Spec §0.3). */
const base64UrlForm = /^[A-Za-z0-9_-]*$/;
/** Standard base64 with padding, canonical, as C2SP texts, HTTP fields and FHIR write it (Spec §0.3). */
const base64Form = /^[A-Za-z0-9+/]*={0,2}$/;

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Decodes strict UTF-8 and keeps a byte order mark as a character, so that a reader can refuse it (Spec §0.1). */
export function parseUtf8(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch (cause) {
    throw new ProtocolError('malformed-json', 'not UTF-8', { cause });
  }
}

export function toBase64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true });
}

/** Reads canonical base64url without padding; with `size`, exactly that many bytes (Spec §0.3). */
export function parseBase64Url(text: string, size?: number): Uint8Array {
  if (!base64UrlForm.test(text)) throw new ProtocolError('malformed-base64', 'not base64url without padding');
  const bytes = decode(text, 'base64url');
  if (bytes === undefined || toBase64Url(bytes) !== text)
    throw new ProtocolError('malformed-base64', 'base64url is not canonical');
  return ofSize(bytes, size);
}

export function toBase64(bytes: Uint8Array): string {
  return bytes.toBase64();
}

/** Reads canonical standard base64 with padding; with `size`, exactly that many bytes (Spec §0.3). */
export function parseBase64(text: string, size?: number): Uint8Array {
  if (!base64Form.test(text)) throw new ProtocolError('malformed-base64', 'not standard base64 with padding');
  const bytes = decode(text, 'base64');
  if (bytes === undefined || toBase64(bytes) !== text)
    throw new ProtocolError('malformed-base64', 'base64 is not canonical');
  return ofSize(bytes, size);
}

export function toHex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/**
 * Gives the memory of bytes back at once that were made, copied and are needed no more: garbage of megabytes a second
 * would grow until it is collected. They are empty afterwards.
 */
export function giveBack(bytes: Uint8Array): void {
  const { buffer, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && !buffer.detached && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** `‖` of the specification. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Unsigned 64-bit big-endian; `value` is a safe integer, not negative. */
export function u64be(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** lp(s) of the specification: u64 big-endian byte length ‖ bytes. */
export function lengthPrefixed(bytes: Uint8Array | string): Uint8Array {
  const content = typeof bytes === 'string' ? utf8(bytes) : bytes;
  return concat(u64be(content.length), content);
}

/** Compares public bytes; secrets are compared in `crypto/`, in constant time. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

function decode(text: string, alphabet: 'base64' | 'base64url'): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text, { alphabet });
  } catch {
    return undefined; // A text that is not base64 at all is told like one that is not canonical.
  }
}

function ofSize(bytes: Uint8Array, size: number | undefined): Uint8Array {
  if (size !== undefined && bytes.length !== size)
    throw new ProtocolError('malformed-base64', `expected ${size} bytes, found ${bytes.length}`);
  return bytes;
}
