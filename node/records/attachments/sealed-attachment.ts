import { parseBase64Url, toBase64Url, utf8 } from '../../../protocol/bytes.ts';
import { parseAttachmentId, parseBundleId, type AttachmentId, type BundleId } from '../../../protocol/ids.ts';
import type { Instant } from '../../../protocol/instant.ts';
import { parseJsonObject } from '../../../protocol/json.ts';
import type { DataKeyId, Keyring } from '../../keys/keyring.ts';
import type { Reader } from '../../store/store.ts';
import { RecordsError } from '../errors.ts';
import type { Attachment, ConsultationId, PatientId } from '../model.ts';
import type { AttachmentRow } from './attachment-queries.ts';

const keyBytes = 32;

/** What opens an attachment's chunks: they are sealed as for a bundle of this name (Spec §4). */
export interface ChunkSecrets {
  readonly attachmentKey: Uint8Array;
  readonly bundle: BundleId;
}

export interface OpenedAttachment {
  readonly attachment: Attachment;
  readonly secrets: ChunkSecrets;
}

export function sealAttachment(
  reader: Reader,
  keyring: Keyring,
  key: DataKeyId,
  { attachment, secrets }: OpenedAttachment,
): Promise<Uint8Array> {
  const { id, title, contentType, downloadOnly, sha256 } = attachment;
  const body = {
    v: 1,
    title,
    contentType,
    downloadOnly,
    sha256: toBase64Url(sha256),
    key: toBase64Url(secrets.attachmentKey),
    bundle: secrets.bundle,
  };
  return keyring.seal(reader, key, purposeOf(id), utf8(JSON.stringify(body)));
}

export async function openAttachmentRow(
  reader: Reader,
  keyring: Keyring,
  key: DataKeyId,
  row: AttachmentRow,
): Promise<OpenedAttachment> {
  const id = parseAttachmentId(row.id);
  const body = parseJsonObject(await keyring.open(reader, key, purposeOf(id), row.token));
  const text = (name: string): string => {
    const value = body[name];
    if (body['v'] === 1 && typeof value === 'string') return value;
    throw new RecordsError('record-damaged', 'an attachment of an unknown form: a newer program wrote it');
  };
  const attachment: Attachment = {
    id,
    patient: row.patient as PatientId,
    ...(row.consultation === null ? {} : { consultation: row.consultation as ConsultationId }),
    title: text('title'),
    contentType: text('contentType'),
    downloadOnly: body['downloadOnly'] !== false,
    size: row.size,
    sha256: parseBase64Url(text('sha256'), keyBytes),
    createdAt: row.created_at as Instant,
  };
  const secrets = { attachmentKey: parseBase64Url(text('key'), keyBytes), bundle: parseBundleId(text('bundle')) };
  return { attachment, secrets };
}

function purposeOf(id: AttachmentId): string {
  return `attachment/${id}`;
}
