import { parseBase64Url, toBase64Url, utf8 } from '../../../protocol/bytes.ts';
import { parseAttachmentId, parseBundleId, type AttachmentId } from '../../../protocol/ids.ts';
import type { Instant } from '../../../protocol/instant.ts';
import { parseJsonObject } from '../../../protocol/json.ts';
import type { DataKeyId, Keyring } from '../../keys/keyring.ts';
import type { Reader } from '../../store/store.ts';
import { RecordsError } from '../errors.ts';
import type { Author, ConsultationId, PatientId } from '../model.ts';
import type { ChunkSecrets } from './sealed-attachment.ts';
import type { UploadRow } from './upload-queries.ts';

/** A file that comes in pieces. Its id is the attachment's once it is whole, unless that is stored anew (a photograph). */
export interface Upload {
  readonly id: AttachmentId;
  readonly patient: PatientId;
  readonly consultation?: ConsultationId;
  /** Who began it. */
  readonly by: Author;
  /** Display text, never a path. */
  readonly title: string;
  /** As declared. */
  readonly contentType: string;
  readonly size: number;
  /** So many bytes are durable. */
  readonly received: number;
  readonly createdAt: Instant;
  readonly changedAt: Instant;
  /** It is taken away then, unless somebody goes on. */
  readonly expiresAt: Instant;
  /** What it became. */
  readonly attachment?: AttachmentId;
}

/** What the token holds beside what the row says in clear. */
export interface UploadSecrets {
  readonly title: string;
  readonly contentType: string;
  readonly fingerprint: string | undefined;
  readonly secrets: ChunkSecrets;
}

export interface OpenedUpload extends UploadSecrets {
  readonly upload: Upload;
}

const keyBytes = 32;

export function sealUpload(
  reader: Reader,
  keyring: Keyring,
  key: DataKeyId,
  id: AttachmentId,
  { title, contentType, fingerprint, secrets }: UploadSecrets,
): Promise<Uint8Array> {
  const body = {
    v: 1,
    title,
    contentType,
    fingerprint: fingerprint ?? '',
    key: toBase64Url(secrets.attachmentKey),
    bundle: secrets.bundle,
  };
  return keyring.seal(reader, key, purposeOf(id), utf8(JSON.stringify(body)));
}

export async function openUploadRow(
  reader: Reader,
  keyring: Keyring,
  key: DataKeyId,
  row: UploadRow,
): Promise<OpenedUpload> {
  const id = parseAttachmentId(row.id);
  const body = parseJsonObject(await keyring.open(reader, key, purposeOf(id), row.token));
  const text = (name: string): string => {
    const value = body[name];
    if (body['v'] === 1 && typeof value === 'string') return value;
    throw new RecordsError('record-damaged', 'an upload of an unknown form: a newer program wrote it');
  };
  const fingerprint = text('fingerprint');
  const shared = { title: text('title'), contentType: text('contentType') };
  return {
    ...shared,
    fingerprint: fingerprint === '' ? undefined : fingerprint,
    secrets: { attachmentKey: parseBase64Url(text('key'), keyBytes), bundle: parseBundleId(text('bundle')) },
    upload: {
      id,
      patient: row.patient as PatientId,
      ...(row.consultation === null ? {} : { consultation: row.consultation as ConsultationId }),
      by: { user: row.by_user, name: row.by_name },
      ...shared,
      size: row.size,
      received: row.received,
      createdAt: row.created_at as Instant,
      changedAt: row.changed_at as Instant,
      expiresAt: row.expires_at as Instant,
      ...(row.attachment === null ? {} : { attachment: parseAttachmentId(row.attachment) }),
    },
  };
}

function purposeOf(id: AttachmentId): string {
  return `upload/${id}`;
}
