import { utf8 } from '../../../protocol/bytes.ts';
import type { YieldTurn } from '../../../protocol/crypto/fernet.ts';
import { parseAttachmentId, parseBundleId } from '../../../protocol/ids.ts';
import type { BlobName, BlobStore } from '../../blobs/blob-store.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Random } from '../../platform/random.ts';
import type { Reader, Store, Writer } from '../../store/store.ts';
import type { NewAttachment } from '../attachments.ts';
import { RecordsError } from '../errors.ts';
import { contentTypeBytesMax, titleBytesMax } from '../limits.ts';
import type { Attachment, ConsultationId, PatientId } from '../model.ts';
import { hasForbiddenCharacter, storedForm } from '../normalise.ts';
import type { Patients } from '../patients.ts';
import { chunksOfUpload, consultationOfPatient, insertAttachment, insertChunk } from './attachment-queries.ts';
import { storeChunks, type StoredChunk } from './chunks.ts';
import { effectiveType, isDownloadOnly, isUnclaimed, jpegType } from './content-type.ts';
import { removeChunks } from './remove-chunks.ts';
import { sealAttachment, type ChunkSecrets, type OpenedAttachment } from './sealed-attachment.ts';
import { stripJpegMetadata } from './strip-jpeg.ts';

export interface AddingPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly yieldTurn: YieldTurn;
  readonly patients: Patients;
  readonly noteBlob?: (w: Writer, blob: { readonly name: BlobName; readonly size: number }) => Promise<void>;
}

const attachmentKeyBytes = 32;
const contentTypeForm = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/;

/** Stores a stream as an attachment; `alongWith` runs in the transaction in which it appears. */
export async function addAttachment(
  ports: AddingPorts,
  patient: PatientId,
  { bytes, handedOver = false, consultation, ...given }: NewAttachment,
  alongWith: (w: Writer, attachment: Attachment) => Promise<void> = () => Promise.resolve(),
): Promise<Attachment> {
  const { store, clock, random, patients } = ports;
  const title = tidyTitle(given.title);
  const declared = tidyType(given.contentType);
  const id = parseAttachmentId(random.uuid());
  const secrets = newSecrets(random);
  await store.read(async (reader) => {
    await patients.dataKeyOf(reader, patient);
    await checkConsultation(reader, patient, consultation);
  });
  const beforeStoring = async (chunk: StoredChunk): Promise<void> => {
    await store.write((w) => w.run(insertChunk, { attachment: id, ...chunk }));
  };
  const kept = declared === jpegType || isUnclaimed(declared) ? stripJpegMetadata(bytes) : bytes;
  try {
    const stored = await storeChunks({ ...ports, beforeStoring }, id, secrets, kept, handedOver);
    const contentType = effectiveType(declared, stored.first);
    const attachment: Attachment = {
      id,
      patient,
      ...(consultation === undefined ? {} : { consultation }),
      title,
      contentType,
      downloadOnly: isDownloadOnly(contentType, stored.first),
      size: stored.size,
      sha256: stored.sha256,
      createdAt: clock.now(),
    };
    await store.write(async (w) => {
      await writeAttachment(w, ports, { attachment, secrets }, stored.chunks);
      await alongWith(w, attachment);
    });
    return attachment;
  } catch (error) {
    await removeChunks(ports, id);
    throw error;
  }
}

/** The row by which an attachment is there: its chunks are durable by now. */
export async function writeAttachment(
  w: Writer,
  ports: Pick<AddingPorts, 'keyring' | 'patients' | 'noteBlob'>,
  opened: OpenedAttachment,
  chunks: number,
): Promise<void> {
  const { id, patient, consultation, size, createdAt: now } = opened.attachment;
  const key = await ports.patients.dataKeyOf(w, patient);
  const token = await sealAttachment(w, ports.keyring, key, opened);
  await w.run(insertAttachment, { id, patient, consultation: consultation ?? null, size, chunks, now, token });
  if (ports.noteBlob === undefined) return;
  for (const chunk of await w.all(chunksOfUpload, { attachment: id }))
    await ports.noteBlob(w, { name: chunk.blob as BlobName, size: chunk.size });
}

export function newSecrets(random: Random): ChunkSecrets {
  return { attachmentKey: random.bytes(attachmentKeyBytes), bundle: parseBundleId(random.uuid()) };
}

/** Fails with `unknown-consultation` where it is another patient's. */
export async function checkConsultation(
  reader: Reader,
  patient: PatientId,
  consultation: ConsultationId | undefined,
): Promise<void> {
  if (consultation === undefined) return;
  if ((await reader.first(consultationOfPatient, { id: consultation, patient })) === undefined)
    throw new RecordsError('unknown-consultation', 'no consultation of this patient has this id');
}

export function tidyTitle(given: string): string {
  const title = storedForm(given).trim();
  if (title === '' || hasForbiddenCharacter(title) || utf8(title).length > titleBytesMax)
    throw new RecordsError('invalid-attachment', `a title is 1 to ${titleBytesMax} bytes without control characters`);
  return title;
}

export function tidyType(given: string): string {
  const type = given.toLowerCase();
  if (type.length > contentTypeBytesMax || !contentTypeForm.test(type))
    throw new RecordsError('invalid-attachment', 'a content type is type/subtype, without parameters');
  return type;
}
