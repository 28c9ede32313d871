import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseUtf8, utf8 } from '../../protocol/bytes.ts';
import { instantOfUnix } from '../../protocol/instant.ts';
import { parseJsonObject } from '../../protocol/json.ts';
import { parseRecordX } from '../../protocol/log/entry.ts';
import {
  parseCommit,
  parseFastPath,
  parsePutAnswer,
  parseReceiptAnswer,
  parseTransferState,
  parseWithdrawnAnswer,
  readTransferState,
  transferStateObject,
  writeCommit,
  writeFastPath,
  writePutAnswer,
  writeReceiptAnswer,
  writeTransferState,
  writeWithdrawnAnswer,
} from '../../protocol/messages.ts';
import { parseResyncAnswer, parseResyncRequest, writeResyncAnswer, writeResyncRequest } from '../../protocol/resync.ts';
import { applyChange, badCases } from '../support/bad-cases.ts';
import { mutatedBytes, refusal } from '../support/refusal.ts';
import { loadVectors } from '../support/vectors.ts';

const vectors = loadVectors();

/** Each body of `exchange`, read and written again. */
const bodies: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array])[] = [
  ['commit', (bytes) => writeCommit(parseCommit(bytes))],
  ['secondCommit', (bytes) => writeCommit(parseCommit(bytes))],
  ['receipt', (bytes) => writeReceiptAnswer(parseReceiptAnswer(bytes))],
  ['state', (bytes) => writeTransferState(parseTransferState(bytes))],
  ['fastPath', (bytes) => writeFastPath(parseFastPath(bytes))],
  ['putAnswer', (bytes) => writePutAnswer(parsePutAnswer(bytes))],
  ['withdrawn', (bytes) => (parseWithdrawnAnswer(bytes), writeWithdrawnAnswer())],
  ['resync/request', (bytes) => writeResyncRequest(parseResyncRequest(bytes))],
  ['resync/answer', (bytes) => writeResyncAnswer(parseResyncAnswer(bytes))],
];

const textOf = (name: string): string => vectors.text(`/exchange/${name}`);
const manifest = '"manifest":"EaU8GanhmJqCBX2pI_DbEWVcaTQE6hslN6--T1_Pduo"';

describe('the bodies of a transfer', () => {
  test.each(bodies)('%s of the vectors is read, and written again byte for byte', (name, again) => {
    expect(parseUtf8(again(utf8(textOf(name))))).toBe(textOf(name));
  });

  test.each(bodies)('%s with an unknown member, another version or no version is refused', (name, again) => {
    const refusalOf = (text: string) => refusal(() => again(utf8(text)));
    expect(refusalOf(textOf(name).replace('{"v":1', '{"v":1,"extra":1'))).toBe('malformed-message');
    expect(refusalOf(textOf(name).replace('{"v":1', '{"v":2'))).toBe('unknown-version');
    expect(refusalOf(textOf(name).replace('{"v":1', '{"v":"1"'))).toBe('malformed-message');
    expect(refusalOf(textOf(name).replace('{"v":1,', '{'))).toBe('malformed-message');
    expect(refusalOf(`${textOf(name)}\n`)).toBeUndefined();
    expect(refusalOf(`${textOf(name)}\n\n`)).toBe('malformed-json');
  });

  test.each(bodies)('%s is read or refused with ProtocolError, whatever its bytes', (name, again) => {
    const seed = utf8(textOf(name).slice(0, 3000));
    fc.assert(fc.property(mutatedBytes(seed), (bytes) => void refusal(() => again(bytes))));
  });

  test('parts missing tell the state that GET tells', () => {
    const have = parseJsonObject(utf8(textOf('partsMissing')))['have'];
    expect(readTransferState(have)).toEqual(parseTransferState(utf8(textOf('state'))));
    expect(transferStateObject(readTransferState(have))).toEqual(have);
  });

  test('a commit holds the record, the proof and the tail of the vectors', () => {
    const commit = parseCommit(utf8(textOf('commit')));
    expect(parseUtf8(commit.record)).toBe(vectors.text('/records/first/bytes'));
    expect(commit).toMatchObject({ proof: vectors.text('/log/tlogProofOfSent'), have: 1, tail: { start: 590 } });
    expect(commit.tail?.entries.length).toBe(10);
    expect(parseCommit(utf8(textOf('secondCommit'))).tail).toBeUndefined();
    expect(parsePutAnswer(utf8(textOf('putAnswer')))).toBe(instantOfUnix(1_790_604_801));
  });

  test.each(badCases('/exchange/commit').filter(({ name }) => name === 'the record in standard base64'))(
    'a commit with $name is refused',
    (bad) => {
      expect(refusal(() => parseCommit(utf8(applyChange(vectors, bad).text())))).toBe('malformed-base64');
    },
  );

  test('a tail has 1,024 entries at most', () => {
    const commit = (count: number) => ({
      ...parseCommit(utf8(textOf('secondCommit'))),
      tail: { start: 0, entries: Array.from({ length: count }, () => Uint8Array.of(1)) },
    });
    expect(parseCommit(writeCommit(commit(1024)))).toEqual({ ...commit(1024), checkpoint: undefined });
    expect(refusal(() => parseCommit(writeCommit(commit(1025))))).toBe('too-large');
  });
});

describe('the state of a transfer', () => {
  const state = (rest: string) => utf8(`{"v":1,${rest}}`);

  test.each([
    ['received without a receipt', `"state":"received",${manifest},"document":true,"att":[]`],
    ['open with a receipt', `"state":"open",${manifest},"document":true,"att":[],"receipt":"x"`],
    ['refused without a proof', `"state":"refused",${manifest},"document":true,"att":[]`],
    ['received with a proof', `"state":"received",${manifest},"document":true,"att":[],"receipt":"x","proof":"x"`],
    ['of a word we do not know', `"state":"lost",${manifest},"document":true,"att":[]`],
    ['with a text for true', `"state":"open",${manifest},"document":"true","att":[]`],
    ['with ranges that touch', `"state":"open",${manifest},"document":true,"att":[[[0,1],[2,3]]]`],
    ['with ranges that fall', `"state":"open",${manifest},"document":true,"att":[[[5,6],[0,1]]]`],
    ['with a range that ends before it begins', `"state":"open",${manifest},"document":true,"att":[[[3,2]]]`],
    ['with a range of three', `"state":"open",${manifest},"document":true,"att":[[[3,4,5]]]`],
    ['with a range of one', `"state":"open",${manifest},"document":true,"att":[[[3]]]`],
    ['with a range of texts', `"state":"open",${manifest},"document":true,"att":[[["0","1"]]]`],
    ['with a chunk that no bundle has', `"state":"open",${manifest},"document":true,"att":[[[0,131072]]]`],
    ['with 101 attachments', `"state":"open",${manifest},"document":true,"att":[${'[],'.repeat(100)}[]]`],
    ['with a list for a manifest', `"state":"open","manifest":[],"document":true,"att":[]`],
  ])('%s is refused', (_, rest) => {
    expect(refusal(() => parseTransferState(state(rest)))).toMatch(/^(malformed-message|too-large)$/);
  });

  test('keeps its ranges, receipt and proof', () => {
    const received = state(`"state":"received",${manifest},"document":true,"att":[[[0,41],[43,43]],[]],"receipt":"r"`);
    expect(writeTransferState(parseTransferState(received))).toEqual(received);
    expect(parseTransferState(received).att).toEqual([
      [
        [0, 41],
        [43, 43],
      ],
      [],
    ]);
    const refused = state(`"state":"refused",${manifest},"document":true,"att":[],"proof":"p"`);
    expect(writeTransferState(parseTransferState(refused))).toEqual(refused);
  });
});

describe('resync', () => {
  test('before anything was exchanged tells seq 0 and no x', () => {
    const answer = { resend: [], top: 0, yours: { top: 0, x: undefined } };
    expect(parseResyncAnswer(writeResyncAnswer(answer))).toEqual(answer);
    const x = parseRecordX('A'.repeat(43));
    expect(refusal(() => parseResyncAnswer(writeResyncAnswer({ ...answer, yours: { top: 0, x } })))).toBeDefined();
    expect(
      refusal(() => parseResyncAnswer(writeResyncAnswer({ ...answer, yours: { top: 1, x: undefined } }))),
    ).toBeDefined();
  });

  test.each([
    ['seq 0', '{"v":1,"have":[[0,1]],"top":1}'],
    ['a list of lists of lists', '{"v":1,"have":[[[1,1]]],"top":1}'],
    ['no list', '{"v":1,"have":{},"top":1}'],
  ])('with %s is refused', (_, body) => {
    expect(refusal(() => parseResyncRequest(utf8(body)))).toBe('malformed-message');
  });

  test('names what is sent again in rising order', () => {
    const answer = (resend: number[]) => writeResyncAnswer({ resend, top: 9, yours: { top: 0, x: undefined } });
    expect(parseResyncAnswer(answer([1, 2, 9])).resend).toEqual([1, 2, 9]);
    for (const resend of [[0], [2, 2], [3, 1]])
      expect(refusal(() => parseResyncAnswer(answer(resend)))).toBe('malformed-message');
  });
});
