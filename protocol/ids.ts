import { ProtocolError } from './errors.ts';

declare const kind: unique symbol;
/** Text that a parser has looked at: it cannot be mistaken for other text, and needs no second look. */
export type Named<Base, Name extends string> = Base & { readonly [kind]: Name };

/** Names one referral at every node that holds it: a UUID, 36 characters, lower case (Spec §0.4). */
export type ReferralId = Named<string, 'ReferralId'>;
/** Names one transfer, the same at sender and receiver (Spec §0.4). */
export type BundleId = Named<string, 'BundleId'>;
/** Names one attachment of a bundle: the manifest's `id` and the document's `urn:uuid:` (Spec §0.4). */
export type AttachmentId = Named<string, 'AttachmentId'>;
/** A node's name, DNS-shaped, chosen once and never reused (Spec §0.6). */
export type NodeName = Named<string, 'NodeName'>;
/** A node's address: `https://host[:port]`, or http on loopback; no path, no final slash (Spec §0.6). */
export type NodeUrl = Named<string, 'NodeUrl'>;
/** Names one log: `<name>/log`, `<name>/log/2`, … (Spec §1). */
export type Origin = Named<string, 'Origin'>;

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const labelForm = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const originForm = /^(.+)\/log(?:\/([1-9][0-9]{0,5}))?$/;
const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
export const nodeNameBytesMax = 253;

export function isUuid(text: string): boolean {
  return uuidForm.test(text);
}

export function parseReferralId(text: string): ReferralId {
  return uuid(text, 'referral') as ReferralId;
}

export function parseBundleId(text: string): BundleId {
  return uuid(text, 'bundle') as BundleId;
}

export function parseAttachmentId(text: string): AttachmentId {
  return uuid(text, 'attachment') as AttachmentId;
}

/** Reads a node's name: 1 to 253 bytes, lower-case LDH labels joined by dots (Spec §0.6). */
export function parseNodeName(text: string): NodeName {
  if (text.length === 0 || text.length > nodeNameBytesMax || !text.split('.').every((label) => labelForm.test(label)))
    throw new ProtocolError('malformed-name', 'a node name is lower-case letters, digits and hyphens joined by dots');
  return text as NodeName;
}

/** Reads a node's url in its one spelling; plain http is read for loopback hosts only (Spec §0.6). */
export function parseNodeUrl(text: string): NodeUrl {
  const refuse = (why: string): never => {
    throw new ProtocolError('malformed-url', why);
  };
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return refuse('not a URL');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') refuse('a node url begins with https://');
  if (url.protocol === 'http:' && !loopbackHosts.has(url.hostname)) refuse('plain http is for loopback only');
  if (url.origin !== text) refuse('a node url is scheme, host and port in lower case, with nothing after them');
  return text as NodeUrl;
}

/** Reads a log's origin, `<name>/log` or `<name>/log/<n>` with n >= 2 (Spec §1). */
export function parseOrigin(text: string): Origin {
  const match = originForm.exec(text);
  if (match?.[1] === undefined || match[2] === '1')
    throw new ProtocolError('malformed-name', 'not the origin of a log');
  parseNodeName(match[1]);
  return text as Origin;
}

/** The node that an origin belongs to. */
export function nodeOfOrigin(origin: Origin): NodeName {
  return parseNodeName(origin.slice(0, origin.indexOf('/')));
}

function uuid(text: string, what: string): string {
  if (!uuidForm.test(text)) throw new ProtocolError('malformed-id', `not a ${what} id: expected a lower-case UUID`);
  return text;
}
