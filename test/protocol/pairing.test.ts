import { createHash } from 'node:crypto';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseUtf8, toBase64Url, utf8 } from '../../protocol/bytes.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { parseNodeName } from '../../protocol/ids.ts';
import { instantOfUnix } from '../../protocol/instant.ts';
import {
  checkCommitment,
  commitTo,
  parseInvitation,
  parsePairAnswer,
  parsePairRequest,
  safetyNumber,
  sixWords,
  transcript,
  transcriptInput,
  writeInvitation,
  writePairAnswer,
  writePairRequest,
  type Run,
} from '../../protocol/pairing.ts';
import { words } from '../../protocol/words.ts';
import { applyChange, badCases, flipBit } from '../support/bad-cases.ts';
import { mutatedBytes, mutatedText, refusal } from '../support/refusal.ts';
import { loadVectors, type Part } from '../support/vectors.ts';

const vectors = loadVectors();
const pairing = vectors.at('/pairing');
const link = pairing.text('/invitation');
const sha512 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha512').update(bytes).digest());
const run: Run = {
  id: pairing.bytes('/i'),
  hostCard: vectors.text('/cards/birch/note'),
  guestCard: vectors.text('/cards/alder/note'),
  hostRandom: pairing.bytes('/randomI'),
  guestRandom: pairing.bytes('/randomG'),
};

test('the words are the English list of BIP-39', () => {
  expect(words).toEqual(wordlist);
});

describe('an invitation', () => {
  test('of the vectors is read, and written again', () => {
    const invitation = parseInvitation(link, logCrypto);
    expect(invitation).toMatchObject({ url: 'https://birch.example', name: 'birch.example', id: run.id });
    expect(invitation.expires).toBe(instantOfUnix(1_790_086_400));
    expect(writeInvitation(invitation)).toBe(link);
  });

  test.each([
    ['another scheme', link.replace('fernpost:', 'fernpost2:')],
    ['parameters in another order', link.replace(/(u=[^&]+)&(n=[^&]+)/, '$2&$1')],
    ['a parameter more', `${link}&x=1`],
    ['a parameter twice', `${link}&e=1790086400`],
    ['a colon that is not encoded', link.replace('%3A', ':')],
    ['lower-case escapes', link.replaceAll('%2F', '%2f')],
    ['a needless escape', link.replace('n=birch', 'n=%62irch')],
    ['a broken escape', link.replace('n=birch', 'n=%birch')],
    ['the name of another node', link.replace('n=birch', 'n=cedar')],
    ['15 random bytes', link.replace('8yXDWhcW_JGvNjIrmh-HQA', '8yXDWhcW_JGvNjIrmh-H')],
    ['plain http', link.replace('https', 'http')],
    [
      'a log key for an identity',
      link.replace(/k=[^&]+/, `k=${encodeURIComponent(vectors.text('/keys/birch/log/vkey'))}`),
    ],
    ['1025 characters', link + '0'.repeat(1025 - link.length)],
  ])('with %s is refused', (_, text) => {
    expect(text).not.toBe(link);
    expect(refusal(() => parseInvitation(text, logCrypto))).toBeDefined();
  });

  test('of any text is read in one spelling or refused', () => {
    fc.assert(
      fc.property(mutatedText(link), (text) => {
        if (refusal(() => parseInvitation(text, logCrypto)) === undefined)
          expect(writeInvitation(parseInvitation(text, logCrypto))).toBe(text);
      }),
    );
  });
});

/** What the host does with the guest's second message. */
function revealed(part: Part): void {
  checkCommitment(part.bytes('/commit'), part.bytes('/i'), part.bytes('/randomG'), logCrypto);
}

describe('the six words', () => {
  test('of the vectors follow from the cards and the random values', () => {
    expect(toBase64Url(transcriptInput(run))).toBe(pairing.text('/transcriptInput'));
    expect(toBase64Url(transcript(run, logCrypto))).toBe(pairing.text('/T'));
    expect(sixWords(pairing.bytes('/T'))).toEqual(pairing.list('/words').map((word) => word.text()));
    expect(toBase64Url(commitTo(run.id, run.guestRandom, logCrypto))).toBe(pairing.text('/commit'));
    revealed(pairing);
  });

  test.each(badCases('/pairing').filter(({ expect: answer }) => answer === 'refused'))('$name is refused', (bad) => {
    expect(refusal(() => revealed(applyChange(vectors, bad)))).toBe('commitment-mismatch');
  });

  test.each(badCases('/pairing').filter(({ expect: answer }) => answer.startsWith('other words')))('$name', (bad) => {
    const changed = sixWords(applyChange(vectors, bad).bytes('/T'));
    expect(bad.expect).toBe(`other words: ${changed.join(' ')}`);
    expect(changed).not.toEqual(sixWords(pairing.bytes('/T')));
  });

  test('are others when any part of the run is another', () => {
    const changes: Partial<Run>[] = [
      { id: flipBit(run.id, 0) },
      { hostCard: run.hostCard.replace('Birch', 'birch') },
      { guestCard: vectors.text('/cards/cedar/note') },
      { hostRandom: flipBit(run.hostRandom, 255) },
      { guestRandom: flipBit(run.guestRandom, 9) },
      { hostCard: run.guestCard, guestCard: run.hostCard },
    ];
    const all = [{}, ...changes].map((change) => sixWords(transcript({ ...run, ...change }, logCrypto)).join(' '));
    expect(new Set(all).size).toBe(all.length);
  });

  test('are taken from 32 bytes only, first bit first', () => {
    expect(refusal(() => sixWords(new Uint8Array(31)))).toBe('malformed-pairing');
    expect(sixWords(new Uint8Array(32))).toEqual(Array.from({ length: 6 }, () => 'abandon'));
    expect(sixWords(new Uint8Array(32).fill(255))).toEqual(Array.from({ length: 6 }, () => 'zoo'));
  });
});

describe('the steps', () => {
  const steps = [1, 2, 3] as const;

  test.each(steps)('step %i of the vectors is read, and written again byte for byte', (step) => {
    const request = pairing.text(`/step${step}/request`);
    const answer = pairing.text(`/step${step}/answer`);
    expect(parsePairRequest(utf8(request)).step).toBe(step);
    expect(parseUtf8(writePairRequest(parsePairRequest(utf8(request))))).toBe(request);
    expect(parseUtf8(writePairAnswer(parsePairAnswer(step, utf8(answer))))).toBe(answer);
  });

  test("step 1 may tell the guest's identity key", () => {
    const first = parsePairRequest(utf8(pairing.text('/step1/request')));
    if (first.step !== 1) throw new Error('not step 1');
    const told = { ...first, identity: vectors.text('/keys/alder/identity/vkey') };
    expect(parsePairRequest(writePairRequest(told))).toEqual(told);
  });

  test.each([
    ['a member too many', '{"v":1,"random":"O5Gmb6HxNcJLuakn2_6qQdrgbWyTFKc9nA23hUiNpEE","x":1}', 'malformed-message'],
    [
      'two steps at once',
      '{"v":1,"random":"O5Gmb6HxNcJLuakn2_6qQdrgbWyTFKc9nA23hUiNpEE","confirm":""}',
      'malformed-message',
    ],
    ['another version', '{"v":2,"random":"O5Gmb6HxNcJLuakn2_6qQdrgbWyTFKc9nA23hUiNpEE"}', 'unknown-version'],
    ['no version', '{"random":"O5Gmb6HxNcJLuakn2_6qQdrgbWyTFKc9nA23hUiNpEE"}', 'malformed-message'],
    ['a short random value', '{"v":1,"random":"O5Gm"}', 'malformed-base64'],
    [
      'a number for a card',
      '{"v":1,"card":1,"commit":"8okL9dxKaGV1v8hDm45iKQBo1c6bCxnWMyjUsws6TBI"}',
      'malformed-message',
    ],
    ['nothing', '{}', 'malformed-message'],
  ])('a body with %s is refused', (_, body, code) => {
    expect(refusal(() => parsePairRequest(utf8(body)))).toBe(code);
  });

  test('any bytes are read or refused with ProtocolError', () => {
    for (const step of steps)
      fc.assert(
        fc.property(
          mutatedBytes(utf8(pairing.text(`/step${step}/request`))),
          mutatedBytes(utf8(pairing.text(`/step${step}/answer`))),
          (request, answer) => {
            refusal(() => parsePairRequest(request));
            refusal(() => parsePairAnswer(step, answer));
          },
        ),
      );
  });
});

test('the safety number of the vectors is the same from both sides, and another for another key', () => {
  const of = (node: string) => ({
    name: parseNodeName(`${node}.example`),
    key: vectors.bytes(`/keys/${node}/identity/publicKey`),
  });
  expect(safetyNumber(of('alder'), of('birch'), sha512)).toBe(vectors.text('/safety/number'));
  expect(safetyNumber(of('birch'), of('alder'), sha512)).toBe(vectors.text('/safety/number'));
  expect(safetyNumber(of('cedar'), of('alder'), sha512)).not.toBe(vectors.text('/safety/number'));
});
