import { inflateRawSync } from 'node:zlib';
import dicomParser, { type DataSet } from 'dicom-parser';
import { parsePartialDate, isDateFault } from './dates.ts';
import type { PatientDetails } from './model.ts';
import { matchingNumber } from './normalise.ts';

/** So many first bytes of a file are looked at: far more than a header has, and little enough to parse at once. */
export const dicomHeadBytesMax = 1024 * 1024;
const inflatedBytesMax = 4 * 1024 * 1024;
const textLettersMax = 128;

/** What a DICOM file says of itself (PS3.3 C.7). Text of others: shown as text, never believed. Absent is not told. */
export interface DicomFacts {
  /** CR, CT, MR, US … */
  readonly modality?: string;
  /** YYYY-MM-DD. */
  readonly studyDate?: string;
  readonly studyDescription?: string;
  readonly bodyPart?: string;
  readonly laterality?: 'left' | 'right' | 'both';
  readonly rows?: number;
  readonly columns?: number;
  readonly frames?: number;
  readonly bitsStored?: number;
  readonly transferSyntax?: string;
  readonly patientId?: string;
  readonly patientName?: string;
  /** YYYY-MM-DD. */
  readonly patientBirthDate?: string;
  /** The header broke off or was cut before its end: there may be more to it. */
  readonly isPartial: boolean;
}

/** Names of PS3.6 A; others are shown by their number. */
const transferSyntaxes: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2': 'Implicit VR Little Endian',
  '1.2.840.10008.1.2.1': 'Explicit VR Little Endian',
  '1.2.840.10008.1.2.1.99': 'Deflated Explicit VR Little Endian',
  '1.2.840.10008.1.2.2': 'Explicit VR Big Endian',
  '1.2.840.10008.1.2.4.50': 'JPEG Baseline',
  '1.2.840.10008.1.2.4.51': 'JPEG Extended',
  '1.2.840.10008.1.2.4.57': 'JPEG Lossless',
  '1.2.840.10008.1.2.4.70': 'JPEG Lossless, first-order prediction',
  '1.2.840.10008.1.2.4.80': 'JPEG-LS Lossless',
  '1.2.840.10008.1.2.4.90': 'JPEG 2000 Lossless',
  '1.2.840.10008.1.2.4.91': 'JPEG 2000',
  '1.2.840.10008.1.2.5': 'RLE Lossless',
};

/** Decoders of the character sets of PS3.3 C.12.1.1.2 that the platform has. */
const charsets: Readonly<Record<string, string>> = {
  '': 'latin1',
  ISO_IR_6: 'latin1',
  ISO_IR_100: 'latin1',
  ISO_IR_101: 'iso-8859-2',
  ISO_IR_109: 'iso-8859-3',
  ISO_IR_110: 'iso-8859-4',
  ISO_IR_126: 'iso-8859-7',
  ISO_IR_127: 'iso-8859-6',
  ISO_IR_138: 'iso-8859-8',
  ISO_IR_144: 'iso-8859-5',
  ISO_IR_148: 'iso-8859-9',
  ISO_IR_166: 'windows-874',
  ISO_IR_13: 'shift_jis',
  ISO_IR_192: 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gbk',
  ISO_2022_IR_87: 'iso-2022-jp',
  ISO_2022_IR_149: 'euc-kr',
};

const lateralities: Readonly<Record<string, DicomFacts['laterality']>> = { L: 'left', R: 'right', B: 'both' };

/**
 * Reads the header of a DICOM file from its first bytes; `undefined` where it is none. Whatever the bytes hold, it does not
 * fail: what cannot be read is not told.
 */
export function readDicomFacts(head: Uint8Array): DicomFacts | undefined {
  const looked = head.subarray(0, dicomHeadBytesMax);
  const { dataSet, isWhole } = parseHead(looked);
  if (dataSet === undefined) return undefined;
  const text = (tag: string): string | undefined => textOf(dataSet, tag);
  const count = (tag: string): number | undefined => tryRead(() => dataSet.uint16(tag));
  const syntax = text('x00020010');
  const laterality = lateralities[text('x00200062') ?? text('x00200060') ?? ''];
  const frames = Number(text('x00280008') ?? Number.NaN);
  return tidy({
    modality: text('x00080060'),
    studyDate: dateOf(text('x00080020')),
    studyDescription: text('x00081030'),
    bodyPart: text('x00180015'),
    laterality,
    rows: count('x00280010'),
    columns: count('x00280011'),
    frames: Number.isSafeInteger(frames) && frames > 0 ? frames : undefined,
    bitsStored: count('x00280101'),
    transferSyntax: syntax === undefined ? undefined : (transferSyntaxes[syntax] ?? syntax),
    patientId: text('x00100020'),
    patientName: text('x00100010'),
    patientBirthDate: dateOf(text('x00100030')),
    isPartial: !isWhole,
  });
}

/** In what a file and the patient that it lies with differ, where both tell it: a person looks before anybody relies on it. */
export function dicomMismatch(facts: DicomFacts, details: PatientDetails): readonly ('patient-id' | 'birth-date')[] {
  const ids = [details.csvId, details.mrn ?? '', details.nationalId ?? '']
    .map(matchingNumber)
    .filter((id) => id !== '');
  const told = matchingNumber(facts.patientId ?? '');
  const born = details.birthDate ?? '';
  const otherId = told !== '' && ids.length > 0 && !ids.includes(told);
  const otherBirth = facts.patientBirthDate !== undefined && born !== '' && !facts.patientBirthDate.startsWith(born);
  return [...(otherId ? (['patient-id'] as const) : []), ...(otherBirth ? (['birth-date'] as const) : [])];
}

interface ParsedHead {
  readonly dataSet: DataSet | undefined;
  readonly isWhole: boolean;
}

/** The parser throws texts, and objects with what it had read so far: both end here, since any bytes may come. */
function parseHead(bytes: Uint8Array): ParsedHead {
  try {
    return { dataSet: dicomParser.parseDicom(bytes, { untilTag: 'x7fe00010', inflater: inflate }), isWhole: true };
  } catch (thrown) {
    const partial = (thrown as { readonly dataSet?: DataSet } | null | undefined)?.dataSet;
    return { dataSet: partial ?? metaOnly(bytes), isWhole: false };
  }
}

/** At least what stands before the data set, where that is sound. */
function metaOnly(bytes: Uint8Array): DataSet | undefined {
  return tryRead(() => dicomParser.readPart10Header(bytes, { untilTag: 'x7fe00010' }));
}

/** Bounded: a few bytes of a deflated data set can unfold to gigabytes. */
function inflate(bytes: Uint8Array, position: number): Uint8Array {
  const inflated = inflateRawSync(bytes.subarray(position), { maxOutputLength: inflatedBytesMax });
  const whole = new Uint8Array(position + inflated.length);
  whole.set(bytes.subarray(0, position));
  whole.set(inflated, position);
  return whole;
}

function textOf(dataSet: DataSet, tag: string): string | undefined {
  const element = dataSet.elements[tag];
  if (element === undefined || element.length <= 0) return undefined;
  const bytes = dataSet.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
  const charset = tag === 'x00080005' ? '' : (tryRead(() => dataSet.string('x00080005')) ?? '');
  const text = decoderOf(charset).decode(bytes).replaceAll('\0', ' ').trim();
  const first = tag.startsWith('x0010') ? text : (text.split('\\')[0] ?? '').trim();
  return first === '' ? undefined : first.slice(0, textLettersMax).toWellFormed();
}

/** The last character set named is the one that the text shifts to; what we do not know is read as Latin, never refused. */
function decoderOf(charset: string): TextDecoder {
  const named = charset.split('\\').map((name) => name.trim().replaceAll(' ', '_').replace('ISO_2022_IR_6', ''));
  const name = named.findLast((each) => each !== '') ?? '';
  const label = charsets[name] ?? charsets[name.replace('ISO_2022_', 'ISO_')] ?? 'latin1';
  return tryRead(() => new TextDecoder(label)) ?? new TextDecoder('latin1');
}

/** DICOM writes YYYYMMDD (PS3.5 6.2). */
function dateOf(text: string | undefined): string | undefined {
  const [, year, month, day] = /^([0-9]{4})([0-9]{2})([0-9]{2})$/.exec(text ?? '') ?? [];
  const date = `${year}-${month}-${day}`;
  return year === undefined || isDateFault(parsePartialDate(date)) ? undefined : date;
}

function tryRead<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // A value beyond the end of the file, or of another form: it is not told.
  }
}

function tidy(facts: { readonly [Name in keyof DicomFacts]-?: DicomFacts[Name] | undefined }): DicomFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as unknown as DicomFacts;
}
