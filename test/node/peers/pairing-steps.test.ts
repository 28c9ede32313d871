import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseLocalRecord } from '../../../protocol/log/record.ts';
import { PeerHttpError } from '../../../node/platform/peer-http.ts';
import { nodeTables } from '../../support/node-tables.ts';
import { openHospitals, type TestHospital, type TestHospitals } from '../../support/two-hospitals.ts';

let two: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;

beforeEach(async () => {
  two = await openHospitals({ names: ['alder', 'birch'], paired: false });
  [alder, birch] = [two.at('alder'), two.at('birch')];
});

afterEach(async () => {
  const failures = [alder, birch].flatMap((each) => each.takeFailures());
  await two[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

const typed = (ask: readonly number[], words: readonly string[]) => ask.map((place) => words[place - 1] ?? '');
const statusAt = async ({ node }: TestHospital, invitation: string) => {
  const found = await node.pairing.find(invitation);
  if (found === undefined) throw new Error('there is no such pairing');
  return found.status;
};
const stepsAt = async (here: TestHospital, invitation: string) =>
  (await statusAt(here, invitation)).steps.map(({ name, state }) => `${name} ${state}`);

async function actsOf({ node }: TestHospital) {
  const rows = await node.store.read((reader) => reader.all(nodeTables.leaves, {}));
  return rows
    .filter(({ type }) => type === 'local')
    .map(({ record }) => parseLocalRecord(record).members)
    .map(({ act, by, peer }) => [act, by, peer].filter((each) => each !== undefined).join(' '));
}

describe('the steps of a pairing', () => {
  test('are told on both sides as they happen', async () => {
    const { link, invitation } = await birch.node.pairing.invite('user-b');
    expect(await stepsAt(birch, invitation)).toEqual([
      'invitation done',
      'contact current',
      'words waiting',
      'typed-here waiting',
      'typed-there waiting',
      'trust waiting',
    ]);
    expect(await alder.node.pairing.begin(link, 'user-a')).toMatchObject({ state: 'invited', words: [] });
    await alder.node.pairing.work();
    for (const here of [alder, birch])
      expect((await stepsAt(here, invitation)).slice(1, 5)).toEqual([
        'contact done',
        'words done',
        'typed-here current',
        'typed-there current',
      ]);
    const [atAlder, atBirch] = [await statusAt(alder, invitation), await statusAt(birch, invitation)];
    expect(atAlder.words).toEqual(atBirch.words);
    await alder.node.pairing.confirmRun(invitation, typed(atAlder.type, atBirch.words), 'user-a');
    expect((await stepsAt(birch, invitation)).slice(3, 5)).toEqual(['typed-here current', 'typed-there done']);
    await birch.node.pairing.confirmRun(invitation, typed(atBirch.type, atAlder.words), 'user-b');
    await alder.node.pairing.work();
    for (const here of [alder, birch])
      expect(await statusAt(here, invitation)).toMatchObject({ state: 'paired', fault: undefined, words: [] });
  });

  test('name the step, the side and the code of what failed, and go on when it passes', async () => {
    const { link, invitation } = await birch.node.pairing.invite();
    two.setBetween(async () => {
      throw new PeerHttpError('unreachable', 'no way');
    });
    await alder.node.pairing.begin(link, 'user-a');
    await alder.node.pairing.work();
    const failed = await statusAt(alder, invitation);
    expect(failed).toMatchObject({
      state: 'invited',
      fault: { step: 'contact', side: 'network', code: 'NET_UNREACHABLE' },
    });
    expect(failed.steps.find(({ state }) => state === 'failed')?.name).toBe('contact');
    two.setBetween(undefined);
    await alder.node.pairing.work();
    expect(await statusAt(alder, invitation)).toMatchObject({ state: 'confirming', fault: undefined });
  });

  test.each([
    ['an invitation that was withdrawn', 'peer', 'NET_UNSIGNED'],
    ['an address that may not be called', 'this', 'NET_ADDRESS'],
  ])('%s ends the run with its reason', async (what, side, code) => {
    const { link, invitation } = await birch.node.pairing.invite();
    if (code === 'NET_UNSIGNED') await birch.node.pairing.withdraw(invitation, 'user-b');
    else
      two.setBetween(async () => {
        throw new PeerHttpError('address-refused', 'a private address');
      });
    await alder.node.pairing.begin(link, 'user-a');
    await alder.node.pairing.work();
    expect([what, await statusAt(alder, invitation)]).toMatchObject([
      what,
      { state: 'ended', fault: { step: 'contact', side, code } },
    ]);
    expect((await statusAt(alder, invitation)).detail).not.toBe('');
  });

  test('that both administrators take at one moment do not undo each other', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { link, invitation } = await birch.node.pairing.invite();
      await alder.node.pairing.accept(link);
      const [atAlder, atBirch] = [await statusAt(alder, invitation), await statusAt(birch, invitation)];
      await Promise.all([
        birch.node.pairing.confirmRun(invitation, typed(atBirch.type, atAlder.words), 'user-b'),
        alder.node.pairing.confirmRun(invitation, typed(atAlder.type, atBirch.words), 'user-a'),
      ]);
      two.clock.advance(61_000);
      await alder.node.pairing.work();
      expect((await statusAt(alder, invitation)).state).toBe('paired');
      expect((await statusAt(birch, invitation)).state).toBe('paired');
    }
  });

  test('cannot be taken after a wrong word, and the host may begin another run', async () => {
    const { link, invitation } = await birch.node.pairing.invite();
    await alder.node.pairing.accept(link);
    const before = await statusAt(birch, invitation);
    await expect(birch.node.pairing.confirmRun(invitation, ['a', 'b', 'c'], 'user-b')).rejects.toMatchObject({
      code: 'wrong-words',
    });
    expect(await statusAt(birch, invitation)).toMatchObject({ state: 'invited', runs: 1, words: [] });
    await alder.node.pairing.confirmRun(invitation, typed((await statusAt(alder, invitation)).type, before.words), 'u');
    expect(await statusAt(alder, invitation)).toMatchObject({
      state: 'confirming',
      fault: { step: 'typed-there', side: 'peer' },
    });
    expect(alder.node.directory.find(birch.name)).toBeUndefined();
  });

  test('an invitation that outlived its day says so', async () => {
    const { invitation, expires } = await birch.node.pairing.invite();
    expect((await birch.node.pairing.find(invitation))?.link).toContain('fernpost:pair?');
    two.clock.advance(expires - two.clock.now() + 1_000);
    expect(await birch.node.pairing.find(invitation)).toMatchObject({ status: { state: 'ended' }, link: undefined });
  });
});

test('a peer whose key changed is trusted again when it was paired anew, and in no other way', async () => {
  const pairAgain = async () => {
    const { link, invitation } = await birch.node.pairing.invite();
    await alder.node.pairing.accept(link);
    const [atAlder, atBirch] = [await statusAt(alder, invitation), await statusAt(birch, invitation)];
    await birch.node.pairing.confirmRun(invitation, typed(atBirch.type, atAlder.words), 'user-b');
    await alder.node.pairing.confirmRun(invitation, typed(atAlder.type, atBirch.words), 'user-a');
  };
  await pairAgain();
  await alder.node.directory.change(birch.name, (peer) => ({ ...peer, state: 'key-changed' }));
  await expect(alder.node.trust.resume(birch.name, 'user-a')).rejects.toMatchObject({ code: 'peer-state' });
  await expect(alder.node.trust.pause(birch.name, 'user-a')).rejects.toMatchObject({ code: 'peer-state' });
  two.clock.advance(61_000);
  await pairAgain();
  expect(alder.node.directory.get(birch.name)).toMatchObject({ state: 'paired', detail: '' });
});

describe('what an administrator does', () => {
  test('is in the log with who did it, and what changed nothing is not', async () => {
    const { link, invitation } = await birch.node.pairing.invite('user-b');
    await alder.node.pairing.accept(link, 'user-a');
    const [atAlder, atBirch] = [await statusAt(alder, invitation), await statusAt(birch, invitation)];
    await birch.node.pairing.confirmRun(invitation, typed(atBirch.type, atAlder.words), 'user-b');
    await alder.node.pairing.confirmRun(invitation, typed(atAlder.type, atBirch.words), 'user-a');
    await alder.node.trust.pause(birch.name, 'user-a');
    await alder.node.trust.pause(birch.name, 'user-a');
    await alder.node.trust.resume(birch.name, 'user-a');
    await alder.node.trust.block(birch.name, 'user-c');
    expect(await actsOf(alder)).toEqual([
      'peer-invitation-opened user-a birch.example',
      'peer-words-right user-a birch.example',
      'peer-paired node birch.example',
      'peer-paused user-a birch.example',
      'peer-resumed user-a birch.example',
      'peer-blocked user-c birch.example',
    ]);
    expect(await actsOf(birch)).toEqual([
      'peer-invited user-b',
      'peer-words-right user-b alder.example',
      'peer-paired node alder.example',
    ]);
  });

  test('with a token is in the log, and a live label is not given twice', async () => {
    const { tokens } = alder.node;
    await tokens.issue('State auditor', 'user-a');
    await expect(tokens.issue('State auditor', 'user-a')).rejects.toMatchObject({ code: 'label-taken' });
    expect(await tokens.revoke('State auditor', 'user-c')).toBe(true);
    expect(await tokens.revoke('State auditor', 'user-c')).toBe(false);
    await tokens.issue('State auditor', 'user-a');
    expect(await actsOf(alder)).toEqual(['token-issued user-a', 'token-revoked user-c', 'token-issued user-a']);
    expect((await tokens.list()).map(({ createdBy, revokedBy }) => [createdBy, revokedBy])).toEqual([
      ['user-a', 'user-c'],
      ['user-a', ''],
    ]);
  });
});

test('a signed answer tells how far the other clock is off', async () => {
  await two[Symbol.asyncDispose]();
  two = await openHospitals({ names: ['alder', 'birch'] });
  [alder, birch] = [two.at('alder'), two.at('birch')];
  const { url } = birch.node.directory.get(alder.name);
  expect(Math.abs(birch.node.clocks.find(url)?.aheadMs ?? 9_999)).toBeLessThanOrEqual(500);
});
