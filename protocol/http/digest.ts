import { parseBase64, toBase64 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';

const digestBytes = 32;
const fieldForm = /^sha-256=:([A-Za-z0-9+/]{43}=):$/;

/** The Content-Digest field of a body with this SHA-256: the one spelling there is (Spec §3, RFC 9530 §2). */
export function contentDigest(sha256: Uint8Array): string {
  if (sha256.length !== digestBytes) throw malformed();
  return `sha-256=:${toBase64(sha256)}:`;
}

/** Reads a Content-Digest field of exactly one sha-256 member; other algorithms and lists are refused (Spec §3). */
export function parseContentDigest(field: string): Uint8Array {
  const encoded = fieldForm.exec(field)?.[1];
  if (encoded === undefined) throw malformed();
  return parseBase64(encoded, digestBytes);
}

function malformed(): ProtocolError {
  return new ProtocolError('malformed-signature', 'Content-Digest is one sha-256 member');
}
