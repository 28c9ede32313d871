import { parseBase64 } from '../../bytes.ts';
import type { JsonObject } from '../../json.ts';
import { numberOf, objectsOf, textOf } from './elements.ts';
import type { Issues } from './issue.ts';
import { uuidOfUrn } from './message.ts';
import { attachmentKeyUrl, attachmentSha256Url, attachmentSizeUrl, eventOrderUrl } from './terms.ts';

/** Where an event stands among its author's events of a referral (Spec bundle §2). */
export interface EventOrder {
  readonly seq: number;
  /** SHA-256 of the plaintext of the author's event before; absent exactly when seq is 1. */
  readonly prev: Uint8Array | undefined;
  /** SHA-256 of the plaintext of the last event taken from the other party. */
  readonly seen: Uint8Array | undefined;
}

/** What a DocumentReference says of the bytes that travel beside the document (Spec bundle §8). */
export interface AttachmentProof {
  readonly id: string;
  readonly size: number;
  readonly sha256: Uint8Array;
  readonly key: Uint8Array;
  readonly contentType: string;
  readonly title: string | undefined;
}

const digestBytes = 32;

/** The 32 bytes of a valueBase64Binary, in the one canonical spelling. */
export function digestOf(extension: JsonObject | undefined): Uint8Array | undefined {
  const text = textOf(extension, 'valueBase64Binary');
  if (text === undefined) return undefined;
  try {
    return parseBase64(text, digestBytes);
  } catch {
    return undefined; // Not 32 bytes: the caller names the element.
  }
}

/** Reads event-order from a MessageHeader; every fault of it becomes an issue. */
export function readEventOrder(header: JsonObject, path: string, issues: Issues): EventOrder | undefined {
  const found = objectsOf(header, 'extension').filter((one) => textOf(one, 'url') === eventOrderUrl);
  const here = `${path}.extension('${eventOrderUrl}')`;
  const [order] = found;
  if (order === undefined || found.length !== 1) {
    issues.add(found.length === 0 ? 'required' : 'duplicate', here, 'event-order: exactly one is required');
    return undefined;
  }
  const parts = Map.groupBy(objectsOf(order, 'extension'), (one) => textOf(one, 'url') ?? '');
  let sound = true;
  const fault = (name: string, why: string): void => {
    issues.add('extension', `${here}.extension('${name}')`, `event-order: ${why}`);
    sound = false;
  };
  for (const [url, list] of parts) {
    if (url !== 'seq' && url !== 'prev' && url !== 'seen') fault('…', 'only seq, prev and seen');
    else if (list.length > 1) fault(url, 'at most once');
  }
  const [seqPart, prevPart, seenPart] = ['seq', 'prev', 'seen'].map((name) => parts.get(name)?.[0]);
  const seq = numberOf(seqPart, 'valuePositiveInt');
  if (seq === undefined) fault('seq', 'valuePositiveInt is required');
  const [prev, seen] = [digestOf(prevPart), digestOf(seenPart)];
  if (prevPart !== undefined && prev === undefined) fault('prev', 'valueBase64Binary of 32 bytes');
  if (seenPart !== undefined && seen === undefined) fault('seen', 'valueBase64Binary of 32 bytes');
  if (seq !== undefined && (seq === 1) !== (prevPart === undefined)) fault('prev', 'absent exactly when seq is 1');
  return sound && seq !== undefined ? { seq, prev, seen } : undefined;
}

/** Reads one attachment of a DocumentReference; every fault of it becomes an issue. */
export function readAttachment(attachment: JsonObject, path: string, issues: Issues): AttachmentProof | undefined {
  const id = uuidOfUrn(textOf(attachment, 'url'));
  const contentType = textOf(attachment, 'contentType');
  const large = extensionsOf(attachment, attachmentSizeUrl);
  const size = numberOf(attachment, 'size') ?? (large.length === 1 ? numberOf(large[0], 'valueDecimal') : undefined);
  const sha256 = oneDigest(attachment, attachmentSha256Url, path, issues);
  const key = oneDigest(attachment, attachmentKeyUrl, path, issues);
  if (id === undefined) issues.add('required', `${path}.url`, 'urn:uuid: and the id of an attachment of the manifest');
  if (contentType === undefined) issues.add('required', `${path}.contentType`, 'required of an attachment');
  if (size === undefined || !Number.isSafeInteger(size) || size < 0) {
    issues.add('required', `${path}.size`, 'the size in bytes is required of an attachment');
    return undefined;
  }
  if (id === undefined || contentType === undefined || sha256 === undefined || key === undefined) return undefined;
  return { id, size, sha256, key, contentType, title: textOf(attachment, 'title') };
}

function extensionsOf(node: JsonObject, url: string): readonly JsonObject[] {
  return objectsOf(node, 'extension').filter((one) => textOf(one, 'url') === url);
}

function oneDigest(node: JsonObject, url: string, path: string, issues: Issues): Uint8Array | undefined {
  const found = extensionsOf(node, url);
  const digest = found.length === 1 ? digestOf(found[0]) : undefined;
  if (digest === undefined)
    issues.add('extension', `${path}.extension('${url}')`, 'exactly one, valueBase64Binary of 32 bytes');
  return digest;
}
