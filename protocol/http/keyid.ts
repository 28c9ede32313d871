import { parseBase64Url, toBase64Url } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { parseNodeName, type NodeName } from '../ids.ts';

/** Which key a signature claims: a name and the key itself. It says nothing yet about whose key that is (Spec §1). */
export interface KeyId {
  readonly name: NodeName;
  readonly key: Uint8Array;
}

const publicKeyBytes = 32;
const keyIdForm = /^([a-z0-9.-]{1,253})\/http\+([A-Za-z0-9_-]{43})$/;

/** `<name>/http+<b64u key>` (Spec §1). */
export function keyidOf(name: NodeName, key: Uint8Array): string {
  return `${name}/http+${toBase64Url(key)}`;
}

/** Reads a keyid. Look the key up by both parts among the pinned cards; never fetch one because a message names it. */
export function parseKeyid(text: string): KeyId {
  const [, name, key] = keyIdForm.exec(text) ?? [];
  if (name === undefined || key === undefined)
    throw new ProtocolError('malformed-signature', 'a keyid is <name>/http+<key>');
  return { name: parseNodeName(name), key: parseBase64Url(key, publicKeyBytes) };
}
