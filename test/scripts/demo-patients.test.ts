import { describe, expect, test } from 'vitest';
import { detailsOf } from '../../node/records/csv/columns.ts';
import { checkCells } from '../../node/records/csv/row.ts';
import { matchProfile, scoreMatch } from '../../node/records/matching/score.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { parseInstant } from '../../protocol/instant.ts';
import { makePatientsCsv } from '../../scripts/demo/patients.ts';
import { cellsOfCsv } from '../support/patients.ts';

const now = parseInstant('2026-11-20T19:14:00Z');

test('the same count and seed give the same file, and another seed another one', () => {
  expect(makePatientsCsv(50, 7)).toBe(makePatientsCsv(50, 7));
  expect(makePatientsCsv(50, 8)).not.toBe(makePatientsCsv(50, 7));
});

describe.each([1, 2, 3])('200 invented patients of seed %i', async (seed) => {
  const rows = await cellsOfCsv(utf8(makePatientsCsv(200, seed)));

  test('are all imported without a remark', () => {
    expect(rows).toHaveLength(200);
    expect(new Set(rows.map((row) => row.csv_id)).size).toBe(200);
    for (const row of rows) expect(checkCells(row, now), row.csv_id).toEqual([]);
  });

  test('are 200 people: nobody looks like another', () => {
    const profiles = rows.map((row) => matchProfile(detailsOf(row)));
    const alike = profiles.flatMap((one, index) =>
      profiles
        .slice(index + 1)
        .map((other) => scoreMatch(one, other).grade)
        .filter((grade) => grade !== 'certainly-not'),
    );
    expect(alike).toEqual([]);
  });

  test('come in many scripts, some with insurance, a companion, a history or a police case', () => {
    const text = rows.map((row) => row.name_native + row.family_name + row.given_names).join('');
    for (const script of ['Ethiopic', 'Arabic', 'Devanagari', 'Tamil', 'Han', 'Hangul', 'Cyrillic', 'Hebrew', 'Latin'])
      expect(text).toMatch(new RegExp(`\\p{Script=${script}}`, 'u'));
    for (const column of ['insurer', 'bystander_name', 'allergies', 'conditions', 'procedures', 'notes'] as const) {
      const filled = rows.filter((row) => row[column] !== '').length;
      expect(filled, column).toBeGreaterThan(30);
      expect(filled, column).toBeLessThan(190);
    }
    expect(rows.some((row) => row.police_case === 'yes' && row.police_case_no !== '')).toBe(true);
  });
});
