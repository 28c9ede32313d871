import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReferralId } from '../../protocol/ids.ts';
import type { Priority } from '../../node/referrals/referrals.ts';
import { addNodeKey } from '../../node/keys/node-secrets.ts';
import { nodeTables } from '../support/node-tables.ts';
import { openFederation, type Federation, type FederationOptions, type Hospital } from '../support/hospital.ts';
import { pairedHospitals } from '../support/paired-hospitals.ts';
import { findBreaches, readContents } from './invariants.ts';

// What the seeds once found, or what is too rare to wait for: each as a story of its own.

const author = { id: 'simulated', name: 'Dr. Simulated' };
const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const silentMs = 365 * dayMs;

type Paired = Awaited<ReturnType<typeof pairedHospitals>>;
let paired: Paired;
beforeAll(async () => {
  paired = await pairedHospitals(['alder', 'birch', 'cedar']);
});
afterAll(async () => {
  await paired[Symbol.asyncDispose]();
});

function open(options: Partial<FederationOptions> = {}): Promise<Federation> {
  return openFederation({ seed: 'found', names: ['alder', 'birch', 'cedar'], from: paired.images(), ...options });
}

async function send(
  from: Hospital,
  to: Hospital,
  options: { readonly priority?: Priority; readonly withAttachments?: boolean } = {},
): Promise<ReferralId> {
  const { records } = await from.node().patients.list('created', { limit: 2 });
  const patient = options.withAttachments === true ? records[1] : records[0];
  if (patient === undefined) throw new Error('there is no patient');
  const { id } = await from.node().referrals.send({
    to: to.name,
    patient: patient.id,
    attachments: (await from.node().attachments.list(patient.id)).map((each) => each.id),
    priority: options.priority ?? 'routine',
    reason: 'Raised blood pressure',
    question: 'Please take over',
    author,
  });
  return id;
}

async function stateAt(hospital: Hospital, id: ReferralId): Promise<string> {
  return (await hospital.node().referrals.show(id)).state;
}

async function breachesOf({ during, hospitals, failures }: Federation): Promise<readonly string[]> {
  const nodes = await during(Promise.all(hospitals.map((each) => readContents(each.node()))));
  return [...findBreaches(nodes), ...failures];
}

describe('two hospitals act at the same moment', () => {
  test('a withdrawal that crosses the receipt becomes a request to cancel at both', async () => {
    let withdrawn: Promise<void> | undefined;
    const sent: ReferralId[] = [];
    await using world = await open({
      door: (hospital, door) => async (request) => {
        const answer = await door(request);
        const isReferral = request.method === 'POST' && request.target.startsWith('/exchange/v1/bundles/');
        if (hospital.name === 'birch.example' && isReferral && answer.status === 200)
          for (const id of sent) withdrawn ??= world.hospital('alder').node().referrals.withdraw(id);
        await withdrawn;
        return answer;
      },
    });
    const [alder, birch] = [world.hospital('alder'), world.hospital('birch')];
    const id = await world.during(send(alder, birch));
    sent.push(id);
    await world.time.advance(minuteMs);
    expect(withdrawn).toBeDefined();
    expect(await world.during(stateAt(birch, id))).toBe('cancel-requested');
    expect(await world.during(stateAt(alder, id))).toBe('cancel-requested');
    expect(await breachesOf(world)).toEqual([]);
  });

  test('referrals that are sent at once have numbers of their own', async () => {
    await using world = await open();
    const [alder, birch, cedar] = world.hospitals as [Hospital, Hospital, Hospital];
    await world.during(Promise.all([birch, cedar, birch, cedar, birch].map((to) => send(alder, to))));
    await world.time.advance(minuteMs);
    expect(await breachesOf(world)).toEqual([]);
  });

  test('an answer from a clock that is behind is not older than what it answers', async () => {
    await using world = await open({ skewMs: (name) => (name === 'birch' ? -25 * secondMs : 0) });
    const [alder, birch] = [world.hospital('alder'), world.hospital('birch')];
    const id = await world.during(send(alder, birch));
    await world.time.advance(2 * secondMs);
    await world.during(birch.node().referrals.accept(id, { author }));
    await world.time.advance(minuteMs);
    expect(await world.during(stateAt(alder, id))).toBe('accepted');
    expect(await breachesOf(world)).toEqual([]);
  });
});

describe('a peer that was away comes back', () => {
  test('after a day everything leaves within a minute, the most urgent first, and nothing of it twice', async () => {
    await using world = await open({ names: ['alder', 'birch'] });
    const [alder, birch] = [world.hospital('alder'), world.hospital('birch')];
    await world.during(birch.stop());
    const sent = new Map<ReferralId, Priority>();
    for (const priority of ['routine', 'urgent', 'routine', 'stat', 'urgent'] as const) {
      sent.set(await world.during(send(alder, birch, { priority })), priority);
      await world.time.advance(hourMs);
    }
    await world.time.advance(dayMs);
    await world.during(birch.start());
    await world.time.advance(minuteMs);
    const received = await world.during(birch.node().referrals.list('received', { limit: 10 }));
    const inOrder = received.toSorted((a, b) => (a.number < b.number ? -1 : 1));
    expect(inOrder.map(({ id }) => sent.get(id))).toEqual(['stat', 'urgent', 'urgent', 'routine', 'routine']);
    await world.time.advance(minuteMs);
    expect(await breachesOf(world)).toEqual([]);
  }, 120_000);

  test('it is noticed by a node that was itself started anew meanwhile', async () => {
    await using world = await open();
    const [alder, birch] = [world.hospital('alder'), world.hospital('birch')];
    await world.during(birch.stop());
    const id = await world.during(send(alder, birch));
    await world.time.advance(3 * hourMs);
    alder.kill();
    await world.during(alder.start());
    await world.during(birch.start());
    await world.time.advance(minuteMs);
    expect(await world.during(stateAt(alder, id))).toBe('received');
  });

  test('a wall clock that stood a year ahead does not put the next try a year off', async () => {
    await using world = await open();
    const [alder, birch] = [world.hospital('alder'), world.hospital('birch')];
    await world.during(birch.stop());
    const id = await world.during(send(alder, birch));
    await world.time.advance(minuteMs);
    alder.clock.setWall(365 * dayMs);
    await world.time.advance(20 * minuteMs);
    alder.clock.setWall(-365 * dayMs);
    alder.kill();
    await world.during(alder.start());
    await world.during(birch.start());
    await world.time.advance(20 * minuteMs);
    expect(await world.during(birch.node().referrals.list('received', { limit: 10 }))).toHaveLength(1);
    expect(await world.during(stateAt(birch, id))).toBe('received');
  });
});

describe('a hospital has new keys', () => {
  test.each([
    ['with attachments', true],
    ['in one request', false],
  ])('what was sealed to an old one is sealed anew and arrives once: %s', async (_, withAttachments) => {
    await using world = await open({ names: ['alder', 'birch'] });
    const [alder, birch] = [world.hospital('alder'), world.hospital('birch')];
    await world.during(replaceSealingKeys(birch));
    birch.kill();
    const id = await world.during(send(alder, birch, { withAttachments }));
    await world.time.advance(minuteMs);
    await world.during(birch.start());
    await world.time.advance(5 * minuteMs);
    expect(await world.during(stateAt(birch, id))).toBe('received');
    const deliveries = (await world.during(alder.node().referrals.show(id))).deliveries.map(({ state }) => state);
    expect(deliveries.toSorted()).toEqual(['delivered', 'withdrawn']);
    expect(await breachesOf(world)).toEqual([]);
  });
});

/** Destroys the keys that open bundles and makes others, as a node that lost them would. */
async function replaceSealingKeys(hospital: Hospital): Promise<void> {
  const { store, keyring, random, clock } = hospital.node();
  await store.write(async (writer) => {
    await writer.run(nodeTables.forgetSealingKeys, {});
    for (const use of ['box', 'xwing'] as const) await addNodeKey(writer, use, { keyring, random, now: clock.now() });
  });
}

describe('a peer that is silent', () => {
  test('holds up no other, however much waits for it', async () => {
    let isSilent = true;
    await using world = await open({
      door: (hospital, door) => async (request) => {
        if (hospital.name === 'cedar.example' && isSilent) await world.time.sleep(silentMs);
        return door(request);
      },
    });
    const [alder, birch, cedar] = world.hospitals as [Hospital, Hospital, Hospital];
    for (let count = 0; count < 20; count += 1) await world.during(send(alder, cedar, { priority: 'stat' }));
    await world.time.advance(3 * minuteMs);
    const began = world.time.elapsedMs();
    for (let count = 0; count < 5; count += 1) {
      const id = await world.during(send(alder, birch));
      const arrived = async () => (await birch.node().referrals.list('received', { limit: 1 }))[0]?.id === id;
      expect(await world.time.runUntil(arrived, 5 * secondMs)).toBe(true);
      await world.time.advance(15 * secondMs);
    }
    expect(world.time.elapsedMs() - began).toBeLessThan(2 * minuteMs);
    isSilent = false;
    await world.time.advance(5 * minuteMs);
    expect(await world.during(cedar.node().referrals.list('received', { limit: 50 }))).toHaveLength(20);
  });
});
