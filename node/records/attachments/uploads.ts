import { isUuid, parseAttachmentId, type AttachmentId } from '../../../protocol/ids.ts';
import type { ByteStream } from '../../platform/files.ts';
import type { Reader } from '../../store/store.ts';
import { BlobError } from '../../blobs/blob-store.ts';
import { KeyError } from '../../keys/keyring.ts';
import { RecordsError } from '../errors.ts';
import { uploadBytesMax, uploadKeptMs, uploadsAtOnceMax, uploadsPerPatientMax, uploadsPerUserMax } from '../limits.ts';
import type { Attachment, Author, ConsultationId, PatientId } from '../model.ts';
import { checkConsultation, newSecrets, tidyTitle, tidyType, type AddingPorts } from './add-attachment.ts';
import { finishUpload } from './finish-upload.ts';
import { removeChunks } from './remove-chunks.ts';
import { openUploadRow, sealUpload, type OpenedUpload, type Upload } from './sealed-upload.ts';
import { openTransfers, type Transfer } from './upload-transfers.ts';
import { UploadWriter, type WritingPorts } from './upload-writer.ts';
import {
  countOfUser,
  deleteUpload,
  expiredUploads,
  insertUpload,
  unfinishedOf,
  uploadById,
  wholeUploads,
  type UploadRow,
} from './upload-queries.ts';

export interface NewUpload {
  readonly title: string;
  /** As declared; `application/octet-stream` where nobody knows. */
  readonly contentType: string;
  readonly size: number;
  /** SHA-256 of the first and the last MiB, by which the same file is known again; 64 hex digits. */
  readonly fingerprint?: string;
  readonly consultation?: ConsultationId;
  readonly by: Author;
}

export type Begun =
  | { readonly state: 'begun' | 'goes-on'; readonly upload: Upload }
  /** Nothing was begun. */
  | { readonly state: 'empty' }
  | { readonly state: 'too-large'; readonly bytesMax: number }
  | { readonly state: 'too-many'; readonly of: 'user' | 'patient'; readonly max: number };

export type Appended =
  | { readonly state: 'received' | 'interrupted'; readonly offset: number }
  /** The file is whole, checked and an attachment. */
  | { readonly state: 'stored'; readonly offset: number; readonly attachment: AttachmentId }
  | { readonly state: 'wrong-offset'; readonly offset: number }
  /** More bytes came than were announced; those that belong to the file were kept. */
  | { readonly state: 'too-long'; readonly offset: number }
  /** As many appends as the node takes at once are under way. */
  | { readonly state: 'busy' }
  | { readonly state: 'unknown' };

/**
 * Files that come in pieces and go on after a lost connection, a closed lid or a restart (Records §3.1). Each chunk of 8 MiB
 * is sealed on arrival. An offset once told is durable. Who may go on is whoever may write to the patient: the doors check.
 */
export interface Uploads {
  /** The largest file that may be begun now. */
  bytesMax(): Promise<number>;
  /** The same file of the same patient goes on where it stopped. Fails with `unknown-patient`, `invalid-attachment` … */
  begin(patient: PatientId, given: NewUpload): Promise<Begun>;
  /** Takes bytes from `offset` on. A transfer of the same upload that hangs is ended first. */
  append(id: string, offset: number, bytes: ByteStream): Promise<Appended>;
  /** As the row says. */
  find(id: string): Promise<Upload | undefined>;
  /** Ends a transfer that hangs, turns a whole file into an attachment where that failed, and says where it stands. */
  settle(id: string): Promise<Upload | undefined>;
  /** Not whole yet, oldest first. */
  list(patient: PatientId): Promise<readonly Upload[]>;
  /** Takes an unfinished upload away; false where there is none. What became an attachment stays one. */
  discard(id: string): Promise<boolean>;
  /** Takes away what expired, and finishes what is whole. At start and every few minutes. */
  sweep(): Promise<void>;
}

export interface UploadsPorts extends AddingPorts, WritingPorts {
  /** The largest file, as the administrator set it. */
  readonly bytesMax?: () => Promise<number>;
}

const fingerprintForm = /^[0-9a-f]{64}$/;

export function openUploads(ports: UploadsPorts): Uploads {
  const { store } = ports;
  const transfers = openTransfers(uploadsAtOnceMax);

  const load = (id: string): Promise<OpenedUpload | undefined> =>
    store.read(async (reader) => {
      const row = isUuid(id) ? await reader.first(uploadById, { id }) : undefined;
      return row === undefined ? undefined : await openRow(reader, ports, row);
    });

  const finish = (opened: OpenedUpload): Promise<Attachment> =>
    finishUpload(ports, opened, transfers.takeHash(opened.upload.id, opened.upload.size));

  const appendOwned = async (id: string, offset: number, bytes: ByteStream, transfer: Transfer): Promise<Appended> => {
    const opened = await load(id);
    if (opened === undefined) return { state: 'unknown' };
    const { received, size, attachment } = opened.upload;
    if (offset !== received) return { state: 'wrong-offset', offset: received };
    if (attachment !== undefined) return { state: 'stored', offset, attachment };
    const taken = received === size ? undefined : await takeBytes(ports, opened, bytes, transfer, transfers);
    if (taken !== undefined && (taken.state !== 'received' || taken.offset !== size)) return taken;
    return { state: 'stored', offset: size, attachment: (await finish(opened)).id };
  };

  const finishWhole = async (id: string): Promise<Upload | undefined> => {
    const opened = await load(id);
    if (opened === undefined || !isWhole(opened.upload)) return opened?.upload;
    return { ...opened.upload, attachment: (await finish(opened)).id };
  };

  const removeUnfinished = async (id: string): Promise<boolean> => {
    const row = isUuid(id) ? await store.read((reader) => reader.first(uploadById, { id })) : undefined;
    if (row === undefined || row.attachment !== null) return false;
    await removeChunks(ports, id);
    await store.write((w) => w.run(deleteUpload, { id }));
    return true;
  };

  const sweepExpired = async (): Promise<void> => {
    const now = ports.clock.now();
    for (const { id, attachment } of await store.read((reader) => reader.all(expiredUploads, { now }))) {
      if (attachment === null) await transfers.run(id, () => removeUnfinished(id));
      // Of a photograph, which is stored anew, the bytes as they came may be left.
      else if (attachment !== id) await removeChunks(ports, id);
      if (attachment !== null) await store.write((w) => w.run(deleteUpload, { id }));
    }
  };

  return {
    bytesMax: () => largest(ports),
    begin: (patient, given) => beginUpload(ports, patient, given),
    append: async (id, offset, bytes) =>
      (await transfers.runIfRoom(id, (transfer) => appendOwned(id, offset, bytes, transfer))) ?? { state: 'busy' },
    find: async (id) => (await load(id))?.upload,
    settle: (id) => transfers.run(id, () => finishWhole(id)),
    list: (patient) =>
      store.read(async (reader) => {
        const rows = await reader.all(unfinishedOf, { patient });
        const found: Upload[] = [];
        for (const row of rows) found.push((await openRow(reader, ports, row)).upload);
        return found;
      }),
    discard: (id) => transfers.run(id, () => removeUnfinished(id)),
    sweep: async () => {
      await sweepExpired();
      for (const { id } of await store.read((reader) => reader.all(wholeUploads, {}))) {
        try {
          await transfers.run(id, () => finishWhole(id));
        } catch (error) {
          // Its patient is gone, or the disk is full: it is tried again, and goes when it expires.
          if (!(error instanceof RecordsError || error instanceof KeyError || error instanceof BlobError)) throw error;
        }
      }
    },
  };
}

function isWhole({ attachment, received, size }: Upload): boolean {
  return attachment === undefined && received === size;
}

async function openRow(reader: Reader, { keyring, patients }: UploadsPorts, row: UploadRow): Promise<OpenedUpload> {
  const key = await patients.dataKeyOf(reader, row.patient as PatientId);
  return await openUploadRow(reader, keyring, key, row);
}

async function largest({ bytesMax }: UploadsPorts): Promise<number> {
  return (await bytesMax?.()) ?? uploadBytesMax;
}

async function beginUpload(ports: UploadsPorts, patient: PatientId, given: NewUpload): Promise<Begun> {
  const { store, keyring, patients, clock, random } = ports;
  const { size, consultation, fingerprint, by } = given;
  const [title, contentType] = [tidyTitle(given.title), tidyType(given.contentType)];
  if (fingerprint !== undefined && !fingerprintForm.test(fingerprint))
    throw new RecordsError('invalid-attachment', 'a fingerprint is 64 hexadecimal digits');
  if (!Number.isSafeInteger(size) || size < 0)
    throw new RecordsError('invalid-attachment', 'the size of a file is a number of bytes');
  if (size === 0) return { state: 'empty' };
  const max = await largest(ports);
  if (size > max) return { state: 'too-large', bytesMax: max };
  const id = parseAttachmentId(random.uuid());
  const inner = { title, contentType, fingerprint, secrets: newSecrets(random) };
  const now = clock.now();
  return await store.write(async (w): Promise<Begun> => {
    const key = await patients.dataKeyOf(w, patient);
    await checkConsultation(w, patient, consultation);
    const unfinished = await w.all(unfinishedOf, { patient });
    for (const row of unfinished) {
      if (fingerprint === undefined || row.size !== size || row.consultation !== (consultation ?? null)) continue;
      const opened = await openUploadRow(w, keyring, key, row);
      if (opened.fingerprint === fingerprint) return { state: 'goes-on', upload: opened.upload };
    }
    if (unfinished.length >= uploadsPerPatientMax)
      return { state: 'too-many', of: 'patient', max: uploadsPerPatientMax };
    const ofUser = (await w.first(countOfUser, { user: by.user }))?.count ?? 0;
    if (ofUser >= uploadsPerUserMax) return { state: 'too-many', of: 'user', max: uploadsPerUserMax };
    const row = {
      id,
      patient,
      consultation: consultation ?? null,
      by_user: by.user,
      by_name: by.name,
      size,
      created_at: now,
      changed_at: now,
      expires_at: now + uploadKeptMs,
      token: await sealUpload(w, keyring, key, id, inner),
    };
    await w.run(insertUpload, row);
    const opened = await openUploadRow(w, keyring, key, { ...row, received: 0, attachment: null });
    return { state: 'begun', upload: opened.upload };
  });
}

/** The bytes of one append, until they end, break off, or somebody else goes on with the upload. */
async function takeBytes(
  ports: UploadsPorts,
  opened: OpenedUpload,
  bytes: ByteStream,
  transfer: Transfer,
  transfers: ReturnType<typeof openTransfers>,
): Promise<Appended> {
  const writer = await UploadWriter.open(ports, opened);
  const hash = transfers.hashFrom(opened.upload.id, opened.upload.received);
  let state: 'received' | 'interrupted' | 'too-long' = 'received';
  const iterator = bytes[Symbol.asyncIterator]();
  try {
    while (!transfer.isEnded) {
      const next = await nextPiece(iterator, transfer);
      if (next === 'ended' || next === 'broken') state = 'interrupted';
      if (typeof next === 'string') break;
      if (writer.at + next.length > opened.upload.size) {
        state = 'too-long';
        break;
      }
      await hash?.update(next, ports.yieldTurn);
      await writer.take(next);
    }
  } finally {
    abandon(iterator);
    await writer.close();
    transfers.keepHash(opened.upload.id, hash, writer.durable);
  }
  if (transfer.isEnded) state = 'interrupted';
  return { state, offset: writer.durable };
}

/** One piece, or why there is none. The source breaks when the connection does: that is no error of ours. */
async function nextPiece(
  iterator: AsyncIterator<Uint8Array>,
  transfer: Transfer,
): Promise<Uint8Array | 'done' | 'broken' | 'ended'> {
  return await new Promise((resolve) => {
    transfer.onEnd(() => resolve('ended'));
    iterator.next().then(
      (next) => resolve(next.done === true ? 'done' : next.value),
      () => resolve('broken'),
    );
  });
}

/** Nobody waits for its further bytes; how its end goes tells nothing. */
function abandon(iterator: AsyncIterator<Uint8Array>): void {
  iterator.return?.().catch(() => undefined);
}
