import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { signingKey } from '../../../protocol/crypto/sign.ts';
import { mediaTypes } from '../../../protocol/http/media-types.ts';
import { targetOf } from '../../../protocol/http/routes.ts';
import { parseNodeName } from '../../../protocol/ids.ts';
import { instantOfMs } from '../../../protocol/instant.ts';
import type { OutgoingAnswer } from '../../../node/api/message.ts';
import type { Peer } from '../../../node/peers/directory.ts';
import { composeReferral, forgeBundle, newBundleId, requestsOf, type Forged } from '../../support/forged-bundle.ts';
import {
  ask,
  fieldOf,
  prepare,
  send,
  speakerOf,
  stranger,
  withField,
  wordOf,
  type Ask,
  type Speaker,
  type Twist,
} from '../../support/peer-requests.ts';
import { openHospitals, type TestHospital, type TestHospitals } from '../../support/two-hospitals.ts';

let three: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;
let cedar: TestHospital;
let forged: Forged;

beforeAll(async () => {
  three = await openHospitals({ names: ['alder', 'birch', 'cedar'] });
  [alder, birch, cedar] = [three.at('alder'), three.at('birch'), three.at('cedar')];
  forged = await forgeBundle(alder, birch, await composeReferral(alder, birch));
});

afterAll(async () => {
  const failures = [alder, birch, cedar].flatMap((each) => each.takeFailures());
  await three[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

const small = utf8('{"v":1}');
const putManifest = (): Ask => ({
  method: 'PUT',
  target: targetOf({ name: 'putManifest', bundle: forged.bundle }),
  body: forged.manifestBytes,
});
const getBundle = (): Ask => ({ method: 'GET', target: targetOf({ name: 'getBundle', bundle: forged.bundle }) });
/** What no peer of Birch ever gets, byte for byte. */
const strangers401 = { status: 401, headers: { 'content-length': '0' }, body: new Uint8Array(0) };

const input = (change: (text: string) => string): Twist => ({
  fields: (raw) => withField('signature-input', change(fieldOf(raw, 'signature-input')))(raw),
});
const replaced = (find: string | RegExp, by: string): Twist => input((text) => text.replace(find, by));

describe('what is wrong with a signature is never told', () => {
  const cases: [string, Twist][] = [
    [
      'no signature at all',
      { fields: (raw) => withField('signature', undefined)(withField('signature-input', undefined)(raw)) },
    ],
    ['a Signature without its input', { fields: withField('signature-input', undefined) }],
    ['an input without its Signature', { fields: withField('signature', undefined) }],
    [
      'a Signature of another request',
      { fields: withField('signature', `sig=:${Buffer.alloc(64, 7).toString('base64')}:`) },
    ],
    ['two signatures', { fields: (raw) => [...raw, 'signature', fieldOf(raw, 'signature')] }],
    ['two inputs', { fields: (raw) => [...raw, 'Signature-Input', fieldOf(raw, 'signature-input')] }],
    [
      'two signatures in one field',
      {
        fields: (raw) =>
          withField(
            'signature',
            `${fieldOf(raw, 'signature')}, ${fieldOf(raw, 'signature').replace('sig=', 'sig2=')}`,
          )(raw),
      },
    ],
    [
      'another label',
      { fields: (raw) => withField('signature', fieldOf(raw, 'signature').replace('sig=', 'sig1='))(raw) },
    ],
    ['a digest that is not covered', replaced(' "content-digest"', '')],
    ['a target that is not covered', replaced(' "@target-uri"', '')],
    ['a component more', replaced('"content-type")', '"content-type" "host")')],
    ['another order', replaced('"@method" "@target-uri"', '"@target-uri" "@method"')],
    ['parameters in another order', replaced(/created=([0-9]+);expires=([0-9]+)/, 'expires=$2;created=$1')],
    ['no nonce', replaced(/;nonce="[^"]*"/, '')],
    ['another algorithm', replaced('ed25519', 'hmac-sha256')],
    ['no algorithm', replaced(';alg="ed25519"', '')],
    ['the tag of the pairing', { tag: 'fernpost-pair/v1' }],
    ['another tag', replaced('fernpost/v1', 'fernpost/v2')],
  ];
  test.each(cases)('%s', async (_, twist) => {
    expect(await rawAnswer(speakerOf(alder), putManifest(), twist)).toEqual(strangers401);
  });

  test('a life of 61 s, and one of no second', async () => {
    for (const seconds of [61, 0]) {
      const longer = replaced(/created=([0-9]+);expires=[0-9]+/, `created=1789372800;expires=${1789372800 + seconds}`);
      expect(await rawAnswer(speakerOf(alder), putManifest(), longer)).toEqual(strangers401);
    }
  });

  test.each<[string, () => Speaker]>([
    ['a hospital that nobody knows', () => stranger(parseNodeName('elm.example'))],
    ['a foreign key under a known name', () => ({ name: alder.name, key: cedar.node.own.httpKey })],
    [
      'a stranger who names a pinned key',
      () => ({ ...stranger(alder.name), claims: alder.node.own.httpKey.publicKey }),
    ],
    ['a known key under another known name', () => ({ name: cedar.name, key: alder.node.own.httpKey })],
    ['the log key', () => ({ name: alder.name, key: alder.node.own.secrets.log })],
    ['the identity key', () => ({ name: alder.name, key: alder.node.own.secrets.identity })],
    ['the key for cosignatures', () => ({ name: alder.name, key: alder.node.own.secrets.cosign })],
    ['the receiver itself', () => speakerOf(birch)],
    [
      'the point of order 1 as a key',
      () => ({ ...stranger(alder.name), claims: Uint8Array.of(1, ...new Uint8Array(31)) }),
    ],
  ])('signed by %s', async (_, by) => {
    expect(await rawAnswer(by(), putManifest())).toEqual(strangers401);
    expect(await rawAnswer(by(), getBundle())).toEqual(strangers401);
  });

  test.each<[string, Twist]>([
    ['another host', { signedUri: 'https://cedar.example/exchange/v1/bundles/x' }],
    ['another method', { signedMethod: 'POST' }],
    ['http in place of https', { signedUri: 'http://birch.example' }],
  ])('a signature for %s', async (_, twist) => {
    const { target } = putManifest();
    const uri = twist.signedUri?.endsWith('.example') === true ? twist.signedUri + target : twist.signedUri;
    const whole = uri === undefined ? twist : { ...twist, signedUri: uri };
    expect(await rawAnswer(speakerOf(alder), putManifest(), whole)).toEqual(strangers401);
  });

  test('a signature for another target of the same node', async () => {
    const elsewhere = birch.url + targetOf({ name: 'putManifest', bundle: newBundleId() });
    expect(await rawAnswer(speakerOf(alder), putManifest(), { signedUri: elsewhere })).toEqual(strangers401);
  });

  test('a Host field of another name changes nothing: the configured url counts', async () => {
    const reply = await ask(birch, speakerOf(alder), getBundle(), { fields: withField('host', 'cedar.example') });
    expect(wordOf(reply)).toBe('REC_NOT_FOUND');
  });

  test('a GET with a body, whose bytes no signature would cover', async () => {
    const withBody: Twist = { fields: (raw) => [...raw, 'content-length', '2'] };
    expect(await rawAnswer(speakerOf(alder), getBundle(), withBody)).toEqual(strangers401);
    const chunked: Twist = { fields: (raw) => [...raw, 'transfer-encoding', 'chunked'] };
    expect(await rawAnswer(speakerOf(alder), getBundle(), chunked)).toEqual(strangers401);
  });

  test('a header block of 16,384 bytes is read, one byte more is not', async () => {
    const bytesOf = (raw: readonly string[]) => raw.reduce((sum, part) => sum + part.length + 2, 0);
    const filled = (bytes: number): Twist => ({
      fields: (raw) => {
        const left = bytes - bytesOf(raw) - getBundle().target.length - 'x-fill'.length - 4;
        return [...raw, 'x-fill', 'y'.repeat(left)];
      },
    });
    expect(wordOf(await ask(birch, speakerOf(alder), getBundle(), filled(16_384)))).toBe('REC_NOT_FOUND');
    expect(await rawAnswer(speakerOf(alder), getBundle(), filled(16_385))).toEqual(strangers401);
  });

  test('a blocked peer looks like one that was never known', async () => {
    const { directory, clock } = birch.node;
    const before = directory.get(cedar.name);
    await directory.save({ ...before, state: 'blocked', since: clock.now() });
    try {
      expect(await rawAnswer(speakerOf(cedar), getBundle())).toEqual(strangers401);
    } finally {
      await directory.save(before);
    }
  });
});

test('how long the 401 takes does not tell who is known here', async () => {
  const medianMs = async (by: Speaker): Promise<number> => {
    const times: number[] = [];
    for (let n = 0; n < 200; n += 1) {
      const { incoming } = prepare(birch, by, getBundle());
      const start = performance.now();
      await birch.node.exchange.handle(incoming);
      times.push(performance.now() - start);
    }
    return times.toSorted((a, b) => a - b)[100] ?? 0;
  };
  // A machine that does other things too may disturb one measurement, not five.
  const ratios: number[] = [];
  for (let tries = 0; tries < 5; tries += 1) {
    const known = await medianMs(stranger(alder.name));
    ratios.push((await medianMs(stranger(parseNodeName('elm.example')))) / known);
  }
  expect(ratios.some((ratio) => ratio > 0.7 && ratio < 1.4)).toBe(true);
  const impostor: Speaker = { ...stranger(alder.name), claims: alder.node.own.httpKey.publicKey };
  expect((await medianMs(stranger(parseNodeName('elm.example')))) / (await medianMs(impostor))).toBeGreaterThan(0.3);
});

describe('after the signature every answer is signed and says why', () => {
  test.each<[string, number, string]>([
    ['30 s ahead of us', 30_000, 'REC_NOT_FOUND'],
    ['31 s ahead of us', 31_000, 'NET_CLOCK'],
    ['expired 30 s ago', -90_000, 'REC_NOT_FOUND'],
    ['expired 31 s ago', -91_000, 'NET_CLOCK'],
  ])('%s', async (_, createdMs, word) => {
    const reply = await ask(birch, speakerOf(alder), getBundle(), { createdMs });
    expect(wordOf(reply)).toBe(word);
    if (word === 'NET_CLOCK') expect(reply.problem?.time).toBe(Math.floor(birch.node.clock.now() / 1000) * 1000);
  });

  test('the same request again is not judged again', async () => {
    const prepared = prepare(birch, speakerOf(alder), putManifest());
    expect(wordOf(await send(birch, prepared))).toMatch(/^20[01]$/);
    const again = { ...prepared, incoming: { ...prepared.incoming, body: only(forged.manifestBytes) } };
    expect(wordOf(await send(birch, again))).toBe('NET_NONCE_SEEN');
  });

  test('the nonce of a refused request is used up too, also by a normal restart', async () => {
    const wrong = prepare(birch, speakerOf(alder), { ...putManifest(), body: small });
    expect(wordOf(await send(birch, wrong))).toBe('SEND_MALFORMED');
    await birch.restart();
    const again = { ...wrong, incoming: { ...wrong.incoming, body: only(small) } };
    expect(wordOf(await send(birch, again))).toBe('NET_NONCE_SEEN');
  });

  test('a GET may be sent twice', async () => {
    const prepared = prepare(birch, speakerOf(alder), getBundle());
    expect([wordOf(await send(birch, prepared)), wordOf(await send(birch, prepared))]).toEqual(['200', '200']);
  });

  test('ten copies of one request at the same moment have one effect', async () => {
    const bundle = newBundleId();
    const other = await forgeBundle(alder, birch, await composeReferral(alder, birch), { bundle });
    const nonce = new Uint8Array(randomBytes(16));
    const target = targetOf({ name: 'putManifest', bundle });
    const what: Ask = { method: 'PUT', target, body: other.manifestBytes };
    const words = await Promise.all(
      Array.from({ length: 10 }, async () => wordOf(await ask(birch, speakerOf(alder), what, { nonce }))),
    );
    expect(words.toSorted()).toEqual(['201', ...Array.from({ length: 9 }, () => 'NET_NONCE_SEEN')]);
  });

  test.each<[string, Twist, string]>([
    ['a body that is not the signed one', { signedBody: small }, 'NET_DIGEST'],
    ['a body that ends early', { body: only(forgedStart()) }, 'NET_DIGEST'],
    ['a body that is longer than announced', { body: only(new Uint8Array(300_000)) }, 'NET_DIGEST'],
    ['Content-Encoding', { fields: (raw) => [...raw, 'content-encoding', 'gzip'] }, 'SEND_ENCODED'],
    ['even the encoding identity', { fields: (raw) => [...raw, 'content-encoding', 'identity'] }, 'SEND_ENCODED'],
  ])('%s', async (_, twist, word) => {
    const what = { ...putManifest(), target: targetOf({ name: 'putManifest', bundle: newBundleId() }) };
    expect(wordOf(await ask(birch, speakerOf(alder), what, twist))).toBe(word);
  });

  test('a signed media type of another route', async () => {
    const what: Ask = { ...putManifest(), type: mediaTypes.text };
    expect(wordOf(await ask(birch, speakerOf(alder), what))).toBe('SEND_MEDIA_TYPE');
  });

  test.each<[string, string | undefined, string]>([
    ['no Content-Length', undefined, 'unsigned 411'],
    ['a Content-Length with a sign', '+10', '401'],
    ['a Content-Length in another spelling', '010', '401'],
    ['more than the route takes', '262145', 'unsigned 413'],
  ])('%s', async (_, length, word) => {
    const reply = await ask(birch, speakerOf(alder), putManifest(), { fields: withField('content-length', length) });
    expect([wordOf(reply), reply.body.length]).toEqual([word, 0]);
  });

  test('a body that stands still for 30 s is given up', async () => {
    async function* still(): AsyncGenerator<Uint8Array> {
      yield forged.manifestBytes.subarray(0, 100);
      await new Promise(() => undefined);
    }
    const waiting = ask(birch, speakerOf(alder), putManifest(), { body: still() });
    await untilAsleep(three);
    three.clock.advance(29_999);
    expect(await Promise.race([waiting.then(() => 'answered'), Promise.resolve('waiting')])).toBe('waiting');
    three.clock.advance(1);
    expect(wordOf(await waiting)).toBe('SEND_SLOW');
  });

  test('a body whose connection breaks off is no fault of this node', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield forged.manifestBytes.subarray(0, 100);
      throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
    }
    const reply = await ask(birch, speakerOf(alder), putManifest(), { body: broken() });
    expect(reply.status).toBeLessThan(500);
  });

  test('a paused peer is told so, signed, with a time to come back', async () => {
    const { directory, clock } = birch.node;
    const before = directory.get(alder.name);
    await directory.save({ ...before, state: 'paused', since: clock.now() });
    try {
      const reply = await ask(birch, speakerOf(alder), getBundle());
      expect([wordOf(reply), reply.status, reply.headers['retry-after']]).toEqual(['REC_PAUSED', 503, '5']);
    } finally {
      await directory.save(before);
    }
  });

  test('the 33rd request at once is refused, and the 32 others are not disturbed', async () => {
    const gate = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<Uint8Array> {
      await gate.promise;
      yield forged.manifestBytes;
    }
    const running = Array.from({ length: 32 }, () => ask(birch, speakerOf(alder), putManifest(), { body: slow() }));
    await untilAsleep(three, 32);
    three.clock.advance(1_000);
    const late = await ask(birch, speakerOf(alder), getBundle());
    gate.resolve();
    const words = await Promise.all(running);
    expect([wordOf(late), late.headers['retry-after'], new Set(words.map(wordOf))]).toEqual([
      'SEND_TOO_OFTEN',
      '5',
      new Set(['200']),
    ]);
  });
});

describe('keys of a card', () => {
  test('a key that is not yet live, one that is over, and one that was revoked', async () => {
    const { directory } = birch.node;
    const before = directory.get(alder.name);
    const key = signingKey(new Uint8Array(randomBytes(32)));
    const now = birch.node.clock.now();
    const withSpan = (from: number, until: number): Peer => ({
      ...before,
      card: {
        ...before.card,
        keys: [
          ...before.card.keys,
          { use: 'http', key: key.publicKey, from: instantOfMs(from), until: instantOfMs(until) },
        ],
      },
    });
    const by: Speaker = { name: alder.name, key };
    const spans: [number, number, string][] = [
      [now + 1, now + 1_000, '401'],
      [now, now + 1_000, '200'],
      [now - 1_000, now + 1, '200'],
      [now - 1_000, now, '401'],
    ];
    await requestsOf(alder, birch, forged).manifest();
    for (const [from, until, word] of spans) {
      const { find } = directory;
      directory.find = () => withSpan(from, until);
      try {
        expect(wordOf(await ask(birch, by, getBundle()))).toBe(word);
        // Judged by the clock of the receiver, whatever time the message claims.
        if (word === '401') expect(wordOf(await ask(birch, by, getBundle(), { createdMs: -20_000 }))).toBe('401');
      } finally {
        directory.find = find;
      }
    }
    expect(wordOf(await ask(birch, { name: alder.name, key }, getBundle()))).toBe('401');
  });
});

test('an answer is bound to its request: it does not fit another one', async () => {
  const one = prepare(birch, speakerOf(alder), getBundle());
  const other = prepare(birch, speakerOf(alder), getBundle());
  await expect(send(birch, { ...one, request: other.request })).rejects.toThrow('signature');
});

async function rawAnswer(by: Speaker, what: Ask, twist?: Twist): Promise<OutgoingAnswer> {
  return birch.node.exchange.handle(prepare(birch, by, what, twist).incoming);
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function forgedStart(): Uint8Array {
  return utf8('{"v":1,');
}

/** Until so many bodies are being waited for. */
async function untilAsleep({ clock }: TestHospitals, count = 1): Promise<void> {
  while (clock.sleepers() < count) await new Promise((resolve) => setImmediate(resolve));
}
