import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { writeCard, type CardFields } from '../../../protocol/card.ts';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { mediaTypes } from '../../../protocol/http/media-types.ts';
import { targetOf } from '../../../protocol/http/routes.ts';
import { noteKey, noteKeyTypes } from '../../../protocol/log/note.ts';
import { peerOperations } from '../../../node/operations/peers.ts';
import { nodeTables } from '../../support/node-tables.ts';
import { ask, speakerOf, wordOf } from '../../support/peer-requests.ts';
import { openHospitals, type TestHospital, type TestHospitals } from '../../support/two-hospitals.ts';

let three: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;
let cedar: TestHospital;
let alarms: string[] = [];

beforeEach(async () => {
  three = await openHospitals({ names: ['alder', 'birch', 'cedar'] });
  [alder, birch, cedar] = [three.at('alder'), three.at('birch'), three.at('cedar')];
});

afterEach(async () => {
  const failures = [alder, birch, cedar].flatMap((each) => each.takeFailures());
  await three[Symbol.asyncDispose]();
  expect(failures.filter((failure) => !alarms.some((alarm) => failure.includes(alarm)))).toEqual([]);
  alarms = [];
});

/** A card of Alder's, signed by its identity key unless told otherwise. */
function cardOf(change: Partial<CardFields>, signer: TestHospital = alder): string {
  const { identity } = signer.node.own.secrets;
  const key = noteKey(alder.name, noteKeyTypes.ed25519, identity.publicKey, logCrypto);
  return writeCard({ ...alder.node.own.card(), ...change }, key, (message) => identity.sign(message), logCrypto);
}

const serial = () => alder.node.own.card().serial;
const atBirch = () => birch.node.directory.get(alder.name);
const evidence = () => birch.node.store.read((reader) => reader.all(nodeTables.evidence, {}));

async function push(note: string, by: TestHospital = alder): Promise<string> {
  const what = {
    method: 'PUT',
    target: targetOf({ name: 'putCard' }),
    body: utf8(note),
    type: mediaTypes.text,
  } as const;
  return wordOf(await ask(birch, speakerOf(by), what));
}

describe('a pushed card', () => {
  test('with a higher serial counts, with a lower one does not, and a restart keeps it', async () => {
    expect(await push(cardOf({ serial: serial() + 2, title: 'Alder, new wing' }))).toBe('200');
    expect(await push(cardOf({ serial: serial() + 1, title: 'Alder, old wing' }))).toBe('200');
    expect([atBirch().card.serial - serial(), atBirch().title]).toEqual([2, 'Alder, new wing']);
    await birch.restart();
    expect([atBirch().card.serial - serial(), atBirch().title]).toEqual([2, 'Alder, new wing']);
    expect(await evidence()).toEqual([]);
  });

  test('with the same serial and another text is kept as evidence, and the first one stays', async () => {
    alarms = ['two-cards-with-one-serial'];
    const { note } = atBirch().card;
    const other = cardOf({ title: 'Alder, for Birch alone' });
    expect(await push(other)).toBe('200');
    expect(atBirch().card.note).toBe(note);
    expect((await evidence()).map(({ kind, peer, body }) => [kind, peer, body])).toEqual([
      ['two-cards', alder.name, `${note}\n${other}`],
    ]);
  });

  test.each<[string, () => string]>([
    ['under another identity key', () => cardOf({ serial: serial() + 1 }, cedar)],
    ['of another hospital', () => cedar.node.own.card().note],
    ['with one letter changed', () => cardOf({ serial: serial() + 1 }).replace('title H', 'title h')],
    ['that is no card', () => 'fernpost-node/v1\n'],
    ['that is nothing', () => ''],
  ])('%s is refused and changes nothing', async (_, note) => {
    const before = atBirch();
    expect(await push(note())).toBe('SEND_CARD');
    expect(atBirch().card.note).toBe(before.card.note);
  });

  test('that is not UTF-8', async () => {
    const what = { method: 'PUT', target: targetOf({ name: 'putCard' }), type: mediaTypes.text } as const;
    const reply = await ask(birch, speakerOf(alder), { ...what, body: Uint8Array.of(0xff, 0xfe) });
    expect(wordOf(reply)).toBe('SEND_CARD');
  });

  test('does not undo a block that an administrator sets at the same moment', async () => {
    await Promise.all([
      push(cardOf({ serial: serial() + 1 })),
      peerOperations['peer.block'].run(birch.node as never, { peer: alder.name }),
    ]);
    expect(atBirch().state).toBe('blocked');
    await birch.restart();
    expect(atBirch().state).toBe('blocked');
  });

  test('of two at once the newer one stays', async () => {
    await Promise.all([2, 1, 3, 1].map((more) => push(cardOf({ serial: serial() + more }))));
    expect(atBirch().card.serial - serial()).toBe(3);
  });
});

describe('a fetched card', () => {
  test('brings what the peer says now', async () => {
    three.setBetween(async (request, pass) => {
      const answer = await pass();
      const body = utf8(cardOf({ serial: serial() + 1, title: 'Fetched' }));
      return request.url.endsWith('/fernpost') ? { ...answer, body } : answer;
    });
    await birch.node.cards.fetch(atBirch());
    expect(atBirch().title).toBe('Fetched');
  });

  test('under another identity key ends the trust, loudly, until a person decides', async () => {
    alarms = ['peer-key-changed'];
    three.setBetween(async (_, pass) => ({ ...(await pass()), body: utf8(cardOf({ serial: serial() + 1 }, cedar)) }));
    await birch.node.cards.fetch(atBirch());
    three.setBetween(undefined);
    expect(atBirch().state).toBe('key-changed');
    expect(await push(alder.node.own.card().note)).toBe('401');
    const body = `old 0\n\n${alder.node.log.head().checkpoint}`;
    expect((await birch.node.witness.addAlone(body)).status).toBe(404);
  });

  test('an error page, a redirect or a broken connection ends nothing', async () => {
    for (const status of [301, 404, 502]) {
      three.setBetween(async () => ({ status, headers: {}, body: utf8('<html>') }));
      await birch.node.cards.fetch(atBirch());
      expect(atBirch().state).toBe('paired');
    }
  });
});

describe('an administrator', () => {
  test.each([
    ['peer.pause', 'paused', 'REC_PAUSED'],
    ['peer.block', 'blocked', '401'],
  ] as const)('%s', async (operation, state, word) => {
    const input = { peer: alder.name };
    await peerOperations[operation].run(birch.node as never, input);
    expect([atBirch().state, await push(alder.node.own.card().note)]).toEqual([state, word]);
    await birch.restart();
    expect([atBirch().state, await push(alder.node.own.card().note)]).toEqual([state, word]);
    await peerOperations['peer.resume'].run(birch.node as never, input);
    expect(await push(alder.node.own.card().note)).toBe('200');
  });
});
