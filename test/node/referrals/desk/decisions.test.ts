import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReferralId } from '../../../../protocol/ids.ts';
import { statement } from '../../../../node/store/statement.ts';
import { undoMs } from '../../../../node/referrals/decisions.ts';
import { drBirk, drBuche, openTwoDesks, type TwoDesks } from './two-desks.ts';

let desks: TwoDesks;

beforeAll(async () => {
  desks = await openTwoDesks();
});

afterAll(async () => {
  const failures = desks.failures();
  await desks[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

async function received(): Promise<ReferralId> {
  return desks.refer(await desks.addPatient(desks.alder));
}

async function states(id: ReferralId): Promise<readonly string[]> {
  const { alder, birch } = desks;
  return [(await alder.node.referrals.show(id)).state, (await birch.node.referrals.show(id)).state];
}

async function letItLeave(): Promise<void> {
  desks.two.clock.advance(undoMs);
  await desks.birch.node.referralDesk.decisions.sendDue();
  await desks.two.deliver();
}

test('a decision rests for ten seconds, then the sender has it', async () => {
  const { birch, two } = desks;
  const id = await received();
  const { decisions } = birch.node.referralDesk;
  const made = await decisions.decide(id, { kind: 'accepted', note: 'Bed 4 is free' }, drBirk);
  expect(made.dueAt - made.at).toBe(10_000);
  two.clock.advance(undoMs - 1);
  await decisions.sendDue();
  await two.deliver();
  expect(await states(id)).toEqual(['received', 'received']);
  two.clock.advance(1);
  await decisions.sendDue();
  await two.deliver();
  expect(await states(id)).toEqual(['accepted', 'accepted']);
  expect(await decisions.of(id)).toMatchObject([{ state: 'sent', by: drBirk, words: { note: 'Bed 4 is free' } }]);
  await decisions.sendDue();
  const { events } = await birch.node.referrals.show(id);
  expect(events.filter((event) => event.name === 'referral-accepted')).toHaveLength(1);
});

test('an undone decision never leaves, and another may follow it', async () => {
  const id = await received();
  const { decisions } = desks.birch.node.referralDesk;
  await decisions.decide(id, { kind: 'rejected', reason: 'No bed' }, drBirk);
  await decisions.undo(id, drBirk);
  await letItLeave();
  expect(await states(id)).toEqual(['received', 'received']);
  expect(await decisions.of(id)).toEqual([]);
  await decisions.decide(id, { kind: 'accepted' }, drBuche);
  await letItLeave();
  expect(await states(id)).toEqual(['accepted', 'accepted']);
});

test('the second clinician is told who decided, and cannot undo for the first', async () => {
  const id = await received();
  const { decisions } = desks.birch.node.referralDesk;
  const both = await Promise.allSettled([
    decisions.decide(id, { kind: 'accepted' }, drBirk),
    decisions.decide(id, { kind: 'rejected', reason: 'No bed' }, drBuche),
  ]);
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(both[1]).toMatchObject({
    reason: { code: 'being-decided', message: expect.stringContaining('Dr. Birk') as unknown },
  });
  await expect(decisions.undo(id, drBuche)).rejects.toMatchObject({ code: 'decision-of-another' });
  await expect(desks.birch.node.referrals.accept(id, { author: drBuche })).rejects.toMatchObject({
    code: 'being-decided',
  });
  await letItLeave();
  await expect(decisions.undo(id, drBirk)).rejects.toMatchObject({ code: 'decision-left' });
  await expect(decisions.decide(id, { kind: 'accepted' }, drBuche)).rejects.toMatchObject({
    code: 'wrong-state',
    message: expect.stringContaining('Dr. Birk accepted it') as unknown,
  });
});

test('an undo and the departure at the same moment end in one of the two, at both hospitals', async () => {
  const { decisions } = desks.birch.node.referralDesk;
  for (let round = 0; round < 8; round += 1) {
    const id = await received();
    await decisions.decide(id, { kind: 'accepted' }, drBirk);
    desks.two.clock.advance(undoMs);
    const sending = decisions.sendDue();
    for (let turn = 0; turn < round; turn += 1) await Promise.resolve();
    const [, undone] = await Promise.allSettled([sending, decisions.undo(id, drBirk)]);
    await desks.two.deliver();
    const expected = undone.status === 'fulfilled' ? 'received' : 'accepted';
    expect(await states(id)).toEqual([expected, expected]);
    expect(await decisions.of(id)).toHaveLength(undone.status === 'fulfilled' ? 0 : 1);
  }
});

test('a restart loses no decision', async () => {
  const id = await received();
  await desks.birch.node.referralDesk.decisions.decide(
    id,
    { kind: 'rejected', reason: 'No bed', advice: 'Ask Cedar' },
    drBirk,
  );
  await desks.birch.restart();
  await letItLeave();
  const detail = await desks.alder.node.referrals.show(id);
  expect(detail.state).toBe('rejected');
  const story = await desks.alder.node.referralDesk.story(detail);
  expect(story.at(-1)).toMatchObject({ by: 'Dr. Birk', words: 'No bed', note: 'Ask Cedar' });
});

test('a decision that the state no longer allows fails loudly and is not tried again', async () => {
  const id = await received();
  const { node } = desks.birch;
  await node.referralDesk.decisions.decide(id, { kind: 'accepted' }, drBirk);
  const { store } = node;
  const end = statement<{ id: string }>()((db, values) =>
    db.deleteFrom('referral_event').where('referral', '=', values.id),
  );
  await store.write((writer) => writer.run(end, { id }));
  await letItLeave();
  expect(await node.referralDesk.decisions.of(id)).toMatchObject([{ state: 'failed', trouble: 'referral-not-here' }]);
});

test('a rejection without a reason is refused, and so is one about nothing', async () => {
  const { decisions } = desks.birch.node.referralDesk;
  const id = await received();
  await expect(decisions.decide(id, { kind: 'rejected', reason: '  ' }, drBirk)).rejects.toMatchObject({
    code: 'reason-missing',
  });
  const unknown = '00000000-0000-4000-8000-000000000000' as ReferralId;
  await expect(decisions.decide(unknown, { kind: 'accepted' }, drBirk)).rejects.toMatchObject({
    code: 'unknown-referral',
  });
});
