import { isUuid } from '../../../../protocol/ids.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import type { Upload } from '../../../records/attachments/sealed-upload.ts';
import type { Appended, Begun } from '../../../records/attachments/uploads.ts';
import type { ConsultationId, PatientId } from '../../../records/model.ts';
import { bytesWords } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { writerOf } from '../patients/patient-author.ts';
import { titleOfFile, typeOfFile } from './file-title.ts';
import { byteCount, otherVersion, readMetadata, tusAbilities, tusAnswer, writeMetadata } from './tus-message.ts';
import { guardFault } from './wrong-patient-guard.ts';

/**
 * The desk's side of tus 1.0.0 (Node §13.5). Session, role and the record's restriction are judged at each request;
 * the journal has its entry before the first byte is taken. An offset that was told is durable.
 */
export async function tusOptions(_visit: Visit, desk: DeskServices): Promise<Response> {
  return tusAbilities(await desk.uploads.bytesMax());
}

/** Creation. Metadata: `patient`, `guard`, `filename`, `filetype`, and where there is one `consultation`, `fingerprint`. */
export async function tusBegin(visit: Visit, desk: DeskServices): Promise<Response> {
  const other = otherVersion(visit);
  if (other !== undefined) return other;
  const size = byteCount(visit, 'upload-length');
  if (size === undefined) return tusAnswer(400, {}, 'Upload-Length must say how many bytes will come.');
  const metadata = readMetadata(visit);
  const patient = metadata.get('patient') ?? '';
  const record = isUuid(patient) ? await desk.patients.find(patient as PatientId) : undefined;
  if (record === undefined) return tusAnswer(404, {}, 'There is no such patient here. Nothing was begun.');
  await desk.access.note(visit.user, { kind: 'patient', id: patient }, 'view');
  const fault = guardFault(record.details, metadata.get('guard') ?? '');
  if (fault !== undefined) return tusAnswer(422, { 'fernpost-field': 'guard' }, fault);
  await desk.access.note(visit.user, { kind: 'patient', id: patient }, 'attach');
  const { consultation, fingerprint } = Object.fromEntries(metadata);
  const begun = await desk.uploads.begin(record.id, {
    title: titleOfFile(metadata.get('filename') ?? ''),
    contentType: typeOfFile(metadata.get('filetype') ?? ''),
    size,
    ...(consultation === undefined ? {} : { consultation: consultation as ConsultationId }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    by: writerOf(visit),
  });
  return answerBegun(begun);
}

function answerBegun(begun: Begun): Response {
  switch (begun.state) {
    case 'begun':
    case 'goes-on': {
      const location = url('upload-offset', { upload: begun.upload.id });
      return tusAnswer(201, { location, ...expiryOf(begun.upload) });
    }
    case 'empty':
      return tusAnswer(422, {}, 'The file is empty. Nothing was stored: look whether it was saved whole.');
    case 'too-large':
      return tusAnswer(413, {}, `The file is larger than ${bytesWords(begun.bytesMax)}. Nothing was stored.`);
    case 'too-many': {
      const whose = begun.of === 'user' ? 'You have' : 'This patient has';
      return tusAnswer(429, {}, `${whose} ${begun.max} unfinished files: finish or discard one first.`);
    }
  }
}

/** HEAD (and GET): how far it is. Whoever asks has given up a transfer that hangs, so it is ended first. */
export async function tusOffset(visit: Visit, desk: DeskServices): Promise<Response> {
  const other = otherVersion(visit);
  if (other !== undefined) return other;
  await openOwn(visit, desk);
  const upload = await desk.uploads.settle(visit.param('upload'));
  if (upload === undefined) return gone();
  return tusAnswer(200, {
    ...offsetOf(upload.received),
    'upload-length': String(upload.size),
    'upload-metadata': writeMetadata({ filename: upload.title, filetype: upload.contentType }),
    ...stateOf(upload),
  });
}

export async function tusAppend(visit: Visit, desk: DeskServices): Promise<Response> {
  const other = otherVersion(visit);
  if (other !== undefined) return other;
  if (visit.header('content-type') !== 'application/offset+octet-stream')
    return tusAnswer(415, {}, 'The content type must be application/offset+octet-stream.');
  const offset = byteCount(visit, 'upload-offset');
  if (offset === undefined) return tusAnswer(400, {}, 'Upload-Offset must say where the bytes belong.');
  const upload = await openOwn(visit, desk);
  const length = byteCount(visit, 'content-length');
  if (length !== undefined && offset + length > upload.size)
    return tusAnswer(413, {}, `More bytes would come than the ${upload.size} that were announced.`);
  const id = visit.param('upload');
  const appended = await desk.uploads.append(id, offset, visit.body());
  const kept = appended.state === 'stored' ? await desk.uploads.find(id) : undefined;
  return answerAppended(appended, kept ?? upload);
}

function answerAppended(appended: Appended, upload: Upload): Response {
  switch (appended.state) {
    case 'received':
    case 'stored':
      return tusAnswer(204, { ...offsetOf(appended.offset), ...stateOf(upload) });
    case 'interrupted':
      return tusAnswer(423, offsetOf(appended.offset), 'Another transfer goes on with this file.');
    case 'wrong-offset':
      return tusAnswer(409, offsetOf(appended.offset), 'The bytes belong elsewhere: ask with HEAD where.');
    case 'too-long':
      return tusAnswer(413, offsetOf(appended.offset), 'More bytes came than were announced.');
    case 'busy':
      return tusAnswer(503, { 'retry-after': '5' }, 'Many files are on their way. This one waits for its turn.');
    case 'unknown':
      return gone();
  }
}

/** Termination: takes an unfinished upload away. What became an attachment stays one. */
export async function tusEnd(visit: Visit, desk: DeskServices): Promise<Response> {
  const other = otherVersion(visit);
  if (other !== undefined) return other;
  await openOwn(visit, desk);
  return (await desk.uploads.discard(visit.param('upload'))) ? tusAnswer(204) : gone();
}

/** The upload that the path names, with the journal's entry; fails where there is none or its record is restricted. */
export async function openOwn(visit: Visit, desk: DeskServices): Promise<Upload> {
  const upload = await desk.uploads.find(visit.param('upload'));
  if (upload === undefined)
    throw new OperationError('not-found', 'unknown-upload', 'There is no such unfinished file. Nothing was changed.');
  await desk.access.note(visit.user, { kind: 'patient', id: upload.patient }, 'attach');
  return upload;
}

function gone(): Response {
  return tusAnswer(404, {}, 'There is no such unfinished file: it was stored, discarded, or it expired.');
}

function offsetOf(offset: number): Record<string, string> {
  return { 'upload-offset': String(offset) };
}

function stateOf(upload: Upload): Record<string, string> {
  const { attachment } = upload;
  return attachment === undefined ? expiryOf(upload) : { 'fernpost-attachment': url('attachment', { attachment }) };
}

/** tus 1.0.0, expiration: an HTTP date. */
function expiryOf({ expiresAt }: Upload): Record<string, string> {
  return { 'upload-expires': new Date(expiresAt).toUTCString() };
}
