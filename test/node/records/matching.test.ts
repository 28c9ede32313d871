import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextTurn } from '../../../node/platform/turn.ts';
import { detailsOf, makeCells } from '../../../node/records/csv/columns.ts';
import { readCsv } from '../../../node/records/csv/read.ts';
import { matchProfile, matchWords, scoreMatch, type MatchResult } from '../../../node/records/matching/score.ts';
import { jaroWinkler } from '../../../node/records/matching/similarity.ts';
import type { PatientDetails } from '../../../node/records/model.ts';
import { matchingForm, matchingWords, showBidiControls } from '../../../node/records/normalise.ts';
import { patient, stream } from './hospital.ts';

const score = (a: PatientDetails, b: PatientDetails): MatchResult => scoreMatch(matchProfile(a), matchProfile(b));

async function fixture(): Promise<ReadonlyMap<number, PatientDetails>> {
  const found = new Map<number, PatientDetails>();
  let header: readonly string[] = [];
  for await (const { number, fields } of readCsv(stream(readFileSync('test/fixtures/fhir/patients.csv')), nextTurn)) {
    if (number === 0) header = fields;
    else found.set(number, detailsOf(makeCells((column) => fields[header.indexOf(column)] ?? '')));
  }
  return found;
}

describe('the match score', () => {
  test.each([
    [102, 2, 'certain', 'same national id and birth date'],
    [103, 3, 'probable', 'day and month swapped, another phone'],
    [104, 4, 'probable', 'a spelling variant'],
    [105, 6, 'certainly-not', 'twins'],
    [106, 7, 'probable', 'family and given name swapped'],
    [101, 1, 'certain', 'the same patient moved'],
  ])('of records %i and %i is %s: %s', async (a, b, grade) => {
    const patients = await fixture();
    const [one, other] = [patients.get(a), patients.get(b)];
    if (one === undefined || other === undefined) throw new Error('the fixture lacks a record');
    expect(score(one, other).grade).toBe(grade);
    expect(score(other, one)).toEqual(score(one, other));
  });

  const full = patient({
    csvId: '1',
    familyName: 'Haddad',
    givenNames: 'Omar',
    nationalId: 'LB-1234-5678',
    birthDate: '1980-02-11',
    phone: '+961 900 123 456',
    sex: 'male',
    country: 'LB',
  });

  test('never calls an identifier conflict more than possible', () => {
    const result = score(full, { ...full, nationalId: 'LB-9999-0000' });
    expect(result).toMatchObject({ conflict: true, grade: 'possible' });
    expect(matchWords(result)).toMatch(/^possible \(conflict\), score 15: national id differs \(-8\)/);
  });

  test('is never certain without an identifier', () => {
    const { nationalId: _, ...without } = full;
    expect(score(full, without).grade).toBe('probable');
  });

  test('takes national ids of two countries for two systems', () => {
    expect(score(full, { ...full, nationalId: '1', country: 'SY' }).conflict).toBe(false);
  });

  test.each([
    ['1980', 2],
    ['1980-02', 2],
    ['1981', -6],
    ['1980-02-12', 1],
    ['1980-11-02', 4],
    ['1979-03-12', -6],
  ])('weighs the birth date %s with %i', (birthDate, weight) => {
    const reason = score(full, { ...full, birthDate }).reasons.find(({ field }) => field === 'birth date');
    expect(reason?.weight).toBe(weight);
  });

  test('is symmetric and finite for any two patients', () => {
    const names = fc.constantFrom('', 'Ana', 'Anna Maria', 'A.', "O'Connor", 'O’Connor', 'Łukasz', '王', 'Strauß');
    const some = fc
      .record({ familyName: names, givenNames: names, birthDate: fc.constantFrom('', '1980', '1980-01-02') })
      .map((members) => patient({ csvId: '1', ...members }));
    fc.assert(
      fc.property(some, some, (a, b) => {
        expect(score(a, b).score).toBe(score(b, a).score);
      }),
    );
  });
});

test.each([
  ['martha', 'marhta', 0.961],
  ['dixon', 'dicksonx', 0.813],
  ['karthik', 'kartik', 0.971],
  ['a', 'b', 0],
  ['', 'b', 0],
])('Jaro-Winkler of %s and %s is %f', (a, b, similarity) => {
  expect(jaroWinkler(a, b)).toBeCloseTo(similarity, 2);
});

describe('the matching form', () => {
  test.each([
    ['García López', 'garcia lopez'],
    ['García López'.normalize('NFD'), 'garcia lopez'],
    ['Tes\u200Bfaye', 'tesfaye'],
    ['STRAUSS', matchingForm('Strauß')],
    ['ＦＵＬＬ', 'full'],
    ['İpek', 'ipek'],
    ['Żaneta Łukasiewicz', 'zaneta lukasiewicz'],
    ['Пётр', 'петр'],
    ['مُحَمَّد', 'محمد'],
  ])('of %s is %s', (text, form) => {
    expect(matchingForm(text)).toBe(form);
  });

  test('keeps apart what other letters make different', () => {
    expect(matchingForm('Iğdır')).not.toBe(matchingForm('Iğdir'));
    expect(matchingForm('कि')).not.toBe(matchingForm('का'));
    expect(matchingForm('がき')).not.toBe(matchingForm('かき'));
  });

  test('takes both apostrophes for none', () => {
    expect(matchingWords('O’Connor-Smith')).toEqual(matchingWords("O'Connor Smith"));
  });
});

test('a bidi override is shown as text', () => {
  expect(showBidiControls('safe\u202Etxt.exe')).toBe('safe[U+202E]txt.exe');
});
