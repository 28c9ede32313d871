import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { readDicomFacts } from '../../node/records/dicom-facts.ts';
import { makePatientsCsv } from '../../scripts/demo/patients.ts';
import { xrayOf, type XrayPerson } from '../../scripts/demo/xray.ts';

const original = new Uint8Array(readFileSync('test/fixtures/fhir/dicom/synthetic-xray.dcm'));
const selam: XrayPerson = {
  csv_id: 'A-004217',
  mrn: 'MRN-A-004217',
  family_name: 'Tesfaye',
  given_names: 'Selam',
  birth_date: '1987-05-14',
  sex: 'female',
};

describe('the X-ray of the demo', () => {
  test('of the patient whom the fixture names is the fixture, byte for byte', () => {
    expect(Buffer.from(xrayOf(selam)).equals(original)).toBe(true);
  });

  test('of every invented patient names that patient and shows the same image', () => {
    const people = parse(makePatientsCsv(60, 1), { bom: true, columns: true }) as unknown as readonly XrayPerson[];
    const { patientId: _, patientName: __, patientBirthDate: ___, ...image } = readDicomFacts(original) ?? {};
    const pixelsFrom = Buffer.from(original).indexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00]));
    const pixels = Buffer.from(original.subarray(pixelsFrom));
    expect(people).toHaveLength(60);
    for (const person of people) {
      const xray = xrayOf(person);
      const isWholeDate = person.birth_date?.length === 10;
      expect(readDicomFacts(xray)).toEqual({
        ...image,
        patientId: person.mrn,
        patientName: `${person.family_name}^${person.given_names}`,
        ...(isWholeDate ? { patientBirthDate: person.birth_date } : {}),
      });
      expect(xray.length % 2).toBe(0);
      expect(Buffer.from(xray.subarray(-pixels.length)).equals(pixels)).toBe(true);
    }
  });

  test.each([
    ['an odd length is filled up with a space', 'Xu', 'Ai', 'Xu^Ai'],
    ['an even one is not', 'Xu', 'A', 'Xu^A'],
    ['letters of other scripts count in bytes', 'Müller', 'Ö', 'Müller^Ö'],
    ['what divides names does not divide them', 'A^B=C', 'D\\E', 'A B C^D E'],
  ])('%s', (_, family_name, given_names, told) => {
    const xray = xrayOf({ ...selam, family_name, given_names });
    expect(readDicomFacts(xray)).toMatchObject({ patientName: told, patientId: 'MRN-A-004217', isPartial: false });
    const wanted = Buffer.byteLength(told);
    const name = Buffer.from(xray).indexOf(Buffer.from([0x10, 0, 0x10, 0, 0x50, 0x4e]));
    expect(Buffer.from(xray).readUInt16LE(name + 6)).toBe(wanted + (wanted % 2));
  });
});
