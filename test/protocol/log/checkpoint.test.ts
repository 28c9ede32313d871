import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBase64, utf8 } from '../../../protocol/bytes.ts';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { signingKey } from '../../../protocol/crypto/sign.ts';
import { parseOrigin } from '../../../protocol/ids.ts';
import { instantOfUnix } from '../../../protocol/instant.ts';
import {
  isSameHead,
  parseCheckpoint,
  parseCount,
  signCheckpoint,
  verifyCheckpoint,
  writeCheckpoint,
} from '../../../protocol/log/checkpoint.ts';
import { cosign, findWitnesses, parseCosignatures, withCosignatures } from '../../../protocol/log/cosignature.ts';
import { emptyRoot, inclusionProof } from '../../../protocol/log/merkle.ts';
import { appendLeaves, emptyEdge } from '../../../protocol/log/edge.ts';
import { parseVkey } from '../../../protocol/log/note.ts';
import { parseProof, verifyProof, writeProof } from '../../../protocol/log/proof.ts';
import { openTile, tileHashReader } from '../../../protocol/log/tile.ts';
import { applyChange, badCases } from '../../support/bad-cases.ts';
import { mutatedText, refusal } from '../../support/refusal.ts';
import { alderEntries, alderKey, alderSign, staticLog, vectors } from './alder-log.ts';

const checkpoint = vectors.text('/log/checkpoint600');
const cosigned = vectors.text('/log/checkpoint600Cosigned');
const witnesses = vectors.list('/log/witnessVkeys').map((vkey) => parseVkey(vkey.text(), logCrypto));
const head = {
  origin: parseOrigin('alder.example/log'),
  size: 600,
  root: parseBase64(vectors.text('/log/roots/600')),
};
const sent = utf8(vectors.text('/records/first/leaf/sent'));

/** Every text that differs from `text` in one bit of its UTF-8, where that is still UTF-8. */
function* bitFlips(text: string): Generator<string> {
  const bytes = utf8(text);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const copy = Uint8Array.from(bytes);
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    try {
      yield decoder.decode(copy);
    } catch {
      continue; // Bytes that are not UTF-8 never become a text.
    }
  }
}

describe('a checkpoint', () => {
  test("of the vectors is Alder's, and is made again byte for byte", () => {
    expect(isSameHead(verifyCheckpoint(checkpoint, alderKey, logCrypto), head)).toBe(true);
    expect(signCheckpoint(head, alderKey, alderSign)).toBe(checkpoint);
  });

  test.each(badCases('/log/checkpoint600'))('with $name is refused', (bad) => {
    const note = applyChange(vectors, bad).text();
    expect(refusal(() => verifyCheckpoint(note, alderKey, logCrypto))).toBeDefined();
  });

  test('with any one bit changed is refused', () => {
    for (const text of bitFlips(checkpoint))
      if (refusal(() => verifyCheckpoint(text, alderKey, logCrypto)) === undefined) expect.fail(text);
  });

  test('of an empty log has the hash of nothing', () => {
    const empty = { ...head, size: 0, root: emptyRoot(logCrypto) };
    expect(verifyCheckpoint(signCheckpoint(empty, alderKey, alderSign), alderKey, logCrypto).size).toBe(0);
    const other = signCheckpoint({ ...empty, root: head.root }, alderKey, alderSign);
    expect(refusal(() => verifyCheckpoint(other, alderKey, logCrypto))).toBe('root-mismatch');
  });

  test.each(['', '00', '-1', '1e3', '9007199254740992', '1 '])('does not count to "%s"', (text) => {
    expect(refusal(() => parseCount(text))).toBe('malformed-checkpoint');
  });

  test('of any text is read in one spelling or refused', () => {
    fc.assert(
      fc.property(mutatedText(checkpoint), (text) => {
        if (refusal(() => parseCheckpoint(text)) === undefined)
          expect(text.startsWith(`${writeCheckpoint(parseCheckpoint(text))}\n—`)).toBe(true);
      }),
    );
  });
});

describe('cosignatures', () => {
  test('of the vectors are two witnesses at their moment, and are made again byte for byte', () => {
    const found = findWitnesses(verifyCheckpoint(cosigned, alderKey, logCrypto), witnesses, logCrypto);
    const moment = instantOfUnix(vectors.number('/log/cosignatureTime'));
    expect(found.map(({ key }) => key.name)).toEqual(['birch.example/witness', 'cedar.example/witness']);
    expect(found[0]?.at).toBe(moment);
    const [birch] = witnesses;
    if (birch === undefined) throw new Error('no witness');
    const { sign } = signingKey(vectors.bytes('/keys/birch/cosign/seed'));
    const made = cosign(parseCheckpoint(checkpoint), birch, moment, sign);
    expect(cosigned).toContain(made);
    expect(withCosignatures(parseCheckpoint(checkpoint), parseCosignatures(made))).toBe(checkpoint + made);
    expect(refusal(() => cosign(parseCheckpoint(checkpoint), alderKey, moment, sign))).toBe('malformed-key');
  });

  test.each(badCases('/log/checkpoint600Cosigned'))('$name: $expect', (bad) => {
    const note = applyChange(vectors, bad).text();
    const found = findWitnesses(verifyCheckpoint(note, alderKey, logCrypto), witnesses, logCrypto);
    expect(found.length).toBe(Number(/counts ([0-9])/.exec(bad.expect)?.[1]));
  });

  test('of one key under two names are one witness', () => {
    const [birch] = witnesses;
    if (birch === undefined) throw new Error('no witness');
    const both = [birch, ...witnesses, birch];
    expect(findWitnesses(parseCheckpoint(cosigned), both, logCrypto).length).toBe(2);
  });

  test.each([
    ['nothing', ''],
    ['no newline', '— birch.example/witness YYeYQAAA'],
    ['an empty line', '— birch.example/witness YYeYQAAA\n\n'],
    ['17 lines', '— birch.example/witness YYeYQAAA\n'.repeat(17)],
  ])('are not read from %s', (_, text) => {
    expect(refusal(() => parseCosignatures(text))).toBe('malformed-note');
  });

  test('do not fit above 16 lines', () => {
    const lines = parseCosignatures('— birch.example/witness YYeYQAAA\n'.repeat(16));
    expect(refusal(() => withCosignatures(parseCheckpoint(checkpoint), lines))).toBe('too-large');
  });
});

describe('a proof', () => {
  const proof = vectors.text('/log/tlogProofOfSent');

  test('of the vectors holds, and is made again from tiles byte for byte', () => {
    const { index, path } = verifyProof(proof, sent, alderKey, logCrypto);
    expect(index).toBe(421);
    expect(writeProof(index, path, checkpoint)).toBe(proof);
    const files = staticLog(alderEntries());
    const names: Record<string, string> = { '0/0': '0/000', '0/1': '0/001', '0/2': '0/002.p/88', '1/0': '1/000.p/2' };
    const read = tileHashReader((level, n) => {
      const bytes = files.get(`tile/${names[`${level}/${n}`] ?? ''}`);
      return bytes === undefined ? undefined : openTile(bytes, logCrypto);
    });
    expect(inclusionProof(421, 600, read, logCrypto)).toEqual(path);
  });

  test.each(badCases('/log/tlogProofOfSent'))('with $name is refused', (bad) => {
    const text = applyChange(vectors, bad).text();
    expect(refusal(() => verifyProof(text, sent, alderKey, logCrypto))).toBeDefined();
  });

  test('with any one bit changed is refused', () => {
    for (const text of bitFlips(proof))
      if (refusal(() => verifyProof(text, sent, alderKey, logCrypto)) === undefined) expect.fail(text);
  });

  test('with 64 hashes is refused', () => {
    const hash = new Uint8Array(32);
    const path = Array.from({ length: 64 }, () => hash);
    expect(refusal(() => parseProof(writeProof(0, path, checkpoint)))).toBe('malformed-proof');
    expect(refusal(() => parseProof(writeProof(0, path.slice(1), checkpoint)))).toBeUndefined();
  });

  test('of a log with one leaf has no hash', () => {
    const [entry = new Uint8Array(0)] = alderEntries();
    const { root } = appendLeaves(emptyEdge, [logCrypto.sha256(Uint8Array.of(0, ...entry))], logCrypto);
    const note = signCheckpoint({ ...head, size: 1, root }, alderKey, alderSign);
    expect(verifyProof(writeProof(0, [], note), entry, alderKey, logCrypto).head.size).toBe(1);
  });

  test('of any text is read in one spelling or refused', () => {
    fc.assert(
      fc.property(mutatedText(proof), (text) => {
        if (refusal(() => parseProof(text)) !== undefined) return;
        const { index, path, note } = parseProof(text);
        expect(writeProof(index, path, note)).toBe(text);
      }),
    );
  });
});
