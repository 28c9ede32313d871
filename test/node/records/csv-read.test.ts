import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nextTurn } from '../../../node/platform/turn.ts';
import { readCsv, type CsvRecord } from '../../../node/records/csv/read.ts';
import { RecordsError } from '../../../node/records/errors.ts';
import { csvBytesMax, csvRecordsMax } from '../../../node/records/limits.ts';
import { stream } from './hospital.ts';

const canary = 'Quagmire';

async function read(...pieces: readonly (Uint8Array | string)[]): Promise<CsvRecord[]> {
  const records: CsvRecord[] = [];
  for await (const record of readCsv(stream(...pieces), nextTurn)) records.push(record);
  return records;
}

async function refusal(...pieces: readonly (Uint8Array | string)[]): Promise<RecordsError> {
  const error: unknown = await read(...pieces).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof RecordsError)) throw new Error('expected a RecordsError', { cause: error });
  return error;
}

describe('a CSV file', () => {
  test.each([
    [
      'with LF',
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'with CRLF and no end of line',
      'a,b\r\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'with a byte order mark',
      '\uFEFFa,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'with spaces that belong to the field',
      'a,b\n 1 ,"  2"\n',
      [
        ['a', 'b'],
        [' 1 ', '  2'],
      ],
    ],
    [
      'with quotes, commas and lines in a field',
      'a,b\n"x ""y"", z","1\r\n2\n3"\n',
      [
        ['a', 'b'],
        ['x "y", z', '1\r\n2\n3'],
      ],
    ],
    [
      'with empty lines between',
      'a,b\n\n1,2\n\n\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'with a byte order mark inside',
      'a,b\n\uFEFF1,2\n',
      [
        ['a', 'b'],
        ['\uFEFF1', '2'],
      ],
    ],
  ])('%s is read', async (_, text, fields) => {
    expect((await read(text)).map((record) => record.fields)).toEqual(fields);
  });

  test('is read alike however it is cut', async () => {
    const bytes = readFileSync('test/fixtures/fhir/patients.csv');
    const whole = await read(bytes);
    const cut = await read(
      ...Array.from({ length: Math.ceil(bytes.length / 97) }, (_, i) => bytes.subarray(i * 97, i * 97 + 97)),
    );
    expect(cut).toEqual(whole);
    const few = bytes.subarray(0, bytes.indexOf('\n', 4000) + 1);
    expect(await read(...Array.from(few, (byte) => Uint8Array.of(byte)))).toEqual(await read(few));
  });

  test('gives each record the line on which it begins, after lines inside fields too', async () => {
    const records = await read('a,b\r\n1,"x\r\ny\r\nz"\r\n\r\n2,"p\nq"\r\n3,r\r\n');
    expect(records.map((record) => record.line)).toEqual([1, 2, 6, 8]);
  });

  test.each([
    ['a quote inside a field', `a,b\r\n1,"x\r\ny"\r\n2,${canary}"z"\r\n`, 'csv-syntax', /^line 4:/],
    ['text after a closing quote', `a,b\n1,"${canary}"x\n`, 'csv-syntax', /^line 2:/],
    ['a quote that never closes', `a,b\n1,2\n3,"${canary}\n4,5\n6,7\n`, 'csv-syntax', /^line 3:/],
    ['too few fields', `a,b\n1,2\n${canary}\n`, 'csv-syntax', /^line 3: 1 fields where the header has 2/],
    ['too many fields', `a,b\n1,2,${canary}\n`, 'csv-syntax', /^line 2: 3 fields/],
  ] as const)('with %s is refused, with the line and without the content', async (_, text, code, message) => {
    const error = await refusal(text);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(`${error.message} ${String(error.cause)} ${error.stack}`).not.toContain(canary);
  });

  test.each([
    ['Latin-1', Uint8Array.from([0x61, 0x2c, 0x62, 0x0a, 0xe9, 0x2c, 0x31, 0x0a])],
    ['UTF-16', new Uint8Array(Buffer.from('\uFEFFa,b\n1,2\n', 'utf16le'))],
    ['cut inside a character', Uint8Array.from([0x61, 0x0a, 0xc3])],
  ])('in %s is refused', async (_, bytes) => {
    expect((await refusal(bytes)).code).toBe('csv-encoding');
  });

  test.each([
    ['a workbook', Uint8Array.of(0x50, 0x4b, 0x03, 0x04, 0xff), /workbook/],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x41, 0x00), /UTF-16, not UTF-8/],
  ])('is told from %s, with what to do, however it comes in pieces', async (_, bytes, words) => {
    for (const pieces of [[bytes], [...bytes].map((byte) => Uint8Array.of(byte))]) {
      const { message } = await refusal(...pieces);
      expect(message).toMatch(words);
      expect(message).toContain('save it as "CSV UTF-8 (comma delimited)"');
    }
  });

  test('has at most 100,000 records', async () => {
    const line = 'x,y\n';
    expect(await read(`a,b\n${line.repeat(csvRecordsMax)}`)).toHaveLength(csvRecordsMax + 1);
    expect((await refusal(`a,b\n${line.repeat(csvRecordsMax + 1)}`)).code).toBe('csv-too-many-records');
  });

  test('has at most 10 MiB', async () => {
    const head = 'a,b\n1,';
    const fill = 'x'.repeat(csvBytesMax - head.length);
    expect(await read(head, fill)).toHaveLength(2);
    expect((await refusal(head, fill, 'x')).code).toBe('csv-too-large');
  });
});
