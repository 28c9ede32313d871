import { OperationError } from '../../platform/operation-error.ts';
import type { ByteStream } from '../../platform/files.ts';

/** All fields of one form together; files have their own limits. */
const formBytesMax = 1024 * 1024;
/** Of somebody who has not signed in: anybody may open many lines and hold them, each with so much in memory. */
export const strangersFormBytesMax = 32 * 1024;
const fieldsMax = 2000;

/** The posted fields of one form, in order. Line ends are LF; what is absent is the empty text. */
export class FormFields {
  readonly #fields: readonly (readonly [string, string])[];

  constructor(fields: readonly (readonly [string, string])[]) {
    this.#fields = fields.map(([name, value]) => [name, value.replaceAll(/\r\n?/g, '\n')]);
  }

  get(name: string): string {
    return this.#fields.find(([given]) => given === name)?.[1] ?? '';
  }

  all(name: string): readonly string[] {
    return this.#fields.filter(([given]) => given === name).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.#fields.some(([given]) => given === name);
  }

  entries(): readonly (readonly [string, string])[] {
    return this.#fields;
  }
}

/** A field of which nothing is kept. */
export const isSecretField = (name: string): boolean => /password|secret|token/i.test(name);

/** Reads `application/x-www-form-urlencoded` up to its limit. */
export async function readForm(
  contentType: string,
  body: ByteStream,
  bytesMax: number = formBytesMax,
): Promise<FormFields> {
  if (!contentType.toLowerCase().startsWith('application/x-www-form-urlencoded'))
    throw new OperationError(
      'invalid',
      'wrong-form',
      'The form came in a shape that this page does not take. Nothing was saved.',
    );
  const bytes = await readLimited(body, bytesMax);
  const fields = [...new URLSearchParams(bytes.toString('utf8'))];
  if (fields.length > fieldsMax) throw tooLarge();
  return new FormFields(fields);
}

/** The whole body, or the error of a body that is larger than `bytesMax` or breaks off. */
export async function readLimited(body: ByteStream, bytesMax: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of body) {
      size += piece.length;
      if (size > bytesMax) throw tooLarge();
      pieces.push(piece);
    }
  } catch (cause) {
    throw isBrokenOff(cause) ? broken(cause) : cause;
  }
  return Buffer.concat(pieces, size);
}

/** Whoever sent it went away, or was sent away because nothing more came: no fault of this node. */
function isBrokenOff(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNRESET';
}

function broken(cause: unknown): OperationError {
  const message = 'The form did not arrive whole. Nothing of it was saved: send it again.';
  return new OperationError('invalid', 'form-broken', message, { cause });
}

function tooLarge(): OperationError {
  return new OperationError(
    'invalid',
    'form-too-large',
    'The form holds more than a page can take. Nothing was saved: shorten the long texts, and add files as files.',
  );
}
