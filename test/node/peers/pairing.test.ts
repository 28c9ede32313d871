import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { logPrefix, writeCard } from '../../../protocol/card.ts';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { parseRequestSignature } from '../../../protocol/http/signature.ts';
import { formatVkey, noteKey, noteKeyTypes } from '../../../protocol/log/note.ts';
import { targetOf } from '../../../protocol/http/routes.ts';
import {
  commitTo,
  parseInvitation,
  parsePairAnswer,
  parsePairRequest,
  writeInvitation,
  writePairRequest,
  type PairRequest,
} from '../../../protocol/pairing.ts';
import { signedAnswer } from '../../../node/api/signed-door.ts';
import { jsonAnswer } from '../../../node/referrals/answers.ts';
import {
  ask,
  prepare,
  send,
  speakerOf,
  wordOf,
  type Reply,
  type Speaker,
  type Twist,
} from '../../support/peer-requests.ts';
import {
  bodyOf,
  openHospitals,
  type Between,
  type TestHospital,
  type TestHospitals,
} from '../../support/two-hospitals.ts';

let three: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;
let mallory: TestHospital;

beforeEach(async () => {
  three = await openHospitals({ names: ['alder', 'birch', 'mallory'], paired: false });
  [alder, birch, mallory] = [three.at('alder'), three.at('birch'), three.at('mallory')];
});

afterEach(async () => {
  const failures = [alder, birch, mallory].flatMap((each) => each.takeFailures());
  await three[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

const typed = (ask: readonly number[], words: readonly string[]) => ask.map((place) => words[place - 1] ?? '');
const stateOf = (here: TestHospital, there: TestHospital) => here.node.directory.find(there.name)?.state;

async function screenOf(here: TestHospital, there: TestHospital) {
  const found = (await here.node.pairing.list()).find((each) => each.peer === there.name && each.words.length > 0);
  if (found === undefined) throw new Error('no words are shown');
  return found;
}

async function met(host: TestHospital, guest: TestHospital) {
  const { link } = await host.node.pairing.invite();
  await guest.node.pairing.accept(link);
  return { link, atHost: await screenOf(host, guest), atGuest: await screenOf(guest, host) };
}

describe('a pairing', () => {
  test.each([
    ['the host types first', true],
    ['the guest types first', false],
  ])('ends in two paired hospitals: %s', async (_, hostFirst) => {
    const { atHost, atGuest } = await met(birch, alder);
    expect(atHost.words).toEqual(atGuest.words);
    expect([stateOf(alder, birch), stateOf(birch, alder)]).toEqual([undefined, undefined]);
    const atBirch = () => birch.node.pairing.confirm(alder.name, typed(atHost.type, atGuest.words));
    const atAlder = () => alder.node.pairing.confirm(birch.name, typed(atGuest.type, atHost.words));
    const states = hostFirst ? [await atBirch(), await atAlder()] : [await atAlder(), await atBirch()];
    three.clock.advance(12_000);
    await alder.node.pairing.repeatConfirmations();
    expect([states[0], stateOf(alder, birch), stateOf(birch, alder)]).toEqual([
      'waiting-for-the-other-side',
      'paired',
      'paired',
    ]);
    const { identityVkey } = birch.node.directory.get(alder.name).card;
    expect(identityVkey).toBe(alder.node.own.identityVkey);
    await birch.restart();
    expect(stateOf(birch, alder)).toBe('paired');
  });

  test('is not ended by a lost answer to the last step', async () => {
    const { atHost, atGuest } = await met(birch, alder);
    await birch.node.pairing.confirm(alder.name, typed(atHost.type, atGuest.words));
    three.setBetween(async (_, pass) => ({ ...(await pass()), status: 502, headers: {} }));
    await alder.node.pairing.confirm(birch.name, typed(atGuest.type, atHost.words));
    three.setBetween(undefined);
    expect([stateOf(alder, birch), stateOf(birch, alder)]).toEqual([undefined, 'paired']);
    three.clock.advance(60_000);
    await alder.node.pairing.repeatConfirmations();
    expect(stateOf(alder, birch)).toBe('paired');
  });

  test('words in capitals and with spaces are the same words', async () => {
    const { atHost, atGuest } = await met(birch, alder);
    const shouted = typed(atHost.type, atGuest.words).map((word) => ` ${word.toUpperCase()} `);
    expect(await birch.node.pairing.confirm(alder.name, shouted)).toBe('waiting-for-the-other-side');
  });

  test('a wrong word ends the run, whoever types it', async () => {
    const { link, atHost, atGuest } = await met(birch, alder);
    const wrong = typed(atHost.type, atGuest.words).with(1, 'zebra');
    await expect(birch.node.pairing.confirm(alder.name, wrong)).rejects.toMatchObject({ code: 'wrong-words' });
    const late = typed(atGuest.type, atHost.words);
    expect(await alder.node.pairing.confirm(birch.name, late)).toBe('waiting-for-the-other-side');
    expect([stateOf(alder, birch), stateOf(birch, alder)]).toEqual([undefined, undefined]);
    // The invitation still serves for another run, with other words.
    await alder.node.pairing.accept(link);
    expect((await screenOf(birch, alder)).words).not.toEqual(atHost.words);
  });

  test.each([[['a', 'b']], [[]], [['a', 'b', 'c', 'd']], [['', '', '']]])('%j are not three words', async (words) => {
    await met(birch, alder);
    await expect(birch.node.pairing.confirm(alder.name, words)).rejects.toMatchObject({ code: 'wrong-words' });
  });

  test('three runs that were not finished end the invitation', async () => {
    const { link } = await birch.node.pairing.invite();
    for (let run = 1; run <= 3; run += 1) {
      await alder.node.pairing.accept(link);
      three.clock.advance(61_000);
    }
    await expect(alder.node.pairing.accept(link)).rejects.toThrow();
    three.clock.advance(61_000);
    await expect(mallory.node.pairing.accept(link)).rejects.toThrow();
  });

  test('three runs that ended in wrong words end the invitation', async () => {
    const { link } = await birch.node.pairing.invite();
    for (let run = 1; run <= 3; run += 1) {
      await alder.node.pairing.accept(link);
      three.clock.advance(61_000);
      await expect(birch.node.pairing.confirm(alder.name, ['a', 'b', 'c'])).rejects.toThrow('words');
    }
    await expect(alder.node.pairing.accept(link)).rejects.toThrow();
  });

  test('an invitation that lost its last digits is told from one that has expired', async () => {
    const { link } = await birch.node.pairing.invite();
    for (const cut of [1, 2, 5])
      await expect(alder.node.pairing.accept(link.slice(0, -cut))).rejects.toMatchObject({ code: 'invitation-cut' });
  });

  test('an invitation lives for a day and not longer', async () => {
    const { link, expires } = await birch.node.pairing.invite();
    three.clock.advance(expires - three.clock.now() - 1_000);
    await alder.node.pairing.accept(link);
    three.clock.advance(61_000);
    await expect(alder.node.pairing.accept(link)).rejects.toMatchObject({ code: 'invitation-expired' });
    const longer = { ...parseInvitation(link, logCrypto) };
    const forged = writeInvitation({ ...longer, expires: (longer.expires + 86_400_000) as typeof longer.expires });
    await expect(mallory.node.pairing.accept(forged)).rejects.toThrow();
    await expect(birch.node.pairing.confirm(alder.name, ['a', 'b', 'c'])).rejects.toMatchObject({ code: 'no-pairing' });
  });

  test('with oneself is refused', async () => {
    const { link } = await birch.node.pairing.invite();
    await expect(birch.node.pairing.accept(link)).rejects.toMatchObject({ code: 'own-invitation' });
  });
});

describe('somebody in the network', () => {
  test('who has even the host’s http key and plays both sides makes other words', async () => {
    const { link } = await birch.node.pairing.invite();
    three.setBetween(inTheMiddle(parseInvitation(link, logCrypto).id));
    const atAlder = await alder.node.pairing.accept(link);
    three.setBetween(undefined);
    const atBirch = await screenOf(birch, alder);
    expect(atAlder.words).toHaveLength(6);
    expect(atBirch.words).toHaveLength(6);
    expect(atAlder.words).not.toEqual(atBirch.words);
    await expect(birch.node.pairing.confirm(alder.name, typed(atBirch.type, atAlder.words))).rejects.toMatchObject({
      code: 'wrong-words',
    });
    await expect(alder.node.pairing.confirm(birch.name, typed(atAlder.type, atBirch.words))).rejects.toMatchObject({
      code: 'wrong-words',
    });
    expect([stateOf(alder, birch), stateOf(birch, alder)]).toEqual([undefined, undefined]);
  });

  test('who passes on the answer to a step of his own is not believed', async () => {
    const { link } = await birch.node.pairing.invite();
    const { id } = parseInvitation(link, logCrypto);
    three.setBetween(async () => {
      const { status, headers, body } = await step(id, firstStep(id, guestOfMallory()), { by: mallorySpeaker() });
      return { status, headers, body };
    });
    await expect(alder.node.pairing.accept(link)).rejects.toMatchObject({ code: 'NET_UNSIGNED' });
  });

  test('who puts a card of his own in the place of the host’s is not believed at all', async () => {
    const { link } = await birch.node.pairing.invite();
    three.setBetween(async (_, pass) => {
      const answer = await pass();
      const text = Buffer.from(answer.body).toString('utf8');
      if (!text.includes('"card"')) return answer;
      const read = JSON.parse(text) as Record<string, unknown>;
      const body = Buffer.from(JSON.stringify({ ...read, card: mallory.node.own.card().note }));
      return { ...answer, body: new Uint8Array(body) };
    });
    await expect(alder.node.pairing.accept(link)).rejects.toThrow();
  });

  test('who opens the invitation under his own name shows his own name', async () => {
    const { link } = await birch.node.pairing.invite();
    await mallory.node.pairing.accept(link);
    expect((await birch.node.pairing.list()).map(({ peer }) => peer)).toEqual([mallory.name]);
  });

  test('who claims the guest’s name with another identity key', async () => {
    const { link } = await birch.node.pairing.invite();
    const { id } = parseInvitation(link, logCrypto);
    const commit = commitTo(id, new Uint8Array(32), logCrypto);
    const request: PairRequest = {
      step: 1,
      card: alder.node.own.card().note,
      commit,
      identity: mallory.node.own.identityVkey,
    };
    expect(wordOf(await step(id, request, { by: speakerOf(mallory) }))).toBe('401');
    const honest: PairRequest = { ...request, identity: alder.node.own.identityVkey };
    expect(wordOf(await step(id, honest, { by: speakerOf(mallory) }))).toBe('401');
    expect((await birch.node.pairing.list())[0]?.peer).toBeUndefined();
  });
});

describe('the pairing route', () => {
  test('answers every fault with the same 401', async () => {
    const { link } = await birch.node.pairing.invite();
    const { id } = parseInvitation(link, logCrypto);
    const first = firstStep(id);
    const faults: [string, () => Promise<Reply>][] = [
      ['an unknown invitation', () => step(new Uint8Array(16), first)],
      ['step 2 first', () => step(id, { step: 2, random: new Uint8Array(32) })],
      ['step 3 first', () => step(id, { step: 3, confirm: new Uint8Array(32) })],
      ['no identity', () => step(id, { step: 1, card: first.card, commit: first.commit, identity: undefined })],
      ['another tag', () => step(id, first, { tag: 'fernpost/v1' })],
      ['another body', () => step(id, first, { signedBody: new Uint8Array(3) })],
      ['too early', () => step(id, first, { createdMs: 60_000 })],
      ['too late', () => step(id, first, { createdMs: -200_000 })],
      ['a body that breaks off', () => step(id, first, { body: bodyOf(new Uint8Array(10)) })],
      ['no JSON', () => raw(id, new Uint8Array(Buffer.from('no')))],
      ['a step that is none', () => raw(id, new Uint8Array(Buffer.from('{"v":1,"step":4}')))],
    ];
    const words: [string, string, number][] = [];
    for (const [name, run] of faults) {
      three.clock.advance(61_000);
      const reply = await run();
      words.push([name, wordOf(reply), reply.body.length]);
    }
    expect(words).toEqual(faults.map(([name]) => [name, '401', 0]));
    expect((await birch.node.pairing.list()).map(({ state, peer }) => [state, peer])).toEqual([['invited', undefined]]);
  });

  test('answers step 1 with the same card and commit as before, and a replayed request not at all', async () => {
    const { link } = await birch.node.pairing.invite();
    const { id } = parseInvitation(link, logCrypto);
    const first = firstStep(id);
    const prepared = prepareStep(id, first);
    const answer = await send(birch, prepared.make());
    const again = await send(birch, prepared.make());
    expect([wordOf(answer), wordOf(again)]).toEqual(['200', '401']);
    const anew = await step(id, first);
    expect(parsePairAnswer(1, anew.body).random).toEqual(parsePairAnswer(1, answer.body).random);
  });

  test('a revealed value that is not the one committed to ends nothing and shows no words', async () => {
    const { link } = await birch.node.pairing.invite();
    const { id } = parseInvitation(link, logCrypto);
    expect(wordOf(await step(id, firstStep(id)))).toBe('200');
    expect(wordOf(await step(id, { step: 2, random: new Uint8Array(32).fill(9) }))).toBe('401');
    expect((await birch.node.pairing.list())[0]?.words).toEqual([]);
  });

  test('takes five steps a minute from an address, and another address is not disturbed', async () => {
    const { link } = await birch.node.pairing.invite();
    const { id } = parseInvitation(link, logCrypto);
    const first = firstStep(id);
    const from = async (address: string) => wordOf(await step(id, first, { from: address }));
    const words = [];
    for (let n = 0; n < 6; n += 1) words.push(await from('203.0.113.1'));
    expect(words).toEqual(['200', '200', '200', '200', '200', '401']);
    expect(await from('203.0.113.2')).toBe('200');
    three.clock.advance(12_000);
    expect([await from('203.0.113.1'), await from('203.0.113.1')]).toEqual(['200', '401']);
  });

  test('does not open a paired peer’s routes to a guest', async () => {
    await met(birch, alder);
    const reply = await ask(birch, speakerOf(alder), {
      method: 'PUT',
      target: '/exchange/v1/card',
      body: new Uint8Array(3),
    });
    expect(wordOf(reply)).toBe('401');
  });
});

const commitRandom = new Uint8Array(32).fill(4);

interface Guest {
  readonly card: string;
  readonly identity: string;
}

function firstStep(id: Uint8Array, guest: Guest = guestOfAlder(), random = commitRandom): PairRequest & { step: 1 } {
  return { step: 1, card: guest.card, commit: commitTo(id, random, logCrypto), identity: guest.identity };
}

function guestOfAlder(): Guest {
  const { own } = alder.node;
  return { card: own.card().note, identity: own.identityVkey };
}

/** A card in Alder's name with Mallory's keys: at first contact nothing but the words tells them apart. */
function guestOfMallory(): Guest {
  const { own } = mallory.node;
  const key = noteKey(alder.name, noteKeyTypes.ed25519, own.secrets.identity.publicKey, logCrypto);
  const { url, title } = alder.node.own;
  const origin = alder.node.own.origin;
  const vkey = noteKey(origin, noteKeyTypes.ed25519, own.secrets.log.publicKey, logCrypto);
  const fields = {
    ...own.card(),
    name: alder.name,
    url,
    title,
    logs: [{ origin, vkey, prefix: logPrefix(url, origin) }],
  };
  const card = writeCard(fields, key, (message) => own.secrets.identity.sign(message), logCrypto);
  return { card, identity: formatVkey(key) };
}

function mallorySpeaker(): Speaker {
  return { name: alder.name, key: mallory.node.own.httpKey };
}

function prepareStep(id: Uint8Array, request: PairRequest, twist: Twist & { by?: Speaker } = {}) {
  const body = writePairRequest(request);
  const what = { method: 'POST', target: targetOf({ name: 'pair', invitation: id }), body } as const;
  const nonce = new Uint8Array(randomBytes(16));
  const whole = { nonce, tag: 'fernpost-pair/v1', ...twist } as const;
  return { make: () => prepare(birch, twist.by ?? speakerOf(alder), what, whole) };
}

function step(id: Uint8Array, request: PairRequest, twist: Twist & { by?: Speaker } = {}): Promise<Reply> {
  return send(birch, prepareStep(id, request, twist).make());
}

function raw(id: Uint8Array, body: Uint8Array): Promise<Reply> {
  const what = { method: 'POST', target: targetOf({ name: 'pair', invitation: id }), body } as const;
  return ask(birch, speakerOf(alder), what, { tag: 'fernpost-pair/v1' });
}

/** Plays the host to the guest and the guest to the host, with Birch's http key but without its identity key. */
function inTheMiddle(id: Uint8Array): Between {
  const random = new Uint8Array(32).fill(6);
  const by = mallorySpeaker();
  return async (request) => {
    const { method, url, headers, body = new Uint8Array(0) } = request;
    const { step: number } = parsePairRequest(body);
    const mine: PairRequest = number === 1 ? firstStep(id, guestOfMallory(), random) : { step: 2, random };
    const reply = await step(id, mine, { by, from: '203.0.113.66' });
    expect(wordOf(reply)).toBe('200');
    const parsed = parseRequestSignature({ method, targetUri: url, fields: headers }, 'fernpost-pair/v1');
    return signedAnswer(birch.node, jsonAnswer(200, reply.body), parsed.request);
  };
}
