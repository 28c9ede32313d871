import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseUtf8, utf8 } from '../../../protocol/bytes.ts';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { parseOrigin } from '../../../protocol/ids.ts';
import {
  leafBytes,
  leafOfRecord,
  leafTypes,
  parseLeaf,
  parseRecordX,
  recordX,
  type LeafType,
} from '../../../protocol/log/entry.ts';
import {
  parseKeyRecord,
  parseLocalRecord,
  parseSentRecord,
  parseSuccessorRecord,
  writeKeyRecord,
  writeLocalRecord,
  writeSentRecord,
  writeSuccessorRecord,
} from '../../../protocol/log/record.ts';
import { applyChange, badCases } from '../../support/bad-cases.ts';
import { mutatedBytes, refusal } from '../../support/refusal.ts';
import type { Part } from '../../support/vectors.ts';
import { alderEntries, vectors } from './alder-log.ts';

const transfers = ['first', 'second', 'third', 'reply'];
const record = vectors.text('/records/first/bytes');

/** Refuses what is not a record with exactly the x and the leaves that are given with it. */
function readVector(part: Part, parse: (bytes: Uint8Array) => unknown): void {
  const bytes = utf8(part.text('/bytes'));
  parse(bytes);
  for (const type of part.names('/leaf') as LeafType[]) {
    const leaf = parseLeaf(utf8(part.text(`/leaf/${type}`)));
    const x = recordX(type, bytes, logCrypto);
    if (leaf.type !== type || leaf.x !== x || x !== part.text(`/x/${type}`)) throw new Error('another record');
  }
}

function isRefused(read: () => unknown): boolean {
  try {
    return refusal(read) !== undefined;
  } catch (error) {
    return error instanceof Error && error.message === 'another record';
  }
}

describe('records and leaves', () => {
  test.each(transfers)('the %s of the vectors is read, and written again byte for byte', (name) => {
    const part = vectors.at(`/records/${name}`);
    readVector(part, parseSentRecord);
    expect(parseUtf8(writeSentRecord(parseSentRecord(utf8(part.text('/bytes')))))).toBe(part.text('/bytes'));
    for (const type of part.names('/leaf') as LeafType[])
      expect(parseUtf8(leafOfRecord(type, utf8(part.text('/bytes')), logCrypto))).toBe(part.text(`/leaf/${type}`));
  });

  test('the key, local and noop records of the vectors too', () => {
    readVector(vectors.at('/records/key'), parseKeyRecord);
    readVector(vectors.at('/records/local'), parseLocalRecord);
    readVector(vectors.at('/records/noop'), parseLocalRecord);
    const key = utf8(vectors.text('/records/key/bytes'));
    expect(writeKeyRecord(parseKeyRecord(key))).toEqual(key);
    for (const name of ['local', 'noop']) {
      const bytes = utf8(vectors.text(`/records/${name}/bytes`));
      expect(writeLocalRecord(parseLocalRecord(bytes))).toEqual(bytes);
    }
  });

  test.each(badCases('/records/first'))('$name is refused', (bad) => {
    const part = applyChange(vectors, bad);
    expect(isRefused(() => readVector(part, parseSentRecord))).toBe(true);
  });

  test('the record of a successor log names the lost one', () => {
    const successor = {
      ...parseKeyRecord(utf8(vectors.text('/records/key/bytes'))),
      old: parseOrigin('alder.example/log'),
      reason: 'key-lost',
      root: new Uint8Array(32),
      size: 600,
    };
    expect(parseSuccessorRecord(writeSuccessorRecord(successor))).toEqual(successor);
    expect(refusal(() => writeSuccessorRecord({ ...successor, reason: 'Key lost' }))).toBe('malformed-record');
  });

  test.each([
    ['another version', record.replace('"v":1', '"v":2'), 'unknown-version'],
    ['no version', record.replace(',"v":1', ''), 'malformed-record'],
    ['another member', record.replace('"v":1', '"v":1,"z":1'), 'malformed-record'],
    ['seq 0', record.replace('"seq":1', '"seq":0'), 'malformed-record'],
    ['seq 2 without a prev', record.replace('"seq":1', '"seq":2'), 'malformed-record'],
    ['seq as text', record.replace('"seq":1', '"seq":"1"'), 'malformed-record'],
    ['a line end', `${record}\n`, 'malformed-record'],
    ['an origin that is none', record.replace('birch.example/log', 'birch.example/blog'), 'malformed-name'],
    ['a nested member', record.replace('"v":1', '"v":1,"z":{}'), 'too-large'],
    ['a null member', record.replace('"v":1', '"v":null'), 'malformed-record'],
  ])('a record with %s is refused', (_, text, code) => {
    expect(refusal(() => parseSentRecord(utf8(text)))).toBe(code);
  });

  test.each([
    ['an unknown kind', { kind: 'gossip', salt: 'A'.repeat(43), v: 1 }],
    ['no salt', { kind: 'noop', v: 1 }],
    [
      '17 further members',
      {
        ...Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`a${10 + i}`, i])),
        kind: 'noop',
        salt: 'A'.repeat(43),
        v: 1,
      },
    ],
    ['a name with a space', { 'a b': 1, kind: 'noop', salt: 'A'.repeat(43), v: 1 }],
  ])('a local record with %s is refused', (_, object) => {
    expect(refusal(() => parseLocalRecord(utf8(JSON.stringify(object))))).toBe('malformed-record');
  });

  test.each(leafTypes)('a %s leaf is read back', (type) => {
    const x = recordX(type, utf8(record), logCrypto);
    expect(parseLeaf(leafBytes(type, x))).toEqual({ type, x });
  });

  test('every leaf of the log of the vectors is read', () => {
    for (const entry of alderEntries()) expect(leafBytes(parseLeaf(entry).type, parseLeaf(entry).x)).toEqual(entry);
  });

  test.each([
    ['another version', '{"t":"sent","v":2,"x":"WQg_jij8HLmLtRB3_EkUJDtVNzctEP_WvWzU6zNzg20"}', 'unknown-version'],
    [
      'an x that is not canonical',
      '{"t":"sent","v":1,"x":"WQg_jij8HLmLtRB3_EkUJDtVNzctEP_WvWzU6zNzg21"}',
      'malformed-leaf',
    ],
    ['a newline', '{"t":"sent","v":1,"x":"WQg_jij8HLmLtRB3_EkUJDtVNzctEP_WvWzU6zNzg20"}\n', 'malformed-leaf'],
    ['nothing', '', 'malformed-leaf'],
  ])('a leaf with %s is refused', (_, text, code) => {
    expect(refusal(() => parseLeaf(utf8(text)))).toBe(code);
  });

  test('an x is 32 bytes in canonical base64url', () => {
    expect(refusal(() => parseRecordX('A'.repeat(43)))).toBeUndefined();
    for (const text of ['', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}B`, `${'A'.repeat(42)}=`])
      expect(refusal(() => parseRecordX(text))).toBe('malformed-record');
  });

  test('any bytes are a record or leaf in one spelling or refused', () => {
    const leaf = utf8(vectors.text('/records/first/leaf/sent'));
    fc.assert(
      fc.property(mutatedBytes(utf8(record)), mutatedBytes(leaf), (bytes, entry) => {
        if (refusal(() => parseSentRecord(bytes)) === undefined)
          expect(writeSentRecord(parseSentRecord(bytes))).toEqual(bytes);
        for (const parse of [parseKeyRecord, parseLocalRecord, parseSuccessorRecord]) refusal(() => parse(bytes));
        if (refusal(() => parseLeaf(entry)) === undefined)
          expect(leafBytes(parseLeaf(entry).type, parseLeaf(entry).x)).toEqual(entry);
      }),
    );
  });
});
