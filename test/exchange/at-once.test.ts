import { afterEach, beforeEach, expect, test } from 'vitest';
import { PeerHttpError } from '../../node/platform/peer-http.ts';
import { composeReferral, type Composed } from '../support/forged-bundle.ts';
import { nodeTables } from '../support/node-tables.ts';
import { openHospitals, type TestHospital, type TestHospitals } from '../support/two-hospitals.ts';

let two: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;

beforeEach(async () => {
  two = await openHospitals();
  [alder, birch] = [two.at('alder'), two.at('birch')];
  alder.node.dispatcher.start();
});

afterEach(async () => {
  const failures = [alder, birch].flatMap((each) => each.takeFailures());
  await two[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

const send = (files: readonly Uint8Array[] = []) => composeReferral(alder, birch, files);
const rowOf = async ({ referral }: Composed) => {
  const rows = await alder.node.store.read((reader) => reader.all(nodeTables.outbox, {}));
  return rows.find((row) => row.referral === referral);
};
const stateOf = async (composed: Composed) => (await rowOf(composed))?.state;
const sentLeaves = async () => {
  const leaves = await alder.node.store.read((reader) => reader.all(nodeTables.leaves, {}));
  return leaves.filter((leaf) => leaf.type === 'sent').length;
};
const unreachable = () => Promise.reject(new PeerHttpError('unreachable', 'nobody is there'));

test('a referral that nothing is ahead of is stored, logged and sent by one commit, and ends with a second', async () => {
  let commits = 0;
  const atFirstByte: unknown[] = [];
  alder.node.store.afterCommit(() => (commits += 1));
  two.setBetween(async (_, pass) => {
    atFirstByte.push(commits, await sentLeaves());
    return pass();
  });
  const composed = await send();
  await alder.node.dispatcher.settled();
  // The patient of this referral is the first of the three.
  expect([atFirstByte, commits]).toEqual([[2, 1], 3]);
  expect(await stateOf(composed)).toBe('delivered');
});

test('a node that ends before the first byte left sends the same record, once', async () => {
  two.setBetween(unreachable);
  const composed = await send();
  await alder.node.dispatcher.settled();
  const before = await rowOf(composed);
  expect(before).toMatchObject({ state: 'leaving', trouble_code: 'NET_UNREACHABLE' });
  await alder.restart();
  two.setBetween(undefined);
  two.clock.advance(60_000);
  await two.deliver();
  const after = await rowOf(composed);
  expect([after?.state, after?.record]).toEqual(['delivered', before?.record]);
  expect(await sentLeaves()).toBe(1);
});

test('to a peer out of reach it waits without a leaf, and can be taken back as if it had never left', async () => {
  two.setBetween(unreachable);
  const first = await send();
  await alder.node.dispatcher.settled();
  const second = await send();
  expect([await stateOf(first), await stateOf(second), await sentLeaves()]).toEqual(['leaving', 'preparing', 1]);
  await alder.node.referrals.withdraw(second.referral);
  expect([await stateOf(second), await sentLeaves()]).toEqual(['withdrawn', 1]);
});

test('eight are on their way to a peer at once; the ninth waits its turn, and so does what comes after it', async () => {
  const held = Promise.withResolvers<void>();
  two.setBetween(async (_, pass) => {
    await held.promise;
    return pass();
  });
  const all: Composed[] = [];
  for (let n = 0; n < 9; n += 1) all.push(await send());
  const states = async () => Promise.all(all.map(stateOf));
  expect(await states()).toEqual([...Array.from({ length: 8 }, () => 'leaving'), 'preparing']);
  held.resolve();
  await alder.node.dispatcher.settled();
  all.push(await send());
  expect((await states()).slice(8)).toEqual(['preparing', 'preparing']);
  await two.deliver();
  expect(await states()).toEqual(Array.from({ length: 10 }, () => 'delivered'));
});

test.each<[string, () => Promise<Composed>]>([
  ['attachments', () => send([new Uint8Array(3)])],
  [
    'a clock that stands before the last signature',
    async () => {
      two.clock.setWall(-10_000);
      const composed = await send();
      two.clock.setWall(10_000);
      return composed;
    },
  ],
])('with %s it is stored all the same, and its leaf comes when it is prepared', async (_, compose) => {
  const before = await sentLeaves();
  const composed = await compose();
  expect([await stateOf(composed), await sentLeaves()]).toEqual(['preparing', before]);
  await two.deliver();
  expect([await stateOf(composed), await sentLeaves()]).toEqual(['delivered', before + 1]);
});
