import * as v from 'valibot';
import { parseBase64Url, toBase64Url, utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { placeOf } from './manifest.ts';
import { parseBundleId, type BundleId } from '../ids.ts';
import { formatInstant, parseInstant, type Instant } from '../instant.ts';
import { parseJsonObject } from '../json.ts';

export const noticeNames = [
  'opened',
  'recall',
  'destroyed-unopened',
  'already-opened',
  'break-glass',
  'applied',
  'not-applied',
] as const;
export type NoticeName = (typeof noticeNames)[number];

/** What one node tells another about a bundle: a short document without any patient data (Spec §8). */
export interface Notice {
  readonly notice: NoticeName;
  readonly bundle: BundleId;
  /** x of the bundle's sent leaf. */
  readonly record: Uint8Array;
  readonly at: Instant;
  readonly role?: string;
  readonly reason?: string;
}

const codeForm = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
const code = v.optional(v.pipe(v.string(), v.regex(codeForm)));
const noticeShape = v.strictObject({
  v: v.literal(1),
  notice: v.picklist(noticeNames),
  bundle: v.string(),
  record: v.string(),
  at: v.string(),
  role: code,
  reason: code,
});

export function writeNotice({ notice, bundle, record, at, role, reason }: Notice): Uint8Array {
  return utf8(
    JSON.stringify({ v: 1, notice, bundle, record: toBase64Url(record), at: formatInstant(at), role, reason }),
  );
}

/** Reads a notice's document; unknown members, names and versions are refused (Spec §8). */
export function parseNotice(bytes: Uint8Array): Notice {
  const object = parseJsonObject(bytes);
  if (object['v'] !== 1) throw new ProtocolError('unknown-version', 'expected a notice of version 1');
  const read = v.safeParse(noticeShape, object);
  if (!read.success) throw new ProtocolError('malformed-document', `not a notice: ${placeOf(read.issues[0])}`);
  const { notice, bundle, record, at, role, reason } = read.output;
  return {
    notice,
    bundle: parseBundleId(bundle),
    record: parseBase64Url(record, 32),
    at: parseInstant(at),
    ...(role === undefined ? {} : { role }),
    ...(reason === undefined ? {} : { reason }),
  };
}
