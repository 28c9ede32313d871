import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReferralId } from '../../../protocol/ids.ts';
import { streamsMax } from '../../../node/web/pages/live/open-streams.ts';
import { kindsFor } from '../../../node/web/pages/live/stream.ts';
import { eventually, openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { listenTo, type EventLine } from '../../support/event-lines.ts';
import { syntheticPatient } from '../../support/paired-hospitals.ts';

const arrivalMsMax = 2000;
let desks: TestDesks;
let alder: TestDesk;
let birch: TestDesk;
let patients = 0;

beforeAll(async () => {
  desks = await openDesks({ names: ['alder', 'birch'] });
  [alder, birch] = [desks.at('alder'), desks.at('birch')];
});

afterAll(() => desks[Symbol.asyncDispose]());

async function refer(priority: 'routine' | 'stat' = 'routine'): Promise<ReferralId> {
  const { node, users } = alder;
  patients += 1;
  const added = await node.patients.add(syntheticPatient('alder', patients));
  if (added.state !== 'added') throw new Error('the patient is there already');
  const author = { id: users.doctor.id, name: 'Dr Dora Doctor' };
  const sending = { to: birch.node.own.name, patient: added.record.id, reason: 'Chest pain', question: 'See', author };
  return (await node.referrals.send({ ...sending, priority })).id;
}

const hears = ({ events }: EventLine, kind: string, id: string): boolean =>
  events.some(({ data }) => (data[kind] as readonly string[] | undefined)?.includes(id) === true);

/** Resolves at the commit of the referral at Birch. */
async function committedAt(id: ReferralId): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  birch.node.store.afterCommit(() => {
    const at = performance.now();
    void birch.node.inboxList.lines([id], '').then((lines) => (lines.length > 0 ? resolve(at) : undefined));
  });
  return promise;
}

describe('a line', () => {
  test('a referral is heard of at the other hospital within 2 s of its commit there, by its id alone', async () => {
    const doctor = await birch.client('doctor');
    await using line = await listenTo(doctor);
    expect(line.status).toBe(200);
    expect(line.headers.get('content-type')).toBe('text/event-stream');
    await eventually(() => line.events.some(({ kind }) => kind === 'hello'));
    const id = await refer('stat');
    const committed = await committedAt(id);
    await eventually(() => hears(line, 'emergency', id));
    const heard = line.events.find(({ data }) => data['emergency'] !== undefined)?.atMs ?? Infinity;
    expect(heard - committed).toBeLessThan(arrivalMsMax);
    expect(line.text()).not.toMatch(/canary|chest|synthia/i);
  });

  test('the answer is heard of where the referral came from', async () => {
    const doctor = await alder.client('doctor');
    await using line = await listenTo(doctor);
    const id = await refer();
    await eventually(async () => (await birch.node.inboxList.lines([id], '')).length === 1);
    await birch.node.referrals.accept(id, { author: { id: birch.users.doctor.id, name: 'Dr Dora Doctor' } });
    await eventually(() => hears(line, 'referral', id));
    await eventually(async () => (await alder.node.outboxList.lines([id]))[0]?.state === 'accepted');
  });

  test('who comes back with the last id is told what came meanwhile', async () => {
    const doctor = await birch.client('doctor');
    let lastId = 0;
    {
      await using line = await listenTo(doctor);
      await eventually(() => line.events[0]?.id !== undefined);
      lastId = Number(line.events[0]?.id);
    }
    const id = await refer();
    await eventually(async () => (await birch.node.inboxList.lines([id], '')).length === 1);
    await using again = await listenTo(doctor, '/live', lastId);
    await eventually(() => hears(again, 'received', id));
    await using asPageSays = await listenTo(doctor, `/live?since=${lastId}`);
    await eventually(() => hears(asPageSays, 'received', id));
    await using lost = await listenTo(doctor, '/live?since=999999999');
    await eventually(() => lost.events.some(({ kind }) => kind === 'missed'));
  });

  test('it ends when its person signs out, and says so', async () => {
    const doctor = await birch.client('doctor');
    await using line = await listenTo(doctor);
    await eventually(() => line.events.length > 0);
    await doctor.post('/sign-out', {});
    const id = await refer();
    await line.ended;
    expect(line.events.at(-1)?.kind).toBe('ended');
    expect(hears(line, 'received', id)).toBe(false);
  });

  test('a person has so many lines and no more, and one that was let go makes room', async () => {
    const coordinator = await birch.client('coordinator');
    const lines: EventLine[] = [];
    for (let n = 0; n < streamsMax; n += 1) lines.push(await listenTo(coordinator));
    const refused = await coordinator.get('/live');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('30');
    await lines.pop()?.[Symbol.asyncDispose]();
    await eventually(async () => {
      await using one = await listenTo(coordinator);
      return one.status === 200;
    });
    for (const line of lines) await line[Symbol.asyncDispose]();
  });

  test('nobody who has not signed in is answered', async () => {
    const nobody = await birch.client();
    const answer = await nobody.get('/live', {
      accept: 'text/event-stream',
      'sec-fetch-dest': 'empty',
      'x-fernpost': 'live',
    });
    expect(answer.status).toBe(401);
  });
});

test.each([
  [['doctor'], true, false],
  [['nurse'], true, false],
  [['administrator'], false, true],
  [['auditor'], false, false],
] as const)('%s hear of referrals: %s, of peers: %s', (roles, referrals, peers) => {
  expect(kindsFor(roles).includes('received')).toBe(referrals);
  expect(kindsFor(roles).includes('peer')).toBe(peers);
});

test('a node that stops ends every line at once', async () => {
  const own = await openDesks({ names: ['cedar'] });
  const line = await listenTo(await own.at('cedar').client('doctor'));
  await eventually(() => line.events.length > 0);
  const begun = performance.now();
  await own[Symbol.asyncDispose]();
  await line.ended;
  expect(performance.now() - begun).toBeLessThan(2500);
});
