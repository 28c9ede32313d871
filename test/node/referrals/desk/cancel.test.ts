import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReferralId } from '../../../../protocol/ids.ts';
import { PeerHttpError } from '../../../../node/platform/peer-http.ts';
import { eventsToldMax } from '../../../../node/referrals/story.ts';
import { drAdler, drBirk, openTwoDesks, type TwoDesks } from './two-desks.ts';

let desks: TwoDesks;

beforeAll(async () => {
  desks = await openTwoDesks();
});

afterAll(async () => {
  const failures = desks.failures();
  await desks[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

/** Birch has the referral, its receipt is lost on the way, and Alder takes the referral back. */
async function crossedWithdrawal(): Promise<ReferralId> {
  const { alder, birch, two, addPatient, sending } = desks;
  const { id } = await alder.node.referrals.send(sending(await addPatient(alder)));
  two.setBetween(async (request, pass) => {
    const answer = await pass();
    if (request.from === alder.name && answer.status === 200 && request.method === 'POST')
      throw new PeerHttpError('unreachable', 'the answer is lost');
    return answer;
  });
  await two.deliver();
  two.setBetween(undefined);
  expect((await birch.node.referrals.show(id)).state).toBe('received');
  await alder.node.referrals.withdraw(id, { author: drAdler, reason: 'Went elsewhere' });
  two.clock.advance(60_000);
  await two.deliver();
  return id;
}

const states = async (id: ReferralId): Promise<readonly string[]> => [
  (await desks.alder.node.referrals.show(id)).state,
  (await desks.birch.node.referrals.show(id)).state,
];

test('a withdrawal that crosses the receipt becomes a request, which a clinician confirms', async () => {
  const { birch, two } = desks;
  const id = await crossedWithdrawal();
  expect(await states(id)).toEqual(['cancel-requested', 'cancel-requested']);
  const story = await birch.node.referralDesk.story(await birch.node.referrals.show(id));
  expect(story.at(-1)).toMatchObject({ name: 'withdrawn', by: 'Dr. Adler', words: 'Went elsewhere' });
  await birch.node.referrals.answerCancel(id, { kind: 'confirmed', author: drBirk });
  await two.deliver();
  expect(await states(id)).toEqual(['cancelled', 'cancelled']);
});

test('a declined request goes on from where it was, and its reason arrives', async () => {
  const { alder, birch, two } = desks;
  const id = await crossedWithdrawal();
  const { referrals } = birch.node;
  await expect(referrals.answerCancel(id, { kind: 'declined', reason: ' ', author: drBirk })).rejects.toMatchObject({
    code: 'reason-missing',
  });
  await referrals.answerCancel(id, { kind: 'declined', reason: 'Already in theatre', author: drBirk });
  await two.deliver();
  expect(await states(id)).toEqual(['received', 'received']);
  const story = await alder.node.referralDesk.story(await alder.node.referrals.show(id));
  expect(story.at(-1)).toMatchObject({ name: 'cancel-declined', by: 'Dr. Birk', words: 'Already in theatre' });
});

test('without a request there is nothing to answer', async () => {
  const { alder, birch, addPatient, refer } = desks;
  const id = await refer(await addPatient(alder));
  await expect(birch.node.referrals.answerCancel(id, { kind: 'confirmed', author: drBirk })).rejects.toMatchObject({
    code: 'wrong-state',
  });
});

test.each([
  [eventsToldMax, eventsToldMax],
  [eventsToldMax + 1, eventsToldMax],
  [1000, eventsToldMax],
])('of %i events %i are told: the first one and the newest', async (count, told) => {
  const { birch } = desks;
  const detail = await birch.node.referrals.show(await crossedWithdrawal());
  const [first, last] = [detail.events.at(0), detail.events.at(-1)];
  if (first === undefined || last === undefined) throw new TypeError('expected a referral with its events');
  const events = [first, ...Array.from({ length: count - 1 }, (_, i) => ({ ...last, seq: i }))];
  const story = await birch.node.referralDesk.story({ ...detail, events });
  expect(story).toHaveLength(told);
  expect(story.at(0)?.name).toBe(first.name);
  expect(story.at(-1)?.seq).toBe(count - 2);
});
