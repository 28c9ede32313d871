import { parseAttachmentId, type AttachmentId, type ReferralId } from '../../../../protocol/ids.ts';
import { ProtocolError } from '../../../../protocol/errors.ts';
import type { ByteStream } from '../../../platform/files.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { headBytesMax, isDownloadOnly } from '../../../records/attachments/content-type.ts';
import { dicomHeadBytesMax, dicomMismatch, readDicomFacts, type DicomFacts } from '../../../records/dicom-facts.ts';
import type { PatientDetails } from '../../../records/model.ts';
import type { ReferralDetail } from '../../../referrals/referrals.ts';
import type { Review, ReviewAttachment } from '../../../referrals/review/review.ts';
import { download, type Answer } from '../../answer.ts';
import { dateWords } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import type { FilePlace } from './review-body.tsx';
import { openReferral } from './referral-of.ts';

/** Shown in a page; everything else is a download (Spec bundle §8). */
const pictureTypes: ReadonlySet<string> = new Set(['image/png', 'image/jpeg']);
const pictureBytesMax = 64 * 1024 * 1024;
const dicomType = 'application/dicom';
/** Each is decrypted as far as its header to be told of; the others are files to save. */
const dicomFactsMax = 6;

/** Where the files of a received referral are. Whether a picture is one is known only when its bytes are asked for. */
export function receivedPlace(
  referral: ReferralId,
  facts: ReadonlyMap<AttachmentId, readonly string[]>,
): (attachment: ReviewAttachment) => FilePlace {
  return ({ id, contentType, size }) => {
    const params = { referral, attachment: id };
    const isPicture = pictureTypes.has(contentType.toLowerCase()) && size <= pictureBytesMax;
    const told = facts.get(id);
    return {
      picture: isPicture ? url('received-image', params) : undefined,
      download: url('received-attachment', params),
      ...(told === undefined ? {} : { facts: told }),
    };
  };
}

export type FileFacts = ReadonlyMap<AttachmentId, readonly string[]>;

/** What DICOM files say of themselves; of a broken one, that it says nothing (Node §13.5). */
export async function fileFactsOf(desk: DeskServices, detail: ReferralDetail): Promise<FileFacts> {
  const facts = new Map<AttachmentId, readonly string[]>();
  const images = detail.attachments.filter(({ contentType }) => contentType.toLowerCase() === dicomType);
  for (const { id } of images.slice(0, dicomFactsMax)) {
    const { head, bytes } = await peek(desk.referrals.readAttachment(detail.id, id), dicomHeadBytesMax);
    await bytes.return(undefined);
    const read = readDicomFacts(head);
    facts.set(
      id,
      read === undefined ? ['The file has no header that can be read. It can be saved.'] : dicomWords(read, detail),
    );
  }
  return facts;
}

function dicomWords(facts: DicomFacts, { review }: ReferralDetail): readonly string[] {
  const { modality, studyDate, studyDescription, bodyPart, laterality, rows, columns, patientName, patientId } = facts;
  const image = [
    modality,
    studyDate === undefined ? undefined : dateWords(studyDate),
    studyDescription,
    bodyPart,
    laterality,
    rows === undefined || columns === undefined ? undefined : `${columns} × ${rows} pixels`,
  ].filter((one) => one !== undefined && one !== '');
  const person = [patientName?.replaceAll('^', ' '), patientId].filter((one) => one !== undefined && one !== '');
  return [
    ...(image.length === 0 ? [] : [image.join(', ')]),
    ...(person.length === 0 ? [] : [`Patient named in the file: ${person.join(', ')}`]),
    ...(review !== undefined && isOfAnother(facts, review)
      ? ['! This is another id or birth date than the referred patient’s: ask the sender whose image it is.']
      : []),
  ];
}

/** Whether the file names somebody else than the referral does, by id or birth date. */
function isOfAnother(facts: DicomFacts, { patient }: Review): boolean {
  const [csvId = '', mrn, nationalId] = patient.identifiers.map(({ value }) => value);
  const person = {
    csvId,
    ...(mrn === undefined ? {} : { mrn }),
    ...(nationalId === undefined ? {} : { nationalId }),
    ...(patient.birthDate === '' ? {} : { birthDate: patient.birthDate }),
  };
  return dicomMismatch(facts, { ...nothingTold, ...person }).length > 0;
}

const nothingTold: Omit<PatientDetails, 'csvId'> = {
  allergies: [],
  conditions: [],
  medications: [],
  immunizations: [],
  familyHistory: [],
  procedures: [],
  policeCase: false,
};

/** A picture inside a page: only if its bytes are that of a PNG or JPEG of a sane size, whatever the sender called it. */
export async function receivedImage(visit: Visit, desk: DeskServices): Promise<Answer> {
  const { id, attachment } = await fileOf(visit, desk, 'view');
  const type = attachment.contentType.toLowerCase();
  if (!pictureTypes.has(type) || attachment.size > pictureBytesMax) throw notAPicture();
  const { head, bytes } = await peek(desk.referrals.readAttachment(id, attachment.id), headBytesMax);
  if (isDownloadOnly(type, head)) {
    await bytes.return(undefined);
    throw notAPicture();
  }
  return new Response(ReadableStream.from(bytes) as ReadableStream<Uint8Array<ArrayBuffer>>, {
    headers: {
      'content-type': type,
      'content-length': String(attachment.size),
      'content-disposition': 'inline',
      'content-security-policy': "default-src 'none'; sandbox",
    },
  });
}

/** Any file, as a file: never shown in the desk's origin. */
export async function receivedAttachment(visit: Visit, desk: DeskServices): Promise<Answer> {
  const { id, attachment } = await fileOf(visit, desk, 'download');
  const { title, size } = attachment;
  const body = desk.referrals.readAttachment(id, attachment.id);
  return download({ name: title === '' ? 'file' : title, type: 'application/octet-stream', body, bytes: size });
}

export async function receivedReceipt(visit: Visit, desk: DeskServices): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'received', 'download');
  if (detail.receipt === undefined)
    throw new OperationError('not-found', 'no-receipt', 'There is no receipt yet: the referral has not arrived.');
  return download({ name: `receipt-${detail.number}.txt`, type: 'text/plain; charset=utf-8', body: detail.receipt });
}

async function fileOf(visit: Visit, desk: DeskServices, act: 'view' | 'download') {
  const detail = await openReferral(visit, desk, 'received', act);
  const wanted = attachmentIdOf(visit);
  const attachment = detail.attachments.find((one) => one.id === wanted);
  if (attachment === undefined) throw unknownFile();
  return { id: detail.id, attachment };
}

function attachmentIdOf(visit: Visit): AttachmentId {
  try {
    return parseAttachmentId(visit.param('attachment'));
  } catch (error) {
    if (error instanceof ProtocolError) throw unknownFile();
    throw error;
  }
}

/** The first bytes of a stream, and the stream with them still in it. */
async function peek(
  stream: ByteStream,
  bytesMax: number,
): Promise<{ head: Uint8Array; bytes: AsyncGenerator<Uint8Array> }> {
  const source = stream[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  let size = 0;
  while (size < bytesMax) {
    const next = await source.next();
    if (next.done === true) break;
    taken.push(next.value.slice()); // The reader may use the memory of a piece again.
    size += next.value.length;
  }
  const head = Buffer.concat(taken, size);
  return { head, bytes: rejoin(head, source) };
}

async function* rejoin(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

function notAPicture(): OperationError {
  return new OperationError(
    'invalid',
    'not-a-picture',
    'This file is not a picture that can be shown safely. It can be saved as a file.',
  );
}

function unknownFile(): OperationError {
  return new OperationError('not-found', 'unknown-attachment', 'This referral has no such file.');
}
