import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instantOfMs } from '../../../protocol/instant.ts';
import { columns, type Column } from '../../../node/records/csv/columns.ts';
import { rejectedCsv, type ImportPlan } from '../../../node/records/csv/plan.ts';
import { remarkWords } from '../../../node/records/csv/row.ts';
import type { Confirmed } from '../../../node/records/csv/import.ts';
import { fieldBytesMax } from '../../../node/records/limits.ts';
import { openHospital, collect, patient, stream, testNow, type Hospital } from './hospital.ts';

interface Expected {
  readonly records: number;
  readonly columns: readonly string[];
  readonly cases: Readonly<Record<string, { readonly csv_id: string; readonly verdict: string; readonly why: string }>>;
}

const file = readFileSync('test/fixtures/fhir/patients.csv');
const expected = JSON.parse(readFileSync('test/fixtures/fhir/patients.expected.json', 'utf8')) as Expected;

let hospital: Hospital;
beforeEach(async () => {
  hospital = await openHospital();
});
afterEach(async () => {
  await hospital[Symbol.asyncDispose]();
});

const csv = (...rows: readonly Partial<Record<Column, string>>[]): string => {
  const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
  const used = columns.filter((column) => column === 'csv_id' || rows.some((row) => row[column] !== undefined));
  return [used, ...rows.map((row) => used.map((column) => row[column] ?? ''))]
    .map((row) => row.map(quote).join(','))
    .join('\r\n');
};
const dryRun = (text: string | Uint8Array): Promise<ImportPlan> => hospital.imports.dryRun(stream(text));
const verdicts = (plan: ImportPlan): string[] => plan.records.map((record) => record.verdict);
const importAll = async (text: string | Uint8Array): Promise<Confirmed & { state: 'imported' }> => {
  const plan = await dryRun(text);
  const done = await hospital.imports.confirm(plan, { leaveOutErrors: true, duplicates: 'as-proposed' });
  if (done.state !== 'imported') throw new Error(`not imported: ${done.state}`);
  return done;
};

describe('an empty cell of a stored patient', () => {
  const full = { csv_id: '1', family_name: 'Haddad', phone: '1', city: 'Tyre', allergies: 'Latex' };
  const details = async () => (await hospital.patients.list('created', { limit: 1 })).records[0]?.details;
  const update = async (eraseEmpty?: boolean) => {
    const plan = await dryRun(csv({ ...full, phone: '', city: 'Sidon', allergies: '' }));
    const choices = { leaveOutErrors: false, ...(eraseEmpty === undefined ? {} : { eraseEmpty }) };
    return await hospital.imports.confirm(plan, choices);
  };
  beforeEach(async () => {
    await importAll(csv(full));
  });

  test('leaves things as they are', async () => {
    expect(await update()).toMatchObject({ updated: 1, unchanged: 0 });
    expect(await details()).toMatchObject({ phone: '1', city: 'Sidon', allergies: ['Latex'] });
    expect(await update(false), 'nothing but empty cells differs now').toMatchObject({ updated: 0, unchanged: 1 });
  });

  test('erases when a person says so, and undo brings it back', async () => {
    const done = await update(true);
    expect(await details()).toMatchObject({ city: 'Sidon', allergies: [] });
    expect(await details()).not.toHaveProperty('phone');
    if (done.state === 'imported') await hospital.imports.undo(done.id);
    expect(await details()).toMatchObject({ phone: '1', city: 'Tyre', allergies: ['Latex'] });
  });
});

describe('a dry run', () => {
  test('gives each of the 200 sample records the expected verdict', async () => {
    const plan = await dryRun(file);
    expect(expected.columns).toEqual(columns);
    expect(plan.records).toHaveLength(expected.records);
    for (const record of plan.records) {
      const wanted = expected.cases[String(record.number)];
      const allowed = wanted === undefined ? ['ok', 'no-match'] : [wanted.verdict];
      expect(allowed, `record ${record.number}: ${wanted?.why ?? 'unmarked'}`).toContain(record.verdict);
    }
    expect(plan.duplicates).toEqual([{ first: 1, records: [1, 101], proposed: 101 }]);
    expect(plan.counts).toMatchObject({ error: 7, duplicate: 1, 'match-certain': 1, 'match-possible': 3, warning: 2 });
    expect(await hospital.patients.count()).toBe(0);
  });

  test('says what would change of stored patients, and compares with them', async () => {
    await importAll(
      csv({
        csv_id: '1',
        family_name: 'Haddad',
        given_names: 'Omar',
        birth_date: '1980-02-11',
        national_id: 'LB-1',
        city: 'Beirut',
      }),
    );
    const plan = await dryRun(
      csv(
        {
          csv_id: '1',
          family_name: 'Haddad',
          given_names: 'Omar',
          birth_date: '1980-02-11',
          national_id: 'LB-1',
          city: 'Tyre',
        },
        {
          csv_id: '2',
          family_name: 'Haddad',
          given_names: 'Omar',
          birth_date: '1980-02-11',
          national_id: 'LB-1',
          city: 'Tyre',
        },
        {
          csv_id: '3',
          family_name: 'Haddad',
          given_names: 'Omar',
          birth_date: '1980-11-02',
          national_id: '',
          city: '',
        },
        {
          csv_id: '4',
          family_name: 'Other',
          given_names: 'Person',
          birth_date: '1999-11-02',
          national_id: '',
          city: '',
        },
      ),
    );
    expect(verdicts(plan)).toEqual(['update', 'match-certain', 'match-possible', 'ok']);
    expect(plan.records[0]?.stored?.changes).toEqual([{ column: 'city', before: 'Beirut', after: 'Tyre' }]);
    const compared = plan.records[1]?.matches[0]?.other;
    expect(compared).toHaveProperty('patient');
  });

  test('says which stored values an empty cell would take away, of every form of cell', async () => {
    await importAll(csv({ csv_id: '1', family_name: 'Haddad', phone: '1', allergies: 'Latex', police_case: 'yes' }));
    const emptied = { csv_id: '1', family_name: 'Haddad', phone: '', allergies: '; ', police_case: '', city: '' };
    const plan = await dryRun(csv(emptied));
    expect(plan.records[0]?.stored?.changes).toEqual([
      { column: 'phone', before: '1', after: '', erases: true },
      { column: 'allergies', before: 'Latex', after: '', erases: true },
      { column: 'police_case', before: 'yes', after: 'no', erases: true },
    ]);
    expect([plan.erased, verdicts(plan)]).toEqual([3, ['update']]);
  });

  test('takes a record only if it is sound with its empty cells and without them', async () => {
    await importAll(csv({ csv_id: '1', family_name: 'Haddad', policy_valid_from: '2025-01-01' }));
    const row = { csv_id: '1', family_name: 'Haddad', policy_valid_from: '', policy_valid_to: '2024-12-31' };
    const plan = await dryRun(csv(row));
    expect(verdicts(plan)).toEqual(['error']);
    expect(plan.records[0]?.remarks.map(({ column }) => column)).toContain('policy_valid_to');
  });

  test('takes a field of 64 kB and refuses one byte more', async () => {
    const row = (bytes: number) =>
      csv({ csv_id: '1', family_name: 'X', notes: 'é'.repeat(bytes / 2) + 'x'.repeat(bytes % 2) });
    expect(verdicts(await dryRun(row(fieldBytesMax)))).toEqual(['ok']);
    const plan = await dryRun(row(fieldBytesMax + 1));
    expect(plan.records[0]?.remarks).toEqual([{ severity: 'error', column: 'notes', rule: 'too-long' }]);
  });

  test.each([
    ['NUL', { notes: 'a\0b' }, 'error'],
    ['a bell', { family_name: 'a\u0007b' }, 'error'],
    ['TAB, CR and LF', { notes: 'a\tb\r\nc' }, 'ok'],
    ['a police case that is neither yes nor no', { police_case: 'perhaps' }, 'error'],
    ['a time without zone', { updated_at: '2026-05-04T05:36:00' }, 'error'],
    ['a birth date of tomorrow', { birth_date: '2026-11-22' }, 'error'],
    ['a birth date of today', { birth_date: '2026-11-21' }, 'ok'],
    ['a birth month to come', { birth_date: '2026-12' }, 'error'],
    ['the year of now', { birth_date: '2026' }, 'ok'],
    ['a birth 130 years ago', { birth_date: '1896-01-01' }, 'ok'],
    ['a birth in the year before', { birth_date: '1895-12-31' }, 'error'],
    ['a year of birth mistyped', { birth_date: '0179' }, 'error'],
    ['29 February of 1900', { birth_date: '1900-02-29' }, 'error'],
    [
      'a policy that ends in the year in which it begins',
      { policy_valid_from: '2026-05-01', policy_valid_to: '2026' },
      'ok',
    ],
    ['only spaces for a name', { family_name: '  ' }, 'error'],
    ['a name that nobody can see', { family_name: '\u200B\u00A0\u2060' }, 'error'],
  ] as const)('judges %s', async (_, cells, verdict) => {
    expect(verdicts(await dryRun(csv({ csv_id: '1', family_name: 'X', ...cells })))).toEqual([verdict]);
  });

  test.each([
    ['', /empty/],
    ['family_name\nX\n', /csv_id is missing/],
    ['csv_id,sex\n1,male\n', /family_name, given_names, name_native/],
    ['csv_id,csv_id,family_name\n', /one name/],
    ['csv_id,family_name\r1,X\r', /CR alone/],
    ['csv_id;family_name\n1;X\n', /semicolons, not by commas; save it as/],
    ['csv_id\tfamily_name\n1\tX\n', /tabs, not by commas/],
    ['sep=;\ncsv_id;family_name\n', /semicolons, not by commas/],
    ['CSV ID,family_name\n', /csv_id is missing; csv_id stands there with capitals or spaces/],
    ['csv_id, Given-Names\n', /is needed; given_names stands there with capitals or spaces/],
    ['c\0s\0v\0_\0i\0d\0\n', /UTF-16, not UTF-8; save it as/],
  ])('refuses the header of %j', async (text, message) => {
    await expect(dryRun(text)).rejects.toMatchObject({
      code: 'csv-header',
      message: expect.stringMatching(message) as string,
    });
  });

  test('reports unknown columns and leaves them out', async () => {
    const plan = await dryRun('csv_id,family_name,shoe_size,error\n1,X,43,old\n');
    expect(plan.unknownColumns).toEqual(['shoe_size']);
    expect(verdicts(plan)).toEqual(['ok']);
  });

  test('takes what a spreadsheet adds: columns without name or content, rows of commas alone', async () => {
    const plan = await dryRun(',,,,\r\ncsv_id,family_name,sex,,\r\n1,X,,,\r\n,,,,\r\n2,Y,f,,\r\n,,,,\r\n');
    expect(plan.unknownColumns).toEqual([]);
    expect(plan.records.map(({ number, line, verdict }) => [number, line, verdict])).toEqual([
      [1, 3, 'ok'],
      [2, 5, 'error'],
    ]);
    const [wrong] = plan.records[1]?.remarks ?? [];
    expect(wrong === undefined ? '' : remarkWords(wrong)).toBe('sex is none of the words male, female, other, unknown');
    const mended = new TextDecoder().decode(await collect(rejectedCsv(plan))).replace('"f"', '"female"');
    expect(verdicts(await dryRun(mended))).toEqual(['ok']);
    expect((await dryRun('csv_id,family_name,,\n1,X,,lost\n')).unknownColumns).toEqual(['columns without a name']);
  });
});

describe('a confirmed import', () => {
  test('stores nothing while errors or duplicates are undecided', async () => {
    const plan = await dryRun(file);
    const done = await hospital.imports.confirm(plan, { leaveOutErrors: false });
    expect(done).toEqual({ state: 'undecided', errors: 7, duplicates: [1] });
    expect(await hospital.patients.count()).toBe(0);
  });

  test('stores the rest and gives the rows with errors back, to be mended and imported', async () => {
    const plan = await dryRun(file);
    const done = await hospital.imports.confirm(plan, { leaveOutErrors: true, duplicates: 'as-proposed' });
    expect(done).toMatchObject({ state: 'imported', added: 192, updated: 0, leftOut: 8 });
    expect(await hospital.patients.count()).toBe(192);
    expect((await hospital.patients.findByCsvId('A-000001'))?.details.city).toBe('Adama');

    const back = new TextDecoder().decode(await collect(rejectedCsv(plan)));
    expect(back).toMatch(/"error","csv_dialect"\r\n/);
    expect(back).toContain('record 33, line ');
    const again = await dryRun(back.replace('"1965-02-29"', '"1965-02-28"'));
    expect(again.counts).toMatchObject({ error: 6, ok: 1 });
    expect(again.unknownColumns).toEqual([]);
  });

  test('imported again changes nothing', async () => {
    await importAll(file);
    const plan = await dryRun(file);
    expect(plan.counts).toMatchObject({ error: 7, duplicate: 1, update: 192 });
    expect(
      plan.records.filter((record) => (record.stored?.changes.length ?? 0) > 0).map((record) => record.number),
    ).toEqual([1]);
    expect(await importAll(file)).toMatchObject({ added: 0, updated: 0, unchanged: 192 });
  });

  test('leaves cells alone whose columns the file lacks', async () => {
    await importAll(csv({ csv_id: '1', family_name: 'X', city: 'Beirut', police_case: 'yes', police_case_no: '7' }));
    await importAll(csv({ csv_id: '1', family_name: 'Y' }));
    expect((await hospital.patients.findByCsvId('1'))?.details).toMatchObject({
      familyName: 'Y',
      city: 'Beirut',
      policeCase: true,
    });
  });

  test('stores nothing at all when the store changed since the dry run', async () => {
    await importAll(csv({ csv_id: '1', family_name: 'X' }));
    const taken = await dryRun(csv({ csv_id: '2', family_name: 'A' }, { csv_id: '3', family_name: 'B' }));
    const changed = await dryRun(csv({ csv_id: '1', family_name: 'Z' }, { csv_id: '4', family_name: 'C' }));
    await hospital.patients.add(patient({ csvId: '3' }));
    const stored = await hospital.patients.findByCsvId('1');
    if (stored === undefined) throw new Error('the import lost a patient');
    await hospital.patients.change(stored.id, 1, { ...stored.details, city: 'Tyre' });
    for (const plan of [taken, changed])
      expect(await hospital.imports.confirm(plan, { leaveOutErrors: false })).toEqual({ state: 'stale' });
    expect(await hospital.patients.count()).toBe(2);
    expect((await hospital.patients.search('Aaa', { limit: 10 })).records).toEqual([]);
  });

  test('is not seen before its last moment, and what a crash leaves is swept', async () => {
    const plan = await dryRun(
      csv(...Array.from({ length: 120 }, (_, i) => ({ csv_id: `${i}`, family_name: `Name${i}` }))),
    );
    const seen: number[] = [];
    const crash = new Error('the machine stops');
    const work = hospital.imports.confirm(plan, { leaveOutErrors: false }, ({ done }) => {
      seen.push(done);
      if (done > 60) throw crash;
    });
    await expect(work).rejects.toBe(crash);
    expect(seen).toEqual([50, 100]);
    expect(await hospital.patients.count()).toBe(0);
    hospital = await hospital.reopen();
    await hospital.imports.sweep();
    expect(await hospital.patients.count()).toBe(0);
    expect(await hospital.imports.list()).toEqual([]);
  });

  test('can be undone: what it brought goes, what it changed is as before', async () => {
    await importAll(csv({ csv_id: '1', family_name: 'Before', city: 'Beirut' }));
    hospital.clock.moveTo(instantOfMs(testNow + 1000));
    const done = await importAll(
      csv({ csv_id: '1', family_name: 'After', city: 'Tyre' }, { csv_id: '2', family_name: 'Newcomer' }),
    );
    expect(done).toMatchObject({ added: 1, updated: 1 });
    expect(await hospital.imports.undo(done.id)).toEqual({ state: 'undone', removed: 1, restored: 1 });
    const restored = await hospital.patients.findByCsvId('1');
    expect(restored?.details).toMatchObject({ familyName: 'Before', city: 'Beirut' });
    expect(restored?.version).toBe(3);
    expect(await hospital.patients.findByCsvId('2')).toBeUndefined();
    for (const [word, found] of [
      ['Before', 1],
      ['After', 0],
      ['Newcomer', 0],
    ] as const)
      expect((await hospital.patients.search(word, { limit: 10 })).records).toHaveLength(found);
    expect(await hospital.imports.undo(done.id)).toEqual({ state: 'already-undone' });
    expect(await hospital.imports.list()).toMatchObject([{ state: 'undone' }, { state: 'done' }]);
  });

  test('is not undone once a patient of it was used', async () => {
    const done = await importAll(csv({ csv_id: '1', family_name: 'X' }, { csv_id: '2', family_name: 'Y' }));
    const used = await hospital.patients.findByCsvId('1');
    if (used === undefined) throw new Error('the import lost a patient');
    await hospital.attachments.add(used.id, { title: 'note', contentType: 'text/plain', bytes: stream('x') });
    expect(await hospital.imports.undo(done.id)).toEqual({ state: 'in-use', patients: [used.id] });
    expect(await hospital.patients.count()).toBe(2);
  });
});

test('nobody looks like themselves, also when two of their names give one blocking key', async () => {
  const plan = await dryRun(
    csv({
      csv_id: 'A-1',
      family_name: 'Liu',
      given_names: 'Lei',
      name_native: '刘磊',
      sex: 'male',
      birth_date: '1962-11-05',
      phone: '+86 900 434 022',
    }),
  );
  expect(verdicts(plan)).toEqual(['ok']);
});
