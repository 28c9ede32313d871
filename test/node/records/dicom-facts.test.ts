import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dicomHeadBytesMax, dicomMismatch, readDicomFacts } from '../../../node/records/dicom-facts.ts';
import { patient } from './hospital.ts';

const xray = new Uint8Array(readFileSync('test/fixtures/fhir/dicom/synthetic-xray.dcm'));
const text = (value: string): number[] => [...value].map((letter) => letter.charCodeAt(0));

type Value = string | readonly number[];
interface Coding {
  readonly syntax: string;
  readonly big?: boolean;
  readonly implicit?: boolean;
}

const explicitLittle: Coding = { syntax: '1.2.840.10008.1.2.1' };

function element(group: number, number: number, vr: string, value: Value, { big = false, implicit = false }: Coding) {
  const even = typeof value === 'string' ? text(value) : [...value];
  if (even.length % 2 === 1) even.push(vr === 'UI' ? 0 : 0x20);
  const two = (n: number): number[] => (big ? [n >> 8, n & 255] : [n & 255, n >> 8]);
  if (implicit) return [...two(group), ...two(number), ...two(even.length), 0, 0, ...even];
  return [...two(group), ...two(number), ...text(vr), ...two(even.length), ...even];
}

/** A file put together by hand: preamble, the transfer syntax, and these elements. */
function dicom(coding: Coding, elements: readonly (readonly [number, number, string, Value])[]): Uint8Array {
  const syntax = element(0x0002, 0x0010, 'UI', coding.syntax, explicitLittle);
  const length = element(0x0002, 0x0000, 'UL', [syntax.length, 0, 0, 0], explicitLittle);
  const body = elements.flatMap((each) => element(...each, coding));
  return Uint8Array.from([...new Array<number>(128).fill(0), ...text('DICM'), ...length, ...syntax, ...body]);
}

const someone: readonly (readonly [number, number, string, Value])[] = [
  [0x0008, 0x0060, 'CS', 'CT'],
  [0x0010, 0x0010, 'PN', 'Doe^Jo'],
  [0x0010, 0x0020, 'LO', 'A-17'],
];

describe('the header of a DICOM file', () => {
  test('tells what the image shows and whose it says it is', () => {
    expect(readDicomFacts(xray)).toEqual({
      modality: 'CR',
      studyDate: '2026-11-20',
      studyDescription: 'XR forearm left',
      bodyPart: 'FOREARM',
      laterality: 'left',
      rows: expect.any(Number) as number,
      columns: expect.any(Number) as number,
      bitsStored: 12,
      transferSyntax: 'JPEG Lossless, first-order prediction',
      patientId: 'MRN-A-004217',
      patientName: 'Tesfaye^Selam',
      patientBirthDate: '1987-05-14',
      isPartial: false,
    });
  });

  test.each([
    ['explicit, little-endian', explicitLittle],
    ['explicit, big-endian', { syntax: '1.2.840.10008.1.2.2', big: true }],
    ['implicit', { syntax: '1.2.840.10008.1.2', implicit: true }],
    ['of a syntax that nobody knows', { syntax: '1.2.3.4' }],
  ] as const)('is read where it is %s', (_, coding) => {
    expect(readDicomFacts(dicom(coding, someone))).toMatchObject({ modality: 'CT', patientId: 'A-17' });
  });

  test.each([
    ['ISO_IR 100', [0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72], 'Müller'],
    ['ISO_IR 192', [...new TextEncoder().encode('山田^太郎')], '山田^太郎'],
    ['ISO_IR 144', [0xb8, 0xd2, 0xd0, 0xdd], 'Иван'],
    ['ISO_IR 127', [0xe5, 0xd1, 0xc7, 0xe5], 'مرام'],
    ['GB18030', [0xcd, 0xf5], '王'],
    ['\\ISO 2022 IR 87', [0x1b, 0x24, 0x42, 0x3b, 0x33, 0x1b, 0x28, 0x42], '山'],
    ['KLINGON', [0x4d, 0xfc], 'Mü'],
  ] as const)('is read in the character set %s', (charset, name, shown) => {
    const file = dicom(explicitLittle, [
      [0x0008, 0x0005, 'CS', charset],
      [0x0010, 0x0010, 'PN', name],
    ]);
    expect(readDicomFacts(file)?.patientName).toBe(shown);
  });

  test('is read where it is deflated, and a bomb is not unfolded', () => {
    const coding = { syntax: '1.2.840.10008.1.2.1.99' };
    const meta = dicom(coding, []);
    const body = someone.flatMap((each) => element(...each, coding));
    const deflated = (bytes: Uint8Array): Uint8Array => Uint8Array.from([...meta, ...deflateRawSync(bytes)]);
    expect(readDicomFacts(deflated(Uint8Array.from(body)))).toMatchObject({ patientId: 'A-17' });
    expect(readDicomFacts(deflated(new Uint8Array(64 * 1024 * 1024)))).toMatchObject({ isPartial: true });
  });

  test('cut anywhere tells what is left of it', () => {
    for (let size = 0; size < 2500; size += 7) {
      const facts = readDicomFacts(xray.subarray(0, size));
      if (size > 2000) expect(facts).toMatchObject({ modality: 'CR', patientId: 'MRN-A-004217' });
    }
    expect(readDicomFacts(xray.subarray(0, 131))).toBeUndefined();
    expect(readDicomFacts(new TextEncoder().encode('<svg/>'))).toBeUndefined();
    expect(readDicomFacts(new Uint8Array())).toBeUndefined();
  });

  test('never fails and never takes long, whatever bytes come', () => {
    const start = xray.slice(0, 3000);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2999), fc.nat(255)), { maxLength: 40 }), (changes) => {
        const bytes = start.slice();
        for (const [at, value] of changes) bytes[at] = value;
        readDicomFacts(bytes);
      }),
      { numRuns: 300 },
    );
    const nested = new Uint8Array(dicomHeadBytesMax);
    nested.set(dicom(explicitLittle, []));
    const sequence = [
      0x08,
      0,
      0x15,
      0x11,
      ...text('SQ'),
      0,
      0,
      255,
      255,
      255,
      255,
      254,
      255,
      0,
      224,
      255,
      255,
      255,
      255,
    ];
    for (let at = 200; at + sequence.length < nested.length; at += sequence.length) nested.set(sequence, at);
    readDicomFacts(nested);
  });

  test('that names another patient than the chart is told', () => {
    const facts = readDicomFacts(xray);
    if (facts === undefined) throw new Error('the fixture is no DICOM');
    const details = (members: object) => patient({ csvId: 'A-000001', ...members });
    expect(dicomMismatch(facts, details({ mrn: 'mrn a 004217', birthDate: '1987-05-14' }))).toEqual([]);
    expect(dicomMismatch(facts, details({ mrn: 'MRN-A-004217', birthDate: '1987' }))).toEqual([]);
    expect(dicomMismatch(facts, details({ mrn: 'MRN-A-004218', birthDate: '1987-05-14' }))).toEqual(['patient-id']);
    expect(dicomMismatch(facts, details({ mrn: 'MRN-A-004217', birthDate: '1987-05-15' }))).toEqual(['birth-date']);
    expect(dicomMismatch({ isPartial: true }, details({}))).toEqual([]);
  });
});
