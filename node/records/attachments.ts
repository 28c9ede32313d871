import { chunkBytes } from '../../protocol/bundle/limits.ts';
import { chunksOf } from '../../protocol/bundle/manifest.ts';
import type { YieldTurn } from '../../protocol/crypto/fernet.ts';
import { sha256Stream } from '../../protocol/crypto/hash.ts';
import { equalBytes, utf8 } from '../../protocol/bytes.ts';
import { parseAttachmentId, parseBundleId, type AttachmentId } from '../../protocol/ids.ts';
import type { BlobName, BlobStore } from '../blobs/blob-store.ts';
import { openScratch, type Scratch } from '../blobs/scratch.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import type { ByteStream } from '../platform/files.ts';
import type { Random } from '../platform/random.ts';
import type { Reader, Store, Writer } from '../store/store.ts';
import {
  attachmentById,
  attachmentsOf,
  chunkBlob,
  chunksOfUpload,
  consultationOfPatient,
  deleteChunks,
  insertAttachment,
  insertChunk,
  unfinishedUploads,
} from './attachments/attachment-queries.ts';
import { hashInPieces, readChunkInto, storeChunks, type StoredChunk } from './attachments/chunks.ts';
import { isDownloadOnly } from './attachments/content-type.ts';
import { openAttachmentRow, sealAttachment, type OpenedAttachment } from './attachments/sealed-attachment.ts';
import { RecordsError } from './errors.ts';
import { contentTypeBytesMax, titleBytesMax } from './limits.ts';
import type { Attachment, ConsultationId, PatientId } from './model.ts';
import { hasForbiddenCharacter, storedForm } from './normalise.ts';
import type { Patients } from './patients.ts';

export interface NewAttachment {
  /** Display text, never a path. */
  readonly title: string;
  /** As declared; the bytes decide whether it is shown (Spec bundle §8). */
  readonly contentType: string;
  readonly consultation?: ConsultationId;
  readonly bytes: ByteStream;
  /** Nobody else holds the pieces of `bytes`: their memory is given back as soon as they are taken. */
  readonly handedOver?: boolean;
}

/** Files of any size that belong to patients, as sealed chunks in the blob store (Spec bundle §8, Spec §4). */
export interface Attachments {
  /**
   * Takes the stream to its end in constant memory. The attachment is there only when all of its chunks are durable; when
   * the stream fails, what was stored is taken away again and the failure passed on.
   */
  add(patient: PatientId, attachment: NewAttachment): Promise<Attachment>;
  /** Fails with `unknown-attachment`. */
  get(id: AttachmentId): Promise<Attachment>;
  /** All of one patient, newest first. */
  list(patient: PatientId): Promise<readonly Attachment[]>;
  /** Plaintext from byte `from` on; fails with `attachment-damaged` before any byte of a damaged chunk. */
  read(id: AttachmentId, options?: { readonly from?: number }): ByteStream;
  /** Fills `into` with the plaintext of chunk `i`, 8 MiB each but the last, and says how many bytes there are. */
  readChunk(id: AttachmentId, i: number, into: Uint8Array): Promise<number>;
  /** At start, before the first upload: takes away chunks of uploads that never ended. */
  sweep(): Promise<void>;
}

export interface AttachmentsPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly yieldTurn: YieldTurn;
  readonly patients: Patients;
  /** Shared with whoever else reads blobs. */
  readonly scratch?: Scratch;
  /** In the transaction that makes the attachment appear, for each chunk: the node notes where the blob lies. */
  readonly noteBlob?: (w: Writer, blob: { readonly name: BlobName; readonly size: number }) => Promise<void>;
}

const attachmentKeyBytes = 32;
const contentTypeForm = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/;

export function openAttachments(ports: AttachmentsPorts): Attachments {
  const { store, keyring, blobs, yieldTurn, patients, scratch = openScratch() } = ports;

  const open = async (reader: Reader, id: AttachmentId): Promise<OpenedAttachment> => {
    const row = await reader.first(attachmentById, { id });
    if (row === undefined) throw new RecordsError('unknown-attachment', 'no attachment with this id');
    const key = await patients.dataKeyOf(reader, row.patient as PatientId);
    return await openAttachmentRow(reader, keyring, key, row);
  };

  const readOpened = async (
    { attachment, secrets }: OpenedAttachment,
    i: number,
    into: Uint8Array,
  ): Promise<number> => {
    if (!Number.isSafeInteger(i) || i < 0 || i >= chunksOf(attachment.size))
      throw new RecordsError('unknown-attachment', 'the attachment has no such chunk');
    const row = await store.read((reader) => reader.first(chunkBlob, { attachment: attachment.id, i }));
    if (row === undefined) throw new RecordsError('attachment-damaged', `chunk ${i} has no row`);
    const place = { ...secrets, id: attachment.id, size: attachment.size, index: i };
    return await scratch.lend((buffer) =>
      readChunkInto({ blobs, yieldTurn }, place, row.blob as BlobName, into, buffer),
    );
  };

  async function* read(id: AttachmentId, from: number): AsyncGenerator<Uint8Array> {
    const opened = await store.read((reader) => open(reader, id));
    const { size, sha256 } = opened.attachment;
    if (!Number.isSafeInteger(from) || from < 0 || from > size)
      throw new RecordsError('invalid-attachment', 'the reading begins outside the attachment');
    const hash = from === 0 ? sha256Stream() : undefined;
    const begin = Math.floor(from / chunkBytes);
    for (let i = begin; i < chunksOf(size); i += 1) {
      // A new buffer each time: the reader may keep what it was given.
      const chunk = new Uint8Array(Math.min(chunkBytes, size - i * chunkBytes));
      await readOpened(opened, i, chunk);
      if (hash !== undefined) await hashInPieces(hash, chunk, yieldTurn);
      const piece = i === begin ? chunk.subarray(from - begin * chunkBytes) : chunk;
      if (piece.length > 0) yield piece;
    }
    if (hash !== undefined && !equalBytes(hash.digest(), sha256))
      throw new RecordsError('attachment-damaged', `attachment ${id} is not what was stored`);
  }

  return {
    add: (patient, given) => addAttachment(ports, patient, given),
    get: async (id) => (await store.read((reader) => open(reader, id))).attachment,
    list: (patient) =>
      store.read(async (reader) => {
        const rows = await reader.all(attachmentsOf, { patient });
        if (rows.length === 0) return [];
        const key = await patients.dataKeyOf(reader, patient);
        const found: Attachment[] = [];
        for (const row of rows) found.push((await openAttachmentRow(reader, keyring, key, row)).attachment);
        return found;
      }),
    read: (id, { from = 0 } = {}) => read(id, from),
    readChunk: async (id, i, into) => readOpened(await store.read((reader) => open(reader, id)), i, into),
    sweep: async () => {
      for (const { attachment } of await store.read((reader) => reader.all(unfinishedUploads, {})))
        await removeUpload(ports, parseAttachmentId(attachment));
    },
  };
}

async function addAttachment(
  ports: AttachmentsPorts,
  patient: PatientId,
  { bytes, handedOver = false, consultation, ...given }: NewAttachment,
): Promise<Attachment> {
  const { store, keyring, clock, random, patients } = ports;
  const title = tidyTitle(given.title);
  const contentType = tidyType(given.contentType);
  const id = parseAttachmentId(random.uuid());
  const secrets = { attachmentKey: random.bytes(attachmentKeyBytes), bundle: parseBundleId(random.uuid()) };
  await store.read(async (reader) => {
    await patients.dataKeyOf(reader, patient);
    await checkConsultation(reader, patient, consultation);
  });
  const beforeStoring = async (chunk: StoredChunk): Promise<void> => {
    await store.write((w) => w.run(insertChunk, { attachment: id, ...chunk }));
  };
  try {
    const stored = await storeChunks({ ...ports, beforeStoring }, id, secrets, bytes, handedOver);
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
      const key = await patients.dataKeyOf(w, patient);
      const token = await sealAttachment(w, keyring, key, { attachment, secrets });
      const { size, createdAt: now } = attachment;
      const row = { id, patient, consultation: consultation ?? null, size, chunks: stored.chunks, now, token };
      await w.run(insertAttachment, row);
      if (ports.noteBlob === undefined) return;
      for (const chunk of await w.all(chunksOfUpload, { attachment: id }))
        await ports.noteBlob(w, { name: chunk.blob as BlobName, size: chunk.size });
    });
    return attachment;
  } catch (error) {
    await removeUpload(ports, id);
    throw error;
  }
}

/** Blobs first: a row that is left names what is still to be removed. Their keys are random, so nobody else uses them. */
async function removeUpload({ store, blobs }: AttachmentsPorts, id: AttachmentId): Promise<void> {
  const rows = await store.read((reader) => reader.all(chunksOfUpload, { attachment: id }));
  for (const { blob } of rows) await blobs.remove(blob as BlobName);
  await store.write((w) => w.run(deleteChunks, { attachment: id }));
}

async function checkConsultation(
  reader: Reader,
  patient: PatientId,
  consultation: ConsultationId | undefined,
): Promise<void> {
  if (consultation === undefined) return;
  if ((await reader.first(consultationOfPatient, { id: consultation, patient })) === undefined)
    throw new RecordsError('unknown-consultation', 'no consultation of this patient has this id');
}

function tidyTitle(given: string): string {
  const title = storedForm(given).trim();
  if (title === '' || hasForbiddenCharacter(title) || utf8(title).length > titleBytesMax)
    throw new RecordsError('invalid-attachment', `a title is 1 to ${titleBytesMax} bytes without control characters`);
  return title;
}

function tidyType(given: string): string {
  const type = given.toLowerCase();
  if (type.length > contentTypeBytesMax || !contentTypeForm.test(type))
    throw new RecordsError('invalid-attachment', 'a content type is type/subtype, without parameters');
  return type;
}
