import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBase64 } from '../../../protocol/bytes.ts';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { parseOrigin } from '../../../protocol/ids.ts';
import { signCheckpoint } from '../../../protocol/log/checkpoint.ts';
import { emptyRoot } from '../../../protocol/log/merkle.ts';
import {
  formatSizeAnswer,
  judgeAddCheckpoint,
  parseAddCheckpoint,
  parseSizeAnswer,
  writeAddCheckpoint,
  type WitnessedLog,
} from '../../../protocol/log/witness.ts';
import { applyChange, badCases } from '../../support/bad-cases.ts';
import { mutatedText, refusal } from '../../support/refusal.ts';
import { alderKey, alderSign, vectors } from './alder-log.ts';

const body = vectors.text('/log/addCheckpoint300to600');
const rootAt = (size: number): Uint8Array => parseBase64(vectors.text(`/log/roots/${size}`));
const holding = (size: number, root = rootAt(size)): WitnessedLog => ({ keys: [alderKey], held: { size, root } });
const judge = (text: string, log: WitnessedLog | undefined) =>
  judgeAddCheckpoint(text, (origin) => (origin === 'alder.example/log' ? log : undefined), logCrypto);

describe('add-checkpoint', () => {
  test('of the vectors is taken by a witness that holds 300', () => {
    const verdict = judge(body, holding(300));
    expect(verdict).toMatchObject({ status: 200, checkpoint: { size: 600 }, note: vectors.text('/log/checkpoint600') });
  });

  test.each(badCases('/log/addCheckpoint300to600'))('with $name is answered $expect', (bad) => {
    expect(judge(applyChange(vectors, bad).text(), holding(300)).status).toBe(Number(bad.expect));
  });

  test('of an unknown log is answered 404', () => {
    expect(judge(body, undefined)).toEqual({ status: 404 });
  });

  test('that was taken before is answered 409 with the size held', () => {
    expect(judge(body, holding(600))).toEqual({ status: 409, size: 600, evidence: false });
    expect(judge(body, { keys: [alderKey], held: undefined })).toEqual({ status: 409, size: 0, evidence: false });
  });

  test('from the size held to itself is taken, and with another root is a fork', () => {
    const again = writeAddCheckpoint(600, [], vectors.text('/log/checkpoint600'));
    expect(judge(again, holding(600)).status).toBe(200);
    expect(judge(again, holding(600, rootAt(300)))).toEqual({ status: 409, size: 600, evidence: true });
  });

  test('of a log that grew from another history is 422, and evidence', () => {
    expect(judge(body, holding(300, rootAt(257)))).toMatchObject({ status: 422, evidence: true });
  });

  test('a first checkpoint is taken from size 0 with no proof, and with no other', () => {
    const note = vectors.text('/log/checkpoint600');
    const unseen = { keys: [alderKey], held: undefined };
    expect(judge(writeAddCheckpoint(0, [], note), unseen).status).toBe(200);
    expect(judge(writeAddCheckpoint(0, [rootAt(300)], note), unseen).status).toBe(422);
    const empty = { origin: parseOrigin('alder.example/log'), size: 0, root: emptyRoot(logCrypto) };
    expect(judge(writeAddCheckpoint(0, [], signCheckpoint(empty, alderKey, alderSign)), unseen).status).toBe(200);
    const fake = signCheckpoint({ ...empty, root: rootAt(300) }, alderKey, alderSign);
    expect(judge(writeAddCheckpoint(0, [], fake), unseen).status).toBe(409);
  });

  test("is signed by any line of the log's own key; the other lines are left behind", () => {
    const foreign = vectors
      .text('/log/checkpoint600Cosigned')
      .split('\n')
      .find((line) => line.startsWith('— birch'));
    const moved = body.replace('\n— alder', `\n${foreign ?? ''}\n— alder`);
    expect(judge(moved, holding(300))).toMatchObject({ status: 200, note: vectors.text('/log/checkpoint600') });
  });

  test.each([
    ['no old size', body.slice(body.indexOf('\n') + 1)],
    ['a leading zero', body.replace('old 300', 'old 0300')],
    [
      '64 hashes',
      writeAddCheckpoint(
        300,
        Array.from({ length: 64 }, () => rootAt(300)),
        vectors.text('/log/checkpoint600'),
      ),
    ],
    ['no blank line', body.replace('\n\n', '\n')],
    ['an extension line', body.replace('\n\n— ', '\nextension\n\n— ')],
    ['nothing', ''],
  ])('with %s is answered 400', (_, text) => {
    expect(judge(text, holding(300))).toEqual({ status: 400 });
  });

  test('of any text is judged without a fault, and read in one spelling', () => {
    fc.assert(
      fc.property(mutatedText(body), (text) => {
        expect([200, 400, 403, 404, 409, 422]).toContain(judge(text, holding(300)).status);
        if (refusal(() => parseAddCheckpoint(text)) !== undefined) return;
        const { old, path, note } = parseAddCheckpoint(text);
        expect(writeAddCheckpoint(old, path, note)).toBe(text);
      }),
    );
  });
});

test('the size in a 409 answer is read in one spelling', () => {
  expect(parseSizeAnswer(formatSizeAnswer(600))).toBe(600);
  for (const text of ['600', '0600\n', '600\n\n', 'x\n', ''])
    expect(
      refusal(() => parseSizeAnswer(text)),
      text,
    ).toBe('malformed-checkpoint');
});
