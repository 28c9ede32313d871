import { utf8 } from '../../../../protocol/bytes.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import type { Visit } from '../../visit.ts';

/** The resumable upload protocol tus 1.0.0, with the extensions creation, expiration and termination. */
const tusVersion = '1.0.0';
const extensions = 'creation,expiration,termination';
const metadataBytesMax = 8192;
const countForm = /^(?:0|[1-9][0-9]{0,15})$/;

/** An answer of the protocol. A text says in words what went wrong, for whoever writes a client. */
export function tusAnswer(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  text: string | null = null,
): Response {
  const plain = text === null ? {} : { 'content-type': 'text/plain; charset=utf-8' };
  return new Response(text === null ? null : `${text}\n`, {
    status,
    headers: { 'tus-resumable': tusVersion, 'cache-control': 'no-store', ...plain, ...headers },
  });
}

export function tusAbilities(bytesMax: number): Response {
  return tusAnswer(204, {
    'tus-version': tusVersion,
    'tus-extension': extensions,
    'tus-max-size': String(bytesMax),
  });
}

/** The answer to a client of another version; `undefined` for ours (tus 1.0.0, Tus-Resumable). */
export function otherVersion(visit: Visit): Response | undefined {
  if (visit.header('tus-resumable') === tusVersion) return undefined;
  return tusAnswer(412, { 'tus-version': tusVersion }, `Tus-Resumable must be ${tusVersion}.`);
}

/** A count of bytes in a header, or `undefined` where there is none that is one. */
export function byteCount(visit: Visit, name: string): number | undefined {
  const text = visit.header(name) ?? '';
  const value = countForm.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** `Upload-Metadata`: pairs of a name and UTF-8 text in base64, with commas between (tus 1.0.0, creation). */
export function readMetadata(visit: Visit): ReadonlyMap<string, string> {
  const text = visit.header('upload-metadata') ?? '';
  if (text.length > metadataBytesMax) throw malformed();
  const found = new Map<string, string>();
  for (const pair of text.split(',').map((each) => each.trim())) {
    if (pair === '') continue;
    const [name = '', value = '', ...more] = pair.split(' ');
    if (more.length > 0 || !/^[\x21-\x7e]+$/.test(name) || found.has(name)) throw malformed();
    found.set(name, decodeText(value));
  }
  return found;
}

/** What HEAD tells again of it. */
export function writeMetadata(metadata: Readonly<Record<string, string>>): string {
  return Object.entries(metadata)
    .map(([name, value]) => `${name} ${utf8(value).toBase64()}`)
    .join(',');
}

function decodeText(base64: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.fromBase64(base64));
  } catch {
    throw malformed(); // Neither base64 nor UTF-8 tells more than that.
  }
}

function malformed(): OperationError {
  return new OperationError(
    'invalid',
    'malformed-metadata',
    'Upload-Metadata must be pairs of a name and base64 text. Nothing was begun.',
  );
}
