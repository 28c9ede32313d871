import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sealedKeyBytes, writeManifest, type Manifest } from '../../protocol/bundle/manifest.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import { parseAttachmentId } from '../../protocol/ids.ts';
import { parsePutAnswer, parseTransferState } from '../../protocol/messages.ts';
import {
  commitOf,
  composeReferral,
  forgeBundle,
  logSent,
  newBundleId,
  requestsOf,
  sendParts,
  type BundleTwist,
  type Composed,
} from '../support/forged-bundle.ts';
import { ask, speakerOf, wordOf } from '../support/peer-requests.ts';
import { openHospitals, type TestHospital, type TestHospitals } from '../support/two-hospitals.ts';

let three: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;
let cedar: TestHospital;
/** One composed referral serves all cases that are refused before its content is looked at. */
let plain: Composed;
let withFiles: Composed;
const file = new Uint8Array(randomBytes(3000));

beforeAll(async () => {
  three = await openHospitals({ names: ['alder', 'birch', 'cedar'] });
  [alder, birch, cedar] = [three.at('alder'), three.at('birch'), three.at('cedar')];
  plain = await composeReferral(alder, birch);
  withFiles = await composeReferral(alder, birch, [file, new Uint8Array(0)]);
});

afterAll(async () => {
  const failures = [alder, birch, cedar].flatMap((each) => each.takeFailures());
  await three[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

async function forge(composed: Composed, twist?: BundleTwist) {
  three.clock.advance(1_000); // A peer has so many requests a second.
  const forged = await forgeBundle(alder, birch, composed, twist);
  return { forged, requests: requestsOf(alder, birch, forged) };
}

describe('a manifest', () => {
  test.each<[string, (honest: Manifest) => Manifest, string]>([
    ['of another sender', (honest) => ({ ...honest, from: cedar.name }), 'SEND_NOT_YOURS'],
    ['to another receiver', (honest) => ({ ...honest, to: cedar.name }), 'SEND_NOT_YOURS'],
    ['of another bundle than the path', (honest) => ({ ...honest, bundle: newBundleId() }), 'SEND_MALFORMED'],
    ['sealed to a key that we never had', (honest) => ({ ...honest, sealedTo: random(32) }), 'REC_KEY_GONE'],
    [
      'sealed to a key of the other suite',
      (honest) => ({ ...honest, suite: 1, sealedKey: random(145) }),
      'SEND_DOWNGRADE',
    ],
    [
      'with a box of the other suite',
      (honest) => ({ ...honest, sealedKey: random(sealedKeyBytes[1]) }),
      'SEND_MALFORMED',
    ],
    ['larger than our card allows', (honest) => ({ ...honest, attachments: [huge()] }), 'REC_QUOTA'],
    [
      'with 101 attachments',
      (honest) => ({ ...honest, attachments: Array.from({ length: 101 }, tiny) }),
      'SEND_MALFORMED',
    ],
    [
      'with one attachment twice',
      (honest) => ({ ...honest, attachments: [tiny(), tiny()].map((e, _, [f]) => ({ ...e, id: f?.id ?? e.id })) }),
      'SEND_MALFORMED',
    ],
    [
      'with another number of chunks',
      (honest) => ({ ...honest, attachments: [{ ...tiny(), chunks: 2 }] }),
      'SEND_MALFORMED',
    ],
  ])('%s', async (_, manifest, word) => {
    const { requests } = await forge(plain, { manifest });
    const reply = await requests.manifest();
    expect(wordOf(reply)).toBe(word);
    expect(wordOf(await requests.state())).toBe('REC_NOT_FOUND');
  });

  test.each<[string, (text: string) => string, string]>([
    ['a member more', (text) => text.replace('{"v":1', '{"v":1,"extra":1'), 'SEND_MALFORMED'],
    [
      'a member with a strange name',
      (text) => text.replace('{"v":1', '{"v":1,"a\\u0001\\u202e<b>":1'),
      'SEND_MALFORMED',
    ],
    [
      'a member with a very long name',
      (text) => text.replace('{"v":1', `{"v":1,"${'x'.repeat(2000)}":1`),
      'SEND_MALFORMED',
    ],
    ['a member less', (text) => text.replace(/"card":[0-9]+,/, ''), 'SEND_MALFORMED'],
    ['a member twice', (text) => text.replace('{"v":1', '{"v":1,"v":1'), 'SEND_MALFORMED'],
    ['__proto__', (text) => text.replace('{"v":1', '{"v":1,"__proto__":{}'), 'SEND_MALFORMED'],
    ['another version', (text) => text.replace('{"v":1', '{"v":2'), 'REC_VERSION'],
    ['the version as text', (text) => text.replace('{"v":1', '{"v":"1"'), 'REC_VERSION'],
    ['a suite that nobody speaks', (text) => text.replace('"suite":2', '"suite":3'), 'SEND_MALFORMED'],
    [
      'an upper-case uuid',
      (text) => text.replace(/"referral":"[^"]*"/, (found) => found.toUpperCase().replace('REFERRAL', 'referral')),
      'SEND_MALFORMED',
    ],
    ['half a minute in the deadline', (text) => text.replace(/:00Z"/, ':30Z"'), 'SEND_MALFORMED'],
    ['text behind it', (text) => `${text}\n{}`, 'SEND_MALFORMED'],
    ['a byte order mark', (text) => `\ufeff${text}`, 'SEND_MALFORMED'],
    ['depth', () => '['.repeat(100_000), 'SEND_MALFORMED'],
    ['nothing', () => '', 'SEND_MALFORMED'],
    ['a list', () => '[]', 'SEND_MALFORMED'],
  ])('with %s', async (_, change, word) => {
    const { forged } = await forge(plain);
    const target = targetOf({ name: 'putManifest', bundle: forged.bundle });
    const body = utf8(change(Buffer.from(forged.manifestBytes).toString('utf8')));
    const reply = await ask(birch, speakerOf(alder), { method: 'PUT', target, body });
    expect([wordOf(reply), reply.problem?.detail?.includes('x'.repeat(100)) ?? false]).toEqual([word, false]);
    expect(reply.problem?.detail ?? '').not.toMatch(/<b>/);
  });

  test('that is not UTF-8', async () => {
    const { forged } = await forge(plain);
    const target = targetOf({ name: 'putManifest', bundle: forged.bundle });
    const body = Uint8Array.of(...forged.manifestBytes.subarray(0, -1), 0xff);
    expect(wordOf(await ask(birch, speakerOf(alder), { method: 'PUT', target, body }))).toBe('SEND_MALFORMED');
  });

  test('is kept once: the same bytes are welcome again, others are not', async () => {
    const { forged, requests } = await forge(plain);
    const first = await requests.manifest();
    expect([first.status, parsePutAnswer(first.body) - birch.node.clock.now()]).toEqual([201, 7 * 86_400_000]);
    expect(wordOf(await requests.manifest())).toBe('200');
    const other = writeManifest({ ...forged.manifest, priority: 'stat' });
    const target = targetOf({ name: 'putManifest', bundle: forged.bundle });
    expect(wordOf(await ask(birch, speakerOf(alder), { method: 'PUT', target, body: other }))).toBe('REC_OTHER_BYTES');
    await requests.withdraw();
  });

  test('the 17th open transfer is refused, and a withdrawn one makes room', async () => {
    const open = [];
    for (let n = 0; n < 16; n += 1) {
      const { requests } = await forge(plain);
      expect(wordOf(await requests.manifest())).toBe('201');
      open.push(requests);
    }
    const late = await forge(plain);
    expect(wordOf(await late.requests.manifest())).toBe('REC_QUOTA');
    expect((await open[0]?.manifest())?.status).toBe(200);
    await open[0]?.withdraw();
    expect(wordOf(await late.requests.manifest())).toBe('201');
    for (const each of [...open, late.requests]) await each.withdraw();
  });
});

describe('parts', () => {
  test('of a bundle that nobody announced', async () => {
    const { requests } = await forge(withFiles);
    const words = [await requests.document(), await requests.chunk(0, 0), await requests.state()].map(wordOf);
    expect(words).toEqual(['REC_NOT_FOUND', 'REC_NOT_FOUND', 'REC_NOT_FOUND']);
  });

  test('of a bundle of another peer are not seen', async () => {
    const { forged, requests } = await forge(withFiles);
    await requests.manifest();
    const theirs = requestsOf(cedar, birch, forged);
    const words = [await theirs.document(), await theirs.state(), await theirs.manifest()].map(wordOf);
    expect(words).toEqual(['REC_NOT_FOUND', 'REC_NOT_FOUND', 'SEND_NOT_YOURS']);
    expect(wordOf(await theirs.withdraw())).toBe('200');
    expect(parseTransferState((await requests.state()).body).state).toBe('open');
    await requests.withdraw();
  });

  test('a chunk before its document, and a document that is not the announced one', async () => {
    const { forged, requests } = await forge(withFiles);
    await requests.manifest();
    expect(wordOf(await requests.chunk(0, 0))).toBe('REC_DOCUMENT_FIRST');
    const flipped = forged.token.slice();
    flipped[20] = (flipped[20] ?? 0) ^ 1;
    expect(wordOf(await requests.document({}, flipped))).toBe('REC_COMMITMENT');
    expect(wordOf(await requests.document({}, forged.token.subarray(1)))).toBe('REC_COMMITMENT');
    expect([wordOf(await requests.document()), wordOf(await requests.document())]).toEqual(['201', '200']);
    expect(wordOf(await requests.document({}, flipped))).toBe('REC_OTHER_BYTES');
    await requests.withdraw();
  });

  test('chunks that are not the ones of their place', async () => {
    const { forged, requests } = await forge(withFiles);
    const other = await forge(withFiles);
    await requests.manifest();
    await requests.document();
    const [[good = random(0)] = [], [empty = random(0)] = []] = forged.chunks;
    const flipped = (bit: number) => good.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    const otherChunk = other.forged.chunks[0]?.[0] ?? random(0);
    const cases: [string, number, number, Uint8Array, string][] = [
      ['one bit of the version', 0, 0, flipped(0), 'REC_COMMITMENT'],
      ['one bit of the time', 0, 0, flipped(8 * 8), 'REC_COMMITMENT'],
      ['one bit of the IV', 0, 0, flipped(10 * 8), 'REC_COMMITMENT'],
      ['one bit of the ciphertext', 0, 0, flipped(100 * 8), 'REC_COMMITMENT'],
      ['one bit of the MAC', 0, 0, flipped((good.length - 1) * 8), 'REC_COMMITMENT'],
      ['a byte less', 0, 0, good.subarray(1), 'REC_COMMITMENT'],
      ['a byte more', 0, 0, Uint8Array.of(...good, 0), 'REC_COMMITMENT'],
      ['a block more', 0, 0, Uint8Array.of(...good, ...random(16)), 'REC_COMMITMENT'],
      ['the chunk of another bundle', 0, 0, otherChunk, 'REC_COMMITMENT'],
      ['the chunk of another attachment', 0, 0, empty, 'REC_COMMITMENT'],
      ['nothing', 0, 0, new Uint8Array(0), 'REC_COMMITMENT'],
      ['a chunk behind the last', 0, 1, good, 'SEND_MALFORMED'],
      ['an attachment behind the last', 2, 0, good, 'SEND_MALFORMED'],
    ];
    const words: [string, string][] = [];
    for (const [name, n, i, body] of cases) words.push([name, wordOf(await requests.chunk(n, i, body))]);
    expect(words).toEqual(cases.map(([name, , , , word]) => [name, word]));
    const lying = { signedBody: good };
    expect(wordOf(await requests.chunk(0, 0, flipped(300), lying))).toBe('NET_DIGEST');
    expect(parseTransferState((await requests.state()).body).att).toEqual([[], []]);
    expect(wordOf(await requests.chunk(0, 0))).toBe('201');
    expect(wordOf(await requests.chunk(0, 0))).toBe('200');
    expect(wordOf(await requests.chunk(0, 0, flipped(300)))).toBe('REC_OTHER_BYTES');
    expect(parseTransferState((await requests.state()).body).att).toEqual([[[0, 0]], []]);
    await requests.withdraw();
  });

  test('two copies of one chunk at the same moment are kept once', async () => {
    const { requests } = await forge(withFiles);
    await requests.manifest();
    await requests.document();
    const words = (await Promise.all([requests.chunk(0, 0), requests.chunk(0, 0)])).map(wordOf);
    expect(words.toSorted()).toEqual(['200', '201']);
    await requests.withdraw();
  });

  test('a commit before its parts is told what is held', async () => {
    const { forged, requests } = await forge(withFiles);
    await requests.manifest();
    const commit = await commitOf(alder, birch, await logSent(alder, birch, forged));
    const without = await requests.commit(commit);
    expect([wordOf(without), without.problem?.have]).toMatchObject([
      'REC_PARTS_MISSING',
      { document: false, att: [[], []] },
    ]);
    await requests.document();
    await requests.chunk(1, 0);
    const partly = await requests.commit(commit);
    expect([wordOf(partly), partly.problem?.have]).toMatchObject([
      'REC_PARTS_MISSING',
      { document: true, att: [[], [[0, 0]]] },
    ]);
    await requests.chunk(0, 0);
    expect(wordOf(await requests.commit(commit))).toBe('200');
  });
});

describe('withdrawing', () => {
  test('leaves a tombstone for ever, also of a bundle that never came', async () => {
    const { forged, requests } = await forge(plain);
    const withdrawn = await requests.withdraw();
    expect([withdrawn.status, Buffer.from(withdrawn.body).toString()]).toEqual([200, '{"v":1,"state":"withdrawn"}']);
    const commit = await commitOf(alder, birch, await logSent(alder, birch, forged));
    const after = async () =>
      [
        await requests.manifest(),
        await requests.document(),
        await requests.chunk(0, 0),
        await requests.commit(commit),
        await requests.atOnce(commit),
        await requests.withdraw(),
      ].map(wordOf);
    const gone = ['REC_WITHDRAWN', 'REC_WITHDRAWN', 'REC_WITHDRAWN', 'REC_WITHDRAWN', 'REC_WITHDRAWN', '200'];
    expect(await after()).toEqual(gone);
    await birch.restart();
    expect(await after()).toEqual(gone);
  });

  test('an open transfer: nothing of it may be sent again', async () => {
    const { forged, requests } = await forge(withFiles);
    const commit = await sendParts(alder, birch, forged);
    expect(wordOf(await requests.withdraw())).toBe('200');
    expect(parseTransferState((await requests.state()).body)).toMatchObject({ state: 'withdrawn', document: false });
    expect(wordOf(await requests.commit(commit))).toBe('REC_WITHDRAWN');
  });

  test('after the commit comes too late, and is told the receipt', async () => {
    const composed = await composeReferral(alder, birch);
    const { forged, requests } = await forge(composed);
    const commit = await sendParts(alder, birch, forged);
    const received = await requests.commit(commit);
    const late = await requests.withdraw();
    const { receipt } = JSON.parse(Buffer.from(received.body).toString()) as { receipt: string };
    expect([wordOf(late), late.problem?.receipt]).toEqual(['REC_RECEIVED', receipt]);
  });

  test('against commits at the same moment: one of them wins, and both are told so', async () => {
    const ends = new Set<string>();
    for (let round = 0; round < 8; round += 1) {
      const { forged, requests } = await forge(await composeReferral(alder, birch));
      const commit = await sendParts(alder, birch, forged);
      const late = new Promise<void>((resolve) => void (round % 2 === 0 ? resolve() : setTimeout(resolve, round)));
      const [committed, deleted] = await Promise.all([requests.commit(commit), late.then(() => requests.withdraw())]);
      const both = `${wordOf(committed)} ${wordOf(deleted)}`;
      expect(['200 REC_RECEIVED', 'REC_WITHDRAWN 200']).toContain(both);
      ends.add(both);
      const { state } = parseTransferState((await requests.state()).body);
      expect(state).toBe(both.startsWith('200') ? 'received' : 'withdrawn');
    }
    expect(ends.size).toBeGreaterThan(0);
  });
});

function random(size: number): Uint8Array {
  return new Uint8Array(randomBytes(size));
}

function tiny(): Manifest['attachments'][number] {
  return { id: parseAttachmentId(randomUUID()), size: 0, chunks: 1, root: random(32) };
}

function huge(): Manifest['attachments'][number] {
  const size = 2 ** 33 + 1;
  return { ...tiny(), size, chunks: Math.ceil(size / 8_388_608) };
}

test('a problem never repeats what the peer wrote', async () => {
  const { forged } = await forge(plain);
  const target = targetOf({ name: 'commit', bundle: forged.bundle });
  const bodies = [
    '{"v":1,"CANARY":1}',
    '{"v":1,"record":"CANARY","proof":"CANARY","have":0}',
    '{"v":1,"record":1,"CANARY',
  ];
  for (const text of bodies) {
    const reply = await ask(birch, speakerOf(alder), { method: 'POST', target, body: utf8(text) });
    expect([wordOf(reply), Buffer.from(reply.body).toString().includes('CANARY')]).toEqual(['SEND_MALFORMED', false]);
  }
});
