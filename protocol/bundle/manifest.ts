import * as v from 'valibot';
import { parseBase64Url, toBase64Url, utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import {
  parseAttachmentId,
  parseBundleId,
  parseNodeName,
  parseReferralId,
  type AttachmentId,
  type BundleId,
  type NodeName,
  type ReferralId,
} from '../ids.ts';
import { documentTokenBytesMax } from '../http/limits.ts';
import { formatInstant, parseInstant, type Instant } from '../instant.ts';
import { messageRules, parseJsonObject } from '../json.ts';
import type { BundleCrypto } from './crypto.ts';
import { attachmentBytesMax, attachmentsMax, chunkBytes, manifestBytesMax } from './limits.ts';

export const bundleKinds = ['referral', 'event', 'notice'] as const;
export const priorities = ['routine', 'urgent', 'stat'] as const;
export type BundleKind = (typeof bundleKinds)[number];
export type Priority = (typeof priorities)[number];
export type Suite = 1 | 2;
export type DocumentEncoding = 'gzip' | 'identity';

/** What travels in the clear: names, ids, sizes and commitments, and nothing of a patient (Spec §4). */
export interface Manifest {
  readonly suite: Suite;
  readonly from: NodeName;
  readonly to: NodeName;
  /** Serial of the sender's card. */
  readonly card: number;
  readonly bundle: BundleId;
  readonly referral: ReferralId;
  readonly kind: BundleKind;
  readonly priority: Priority;
  /** A whole minute. */
  readonly deadline: Instant;
  readonly sealedTo: Uint8Array;
  readonly sealedKey: Uint8Array;
  readonly keyCommitment: Uint8Array;
  readonly document: DocumentPart;
  readonly attachments: readonly AttachmentPart[];
}

export interface DocumentPart {
  /** Size and SHA-256 of the token text. */
  readonly size: number;
  readonly digest: Uint8Array;
  readonly encoding: DocumentEncoding;
  readonly commitment: Uint8Array;
}

export interface AttachmentPart {
  readonly id: AttachmentId;
  /** Bytes of the plaintext. */
  readonly size: number;
  readonly chunks: number;
  readonly root: Uint8Array;
}

/** Length of `sealedKey` by suite (Spec §4). */
export const sealedKeyBytes: Readonly<Record<Suite, number>> = { 1: 145, 2: 1257 };
const hashBytes = 32;
const minuteMs = 60_000;

/** How many chunks a plaintext of `size` bytes has; an empty one has one (Spec §4). */
export function chunksOf(size: number, chunkSize: number = chunkBytes): number {
  return Math.max(1, Math.ceil(size / chunkSize));
}

/** SHA-256 of the manifest's exact bytes: the name of the bundle in records and receipts (Spec §6). */
export function manifestDigest(crypto: Pick<BundleCrypto, 'sha256'>, bytes: Uint8Array): Uint8Array {
  return crypto.sha256(bytes);
}

export function writeManifest(manifest: Manifest): Uint8Array {
  const { suite, from, to, card, bundle, referral, kind, priority, document } = manifest;
  return utf8(
    JSON.stringify({
      v: 1,
      suite,
      from,
      to,
      card,
      bundle,
      referral,
      kind,
      priority,
      deadline: formatInstant(manifest.deadline),
      sealedTo: toBase64Url(manifest.sealedTo),
      sealedKey: toBase64Url(manifest.sealedKey),
      keyCommitment: toBase64Url(manifest.keyCommitment),
      document: {
        size: document.size,
        digest: toBase64Url(document.digest),
        encoding: document.encoding,
        commitment: toBase64Url(document.commitment),
      },
      attachments: manifest.attachments.map(({ id, size, chunks, root }) => ({
        id,
        size,
        chunkSize: chunkBytes,
        chunks,
        root: toBase64Url(root),
      })),
    }),
  );
}

/** Reads a manifest; every member is required, no other is allowed, every limit is kept (Spec §4). */
export function parseManifest(bytes: Uint8Array): Manifest {
  const object = parseJsonObject(bytes, { ...messageRules, bytesMax: manifestBytesMax });
  if (object['v'] !== 1) throw new ProtocolError('unknown-version', 'expected a manifest of version 1');
  const read = v.safeParse(manifestShape, object);
  if (!read.success) throw refused(placeOf(read.issues[0]));
  const shape = read.output;
  const sealedKey = parseBase64Url(shape.sealedKey, sealedKeyBytes[shape.suite]);
  const deadline = parseInstant(shape.deadline);
  if (deadline % minuteMs !== 0) throw refused('deadline: a whole minute');
  const attachments = shape.attachments.map(readAttachment);
  if (new Set(attachments.map(({ id }) => id)).size !== attachments.length) throw refused('attachments: ids differ');
  return {
    suite: shape.suite,
    from: parseNodeName(shape.from),
    to: parseNodeName(shape.to),
    card: shape.card,
    bundle: parseBundleId(shape.bundle),
    referral: parseReferralId(shape.referral),
    kind: shape.kind,
    priority: shape.priority,
    deadline,
    sealedTo: parseBase64Url(shape.sealedTo, hashBytes),
    sealedKey,
    keyCommitment: parseBase64Url(shape.keyCommitment, hashBytes),
    document: {
      size: shape.document.size,
      digest: parseBase64Url(shape.document.digest, hashBytes),
      encoding: shape.document.encoding,
      commitment: parseBase64Url(shape.document.commitment, hashBytes),
    },
    attachments,
  };
}

const attachmentShape = v.strictObject({
  id: v.string(),
  size: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(attachmentBytesMax)),
  chunkSize: v.literal(chunkBytes),
  chunks: v.pipe(v.number(), v.integer(), v.minValue(1)),
  root: v.string(),
});

const manifestShape = v.strictObject({
  v: v.literal(1),
  suite: v.picklist([1, 2]),
  from: v.string(),
  to: v.string(),
  card: v.pipe(v.number(), v.integer(), v.minValue(0)),
  bundle: v.string(),
  referral: v.string(),
  kind: v.picklist(bundleKinds),
  priority: v.picklist(priorities),
  deadline: v.string(),
  sealedTo: v.string(),
  sealedKey: v.string(),
  keyCommitment: v.string(),
  document: v.strictObject({
    size: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(documentTokenBytesMax)),
    digest: v.string(),
    encoding: v.picklist(['gzip', 'identity']),
    commitment: v.string(),
  }),
  attachments: v.pipe(v.array(attachmentShape), v.maxLength(attachmentsMax)),
});

function readAttachment(shape: v.InferOutput<typeof attachmentShape>): AttachmentPart {
  if (shape.chunks !== chunksOf(shape.size)) throw refused('attachments: chunks = max(1, ceil(size / chunkSize))');
  return {
    id: parseAttachmentId(shape.id),
    size: shape.size,
    chunks: shape.chunks,
    root: parseBase64Url(shape.root, hashBytes),
  };
}

/** Where a message breaks its shape. A member that nobody knows is not named: its name is the sender's own words. */
export function placeOf(issue: v.BaseIssue<unknown>): string {
  return issue.expected === 'never' ? 'no other member' : (v.getDotPath(issue) ?? 'its members');
}

function refused(where: string): ProtocolError {
  return new ProtocolError('malformed-manifest', `not a manifest: ${where}`);
}
