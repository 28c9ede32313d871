import { parseBase64, parseBase64Url, toBase64, toBase64Url } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { parseUnix, unixOf, type Instant } from '../instant.ts';
import { keyidOf, parseKeyid, type KeyId } from './keyid.ts';
import { lifetimeSecondsMax, nonceBytes, signatureInputBytesMax } from './limits.ts';

/*
 * The two fields of a signature, `Signature-Input` and `Signature`. RFC 9421 allows many spellings of many profiles; we
 * have one, so it is read by one flat pattern, and what was read must write itself back to the same bytes. Whatever lists,
 * labels, orders or parameters a field has beyond that is refused without being understood.
 */

/** What a signature says of itself, beside what it covers (Spec §3). */
export interface SignatureParameters {
  readonly created: Instant;
  readonly expires: Instant;
  readonly nonce: Uint8Array;
  readonly keyid: KeyId;
}

export type RequestTag = 'fernpost/v1' | 'fernpost-pair/v1';
export type SignatureTag = RequestTag | `${RequestTag}-response`;

export const signatureBytes = 64;
const inputForm =
  /^sig=(\([^()]*\));created=([0-9]{1,12});expires=([0-9]{1,12});nonce="([A-Za-z0-9_-]{22})";keyid="([a-z0-9.-]{1,253}\/http\+[A-Za-z0-9_-]{43})";alg="ed25519";tag="([a-z0-9/-]{1,40})"$/;
const signatureForm = /^sig=:([A-Za-z0-9+/]{86}==):$/;

/** The inner list and parameters: the value of `@signature-params`, and of `Signature-Input` after `sig=`. */
export function formatSignatureInput(covered: string, parameters: SignatureParameters, tag: SignatureTag): string {
  const { created, expires, nonce, keyid } = parameters;
  checkParameters(parameters);
  return (
    `${covered};created=${unixOf(created)};expires=${unixOf(expires)};nonce="${toBase64Url(nonce)}"` +
    `;keyid="${keyidOf(keyid.name, keyid.key)}";alg="ed25519";tag="${tag}"`
  );
}

/** Reads `Signature-Input`, which must cover exactly `covered` under exactly `tag`. */
export function parseSignatureInput(
  field: string | undefined,
  covered: string,
  tag: SignatureTag,
): SignatureParameters & { readonly text: string } {
  if (field === undefined || field.length > signatureInputBytesMax) throw malformed('no Signature-Input of our form');
  const [, list, created, expires, nonce, keyid, givenTag] = inputForm.exec(field) ?? [];
  if (created === undefined || expires === undefined || nonce === undefined || keyid === undefined)
    throw malformed('no Signature-Input of our form');
  if (list !== covered) throw malformed('other components than the profile covers');
  if (givenTag !== tag) throw malformed('a tag of another purpose');
  const parameters = {
    created: parseUnix(created),
    expires: parseUnix(expires),
    nonce: parseBase64Url(nonce, nonceBytes),
    keyid: parseKeyid(keyid),
  };
  const text = formatSignatureInput(covered, parameters, tag);
  if (`sig=${text}` !== field) throw malformed('a Signature-Input in another spelling');
  return { ...parameters, text };
}

export function formatSignature(signature: Uint8Array): string {
  return `:${toBase64(signature)}:`;
}

/** Reads `Signature` and gives the bytes, and the text that an answer covers by `"signature";req;key="sig"`. */
export function parseSignature(field: string | undefined): { readonly bytes: Uint8Array; readonly text: string } {
  const encoded = field === undefined ? undefined : signatureForm.exec(field)?.[1];
  if (encoded === undefined) throw malformed('no Signature of our form');
  return { bytes: parseBase64(encoded, signatureBytes), text: `:${encoded}:` };
}

function checkParameters({ created, expires, nonce }: SignatureParameters): void {
  const lifetimeSeconds = unixOf(expires) - unixOf(created);
  if (lifetimeSeconds < 1 || lifetimeSeconds > lifetimeSecondsMax)
    throw malformed(`a signature lives 1 to ${lifetimeSecondsMax} s`);
  if (nonce.length !== nonceBytes) throw malformed(`a nonce has ${nonceBytes} bytes`);
}

function malformed(why: string): ProtocolError {
  return new ProtocolError('malformed-signature', why);
}
