import type { ChunkPlace } from '../../protocol/bundle/attachment.ts';
import { chunkBytes } from '../../protocol/bundle/limits.ts';
import { chunksOf } from '../../protocol/bundle/manifest.ts';
import type { YieldTurn } from '../../protocol/crypto/fernet.ts';
import { sha256Stream } from '../../protocol/crypto/hash.ts';
import { equalBytes } from '../../protocol/bytes.ts';
import { parseAttachmentId, type AttachmentId } from '../../protocol/ids.ts';
import type { BlobName, BlobStore } from '../blobs/blob-store.ts';
import { openScratch, type Scratch } from '../blobs/scratch.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import type { ByteStream } from '../platform/files.ts';
import type { Random } from '../platform/random.ts';
import type { Reader, Store, Writer } from '../store/store.ts';
import {
  attachmentById,
  attachmentsBefore,
  attachmentsOf,
  attachmentsOfConsultation,
  countAttachments,
  countOfConsultation,
  unfinishedUploads,
  type AttachmentRow,
} from './attachments/attachment-queries.ts';
import { hashInPieces } from './attachments/chunks.ts';
import { addAttachment } from './attachments/add-attachment.ts';
import { readStoredChunk } from './attachments/read-chunk.ts';
import { resealStoredChunk } from './attachments/reseal-chunk.ts';
import { removeChunks } from './attachments/remove-chunks.ts';
import { openAttachmentRow, type OpenedAttachment } from './attachments/sealed-attachment.ts';
import { RecordsError } from './errors.ts';
import type { Attachment, ConsultationId, PatientId } from './model.ts';
import { checkPageSize, latest, type ListCursor } from './paging.ts';
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
   * the stream fails, what was stored is taken away again and the failure passed on. A photograph is stored without what the
   * camera wrote beside it (Records §3.2).
   */
  add(patient: PatientId, attachment: NewAttachment): Promise<Attachment>;
  /** Fails with `unknown-attachment`. */
  get(id: AttachmentId): Promise<Attachment>;
  /** All of one patient, newest first: for programs; people see pages. */
  list(patient: PatientId): Promise<readonly Attachment[]>;
  /** A page of one patient's, newest first, or of one consultation's; it opens only what it gives. */
  page(patient: PatientId, page: PageOfAttachments): Promise<AttachmentPage>;
  /** How many a patient has, or one consultation. */
  count(patient: PatientId, consultation?: ConsultationId): Promise<number>;
  /** Plaintext from byte `from` on; fails with `attachment-damaged` before any byte of a damaged chunk. */
  read(id: AttachmentId, options?: { readonly from?: number }): ByteStream;
  /** Fills `into` with the plaintext of chunk `i`, 8 MiB each but the last, and says how many bytes there are. */
  readChunk(id: AttachmentId, i: number, into: Uint8Array): Promise<number>;
  /**
   * Fills `into` with the token of the same chunk at another place, all but its MAC, and says how many bytes it has
   * (Spec §4.6). The plaintext lies nowhere as a whole.
   */
  resealChunk(place: ChunkPlace, into: Uint8Array): Promise<number>;
  /**
   * At start, before the first upload: takes away chunks of what never ended. What comes in pieces and may go on stays
   * (attachments/uploads.ts).
   */
  sweep(): Promise<void>;
}

export interface PageOfAttachments {
  readonly limit: number;
  readonly before?: ListCursor | undefined;
  readonly consultation?: ConsultationId | undefined;
}

export interface AttachmentPage {
  readonly attachments: readonly Attachment[];
  readonly earlier?: ListCursor;
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
    const place = { ...secrets, id: attachment.id, size: attachment.size, index: i };
    return await readStoredChunk({ store, blobs, yieldTurn, scratch }, place, into);
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
      store.read(async (reader) => openAll(reader, ports, patient, await reader.all(attachmentsOf, { patient }))),
    page: (patient, page) => store.read((reader) => pageOf(reader, ports, patient, page)),
    count: async (patient, consultation) => {
      const row = await store.read((reader) =>
        consultation === undefined
          ? reader.first(countAttachments, { patient })
          : reader.first(countOfConsultation, { patient, consultation }),
      );
      return row?.count ?? 0;
    },
    read: (id, { from = 0 } = {}) => read(id, from),
    readChunk: async (id, i, into) => readOpened(await store.read((reader) => open(reader, id)), i, into),
    resealChunk: async (place, into) => {
      const { secrets } = await store.read((reader) => open(reader, place.id));
      return await resealStoredChunk({ store, blobs, yieldTurn }, { ...place, ...secrets }, place, into);
    },
    sweep: async () => {
      for (const { attachment } of await store.read((reader) => reader.all(unfinishedUploads, {})))
        await removeChunks(ports, parseAttachmentId(attachment));
    },
  };
}

async function pageOf(
  reader: Reader,
  ports: AttachmentsPorts,
  patient: PatientId,
  { limit, before = latest, consultation }: PageOfAttachments,
): Promise<AttachmentPage> {
  checkPageSize(limit);
  const range = { patient, ...before, limit: limit + 1 };
  const rows =
    consultation === undefined
      ? await reader.all(attachmentsBefore, range)
      : await reader.all(attachmentsOfConsultation, { ...range, consultation });
  const attachments = await openAll(reader, ports, patient, rows.slice(0, limit));
  const last = attachments.at(-1);
  return rows.length > limit && last !== undefined
    ? { attachments, earlier: { at: last.createdAt, id: last.id } }
    : { attachments };
}

/** One after the other: a reader is not asked two things at once. */
async function openAll(
  reader: Reader,
  { keyring, patients }: AttachmentsPorts,
  patient: PatientId,
  rows: readonly AttachmentRow[],
): Promise<Attachment[]> {
  if (rows.length === 0) return [];
  const key = await patients.dataKeyOf(reader, patient);
  const found: Attachment[] = [];
  for (const row of rows) found.push((await openAttachmentRow(reader, keyring, key, row)).attachment);
  return found;
}
