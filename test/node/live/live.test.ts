import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ReferralId } from '../../../protocol/ids.ts';
import { noteChange, type Changes } from '../../../node/live/live.ts';
import { statement } from '../../../node/store/statement.ts';
import { syntheticPatient } from '../../support/paired-hospitals.ts';
import { openHospitals, type TestHospital, type TestHospitals } from '../../support/two-hospitals.ts';

let hospitals: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;

beforeEach(async () => {
  hospitals = await openHospitals();
  [alder, birch] = [hospitals.at('alder'), hospitals.at('birch')];
});

afterEach(() => hospitals[Symbol.asyncDispose]());

const author = { id: 'user-1', name: 'Dr Dora Doctor' };

async function send(priority: 'routine' | 'stat' = 'routine'): Promise<ReferralId> {
  const added = await alder.node.patients.add(syntheticPatient('alder', 1));
  if (added.state !== 'added') throw new Error('the patient is there already');
  const patient = added.record.id;
  const sending = { to: birch.name, patient, priority, reason: 'Chest pain', question: 'Please see', author };
  return (await alder.node.referrals.send(sending)).id;
}

/** Lets the feed look: time passes, and what it reads is read. */
async function settle(): Promise<void> {
  for (let n = 0; n < 20; n += 1) {
    hospitals.clock.advance(100);
    await nextTurn();
  }
}

const kindsOf = (told: readonly Changes[], subject: string) => [
  ...new Set(told.flatMap(({ changes }) => changes.filter((each) => each.subject === subject).map(({ kind }) => kind))),
];

async function listen(at: TestHospital): Promise<Changes[]> {
  const told: Changes[] = [];
  await at.node.live.subscribe((changes) => void told.push(changes));
  return told;
}

test('a referral is told on its whole way, at both hospitals, by kind and id alone', async () => {
  const [atAlder, atBirch] = [await listen(alder), await listen(birch)];
  const id = await send();
  await hospitals.deliver();
  await settle();
  expect(kindsOf(atAlder, id)).toEqual(['sent', 'delivery', 'referral']);
  expect(kindsOf(atBirch, id)).toEqual(expect.arrayContaining(['received']));
  await birch.node.referrals.accept(id, { author });
  await hospitals.deliver();
  await settle();
  expect(kindsOf(atBirch, id)).toEqual(expect.arrayContaining(['received', 'referral', 'delivery']));
  expect(Object.keys(atBirch[0]?.changes[0] ?? {})).toEqual(['seq', 'kind', 'subject']);
  expect(JSON.stringify([atAlder, atBirch])).not.toContain('Canary');
});

test('an emergency arrives under a kind of its own', async () => {
  const told = await listen(birch);
  const id = await send('stat');
  await hospitals.deliver();
  await settle();
  expect(kindsOf(told, id)[0]).toBe('emergency');
});

test('what happens within a moment is told at once, and later changes are told later', async () => {
  const told = await listen(alder);
  await Promise.all([1, 2, 3].map((n) => note('peer', `p${n}`)));
  await settle();
  expect(told.map(({ changes }) => changes.length)).toEqual([3]);
  await note('peer', 'p4');
  await settle();
  expect(told.map(({ changes }) => changes.length)).toEqual([3, 1]);
});

test('who comes back with a cursor is told everything after it, also by another run of the node', async () => {
  const before = (await alder.node.live.since(0)).cursor;
  await note('peer', 'while away');
  await alder.restart();
  const { changes, missed } = await alder.node.live.since(before);
  expect({ changes, missed }).toEqual({
    changes: [{ seq: before + 1, kind: 'peer', subject: 'while away' }],
    missed: false,
  });
});

test('changes that were undone are told to nobody', async () => {
  const told = await listen(alder);
  const failing = alder.node.store.write(async (writer) => {
    await noteChange(writer, 'peer', 'undone');
    throw new Error('undone');
  });
  await expect(failing).rejects.toThrow('undone');
  await note('peer', 'kept');
  await settle();
  expect(told.flatMap(({ changes }) => changes.map(({ subject }) => subject))).toEqual(['kept']);
});

test('a cursor that is too old, or of another database, is told to look at everything again', async () => {
  for (let n = 0; n < 40; n += 1)
    await alder.node.store.write(async (writer) => {
      for (let i = 0; i < 256; i += 1) await noteChange(writer, 'peer', `p${i}`);
    });
  const rows = await alder.node.store.read((reader) => reader.first(count, {}));
  expect(rows?.count).toBeLessThanOrEqual(8192 + 256);
  expect(await alder.node.live.since(1)).toMatchObject({ changes: [], missed: true });
  expect(await alder.node.live.since(1_000_000_000)).toMatchObject({ changes: [], missed: true });
});

test('whoever lets go is told nothing more, and a stop ends every line', async () => {
  const told: Changes[] = [];
  const subscription = await alder.node.live.subscribe((changes) => void told.push(changes));
  subscription[Symbol.dispose]();
  await note('peer', 'after');
  await settle();
  expect(told).toEqual([]);
  const { ended } = alder.node.live;
  expect(ended.aborted).toBe(false);
  await alder.restart();
  expect(ended.aborted).toBe(true);
});

const count = statement()((db) => db.selectFrom('desk_change').select((eb) => eb.fn.countAll<number>().as('count')));

async function note(kind: 'peer', subject: string): Promise<void> {
  await alder.node.store.write((writer) => noteChange(writer, kind, subject));
}
