import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DemoError } from './demo-error.ts';

/** A synthetic X-ray of 12 bits, of a left forearm; nobody was ever before the machine. */
const xrayFile = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'fhir', 'dicom', 'synthetic-xray.dcm');

/** Whom an image names, in the cells of a patient. */
export interface XrayPerson {
  readonly csv_id?: string;
  readonly mrn?: string;
  readonly family_name?: string;
  readonly given_names?: string;
  readonly birth_date?: string;
  readonly sex?: string;
}

/** The synthetic X-ray as the hospital's own machine would have made it of this patient: another file, not another image. */
export function xrayOf(person: XrayPerson): Uint8Array {
  const values = new Map([
    ['0010,0010', `${nameText(person.family_name)}^${nameText(person.given_names)}`],
    ['0010,0020', person.mrn ?? person.csv_id ?? ''],
    ['0010,0030', dateText(person.birth_date ?? '')],
    ['0010,0040', { female: 'F', male: 'M', other: 'O' }[person.sex ?? ''] ?? ''],
  ]);
  return rewrite(new Uint8Array(readFileSync(xrayFile)), values);
}

/** Preamble and `DICM` (PS3.10 §7.1). */
const preambleBytes = 132;
/** Their length stands in four bytes behind two reserved ones (PS3.5 §7.1.2). */
const longForms = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const undefinedLength = 0xffff_ffff;
const shortValueBytesMax = 0xffff;

/** Puts other values into elements that are there, in explicit little endian; every other byte stays as it is. */
function rewrite(file: Uint8Array, values: ReadonlyMap<string, string>): Uint8Array {
  const pieces: Uint8Array[] = [file.subarray(0, preambleBytes)];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const left = new Set(values.keys());
  let at = preambleBytes;
  while (at < file.length) {
    const tag = `${hex(view.getUint16(at, true))},${hex(view.getUint16(at + 2, true))}`;
    const form = String.fromCharCode(file[at + 4] ?? 0, file[at + 5] ?? 0);
    const isLong = longForms.has(form);
    const length = isLong ? view.getUint32(at + 8, true) : view.getUint16(at + 6, true);
    const end = length === undefinedLength ? file.length : at + (isLong ? 12 : 8) + length;
    const value = isLong ? undefined : values.get(tag);
    pieces.push(value === undefined ? file.subarray(at, end) : element(file.subarray(at, at + 6), value));
    left.delete(tag);
    at = end;
  }
  if (at !== file.length || left.size > 0) throw new DemoError('The synthetic X-ray has another form than expected.');
  return new Uint8Array(Buffer.concat(pieces));
}

/** Tag and form as they were, the length of the new value, and the value filled up with a space to an even length. */
function element(head: Uint8Array, value: string): Uint8Array {
  const text = Buffer.from(value, 'utf8'); // The file says ISO_IR 192.
  const even = text.length % 2 === 0 ? text : Buffer.concat([text, Buffer.from(' ')]);
  if (even.length > shortValueBytesMax) throw new DemoError('A value is too long for the X-ray.');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(even.length);
  return Buffer.concat([head, length, even]);
}

/** `^`, `=` and `\` divide names (PS3.5 §6.2). */
function nameText(name = ''): string {
  return name.replaceAll(/[\^=\\\p{Cc}]/gu, ' ').trim();
}

/** A birth date of which only the year is known has no form in DICOM. */
function dateText(date: string): string {
  return date.length === 10 ? date.replaceAll('-', '') : '';
}

function hex(number: number): string {
  return number.toString(16).padStart(4, '0');
}
