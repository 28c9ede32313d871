import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, parseUtf8, utf8 } from '../../protocol/bytes.ts';
import { parseCourier, writeCourier } from '../../protocol/courier.ts';
import { crc32, readZip, writeZip } from '../../protocol/zip.ts';
import { applyChange, badCases, flipBit } from '../support/bad-cases.ts';
import { hasPython, python } from '../support/oracles.ts';
import { mutatedBytes, refusal } from '../support/refusal.ts';
import { loadVectors } from '../support/vectors.ts';

const vectors = loadVectors();
const file = vectors.bytes('/courier/file');

describe('a courier file', () => {
  test('of the vectors holds the bytes of the transfer, and is written again byte for byte', () => {
    const courier = parseCourier(file);
    if (courier.kind !== 'bundle') throw new Error('not a bundle');
    expect(courier.manifest).toEqual(utf8(vectors.text('/manifest/bytes')));
    expect(courier.commit).toEqual(utf8(vectors.text('/exchange/commit')));
    expect(courier.chunks.map((list) => list.length)).toEqual([1, 1]);
    expect(writeCourier(courier)).toEqual(file);
  });

  test("has the members and the CRC-32s of the vectors' list", () => {
    const members = readZip(file).map(({ name, bytes }) => [name, bytes.length, crc32(bytes)]);
    expect(members).toEqual(
      vectors
        .list('/courier/members')
        .map((member) => [member.text('/name'), member.number('/size'), Number.parseInt(member.text('/crc32'), 16)]),
    );
  });

  test('may hold a receipt, or a bundle with attachments of many chunks', () => {
    const receipt = { kind: 'receipt', receipt: utf8(vectors.text('/exchange/receipt')) } as const;
    expect(parseCourier(writeCourier(receipt))).toEqual(receipt);
    const chunks = [1, 12, 2].map((count) => Array.from({ length: count }, (_, i) => Uint8Array.of(count, i)));
    const bundle = { kind: 'bundle', manifest: utf8('m'), document: utf8('d'), chunks, commit: utf8('c') } as const;
    expect(parseCourier(writeCourier(bundle))).toEqual(bundle);
  });

  test.each(badCases('/courier/file'))('with $name is refused', (bad) => {
    expect(refusal(() => parseCourier(applyChange(vectors, bad).bytes()))).toBeDefined();
  });

  test('with any one bit changed is refused, but for what only the directory says of the maker', () => {
    const allowed = new Set<number>();
    let at = file.length - 22;
    for (const { name } of readZip(file).toReversed()) {
      at -= 46 + name.length;
      // Version made by, and external attributes: no header of the member repeats them, and no reader here asks.
      for (const field of [4, 5, 38, 39, 40, 41]) allowed.add(at + field);
    }
    for (let bit = 0; bit < file.length * 8; bit += 1)
      if (refusal(() => parseCourier(flipBit(file, bit))) === undefined && !allowed.has(bit >> 3))
        expect.fail(`bit ${bit}`);
  });

  test.each([
    [
      'without magic',
      [
        { name: 'fernpost', bytes: utf8('fernpost-courier/v2\n') },
        { name: 'receipt', bytes: utf8('{}') },
      ],
    ],
    ['without anything', []],
    ['with a chunk left out', member('fernpost', 'manifest', 'document', 'att/0/0', 'att/0/2', 'commit')],
    ['with an attachment left out', member('fernpost', 'manifest', 'document', 'att/1/0', 'commit')],
    ['with a chunk twice', member('fernpost', 'manifest', 'document', 'att/0/0', 'att/0/0', 'commit')],
    ['with no commit', member('fernpost', 'manifest', 'document')],
    ['with something behind the commit', member('fernpost', 'manifest', 'document', 'commit', 'receipt')],
    ['with a receipt and more', member('fernpost', 'receipt', 'receipt')],
    ['with a path upwards', member('fernpost', 'manifest', 'document', '../att/0/0', 'commit')],
    ['with a long name', member('fernpost', 'x'.repeat(65))],
  ])('%s is refused', (_, members) => {
    expect(refusal(() => parseCourier(writeZip(members)))).toBeDefined();
  });

  test('has no byte before, after or between', () => {
    for (const bad of [
      concat(Uint8Array.of(0), file),
      concat(file, Uint8Array.of(0)),
      file.subarray(1),
      file.subarray(0, -1),
      file.subarray(0, 10),
    ])
      expect(refusal(() => parseCourier(bad))).toBeDefined();
  });

  test('of any bytes is read or refused with ProtocolError', () => {
    const seed = writeCourier({ kind: 'receipt', receipt: utf8('{"v":1}') });
    fc.assert(fc.property(mutatedBytes(seed), (bytes) => void refusal(() => parseCourier(bytes))));
  });

  test.skipIf(!hasPython())("is opened by Python's zipfile", () => {
    const script =
      'import sys, io, zipfile; z = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read())); print(z.testzip(), z.namelist())';
    expect(parseUtf8(python(script, file))).toContain("None ['fernpost', 'manifest'");
  });
});

function member(...names: readonly string[]): { name: string; bytes: Uint8Array }[] {
  return names.map((name) => ({ name, bytes: utf8(name === 'fernpost' ? 'fernpost-courier/v1\n' : '') }));
}
