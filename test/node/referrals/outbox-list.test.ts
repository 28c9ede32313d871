import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ReferralId } from '../../../protocol/ids.ts';
import { outboxGroups, type OutboxGroup } from '../../../node/referrals/outbox-list-queries.ts';
import type { OutboxLine, OutboxPage } from '../../../node/referrals/outbox-list.ts';
import { findPlace } from '../../../node/referrals/page-place.ts';
import { PeerHttpError } from '../../../node/platform/peer-http.ts';
import { makeReferrals, referralIdOf } from '../../support/many-referrals.ts';
import { syntheticPatient } from '../../support/paired-hospitals.ts';
import { openHospitals, type TestHospital, type TestHospitals } from '../../support/two-hospitals.ts';

const hourMs = 3_600_000;
const author = { id: 'user-1', name: 'Dr Dora Doctor' };
let hospitals: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;

beforeEach(async () => {
  hospitals = await openHospitals();
  [alder, birch] = [hospitals.at('alder'), hospitals.at('birch')];
});

afterEach(() => hospitals[Symbol.asyncDispose]());

async function send(): Promise<ReferralId> {
  const added = await alder.node.patients.add(syntheticPatient('alder', 1));
  if (added.state !== 'added') throw new Error('the patient is there already');
  const sending = { to: birch.name, patient: added.record.id, reason: 'Chest pain', question: 'Please see', author };
  return (await alder.node.referrals.send({ ...sending, priority: 'urgent' })).id;
}

async function lineOf(id: ReferralId): Promise<OutboxLine> {
  const [line] = await alder.node.outboxList.lines([id]);
  if (line === undefined) throw new Error('no such line');
  return line;
}

const all = (): Promise<OutboxPage> => alder.node.outboxList.page({ group: 'all', limit: 25 });

async function expectGroup(group: OutboxGroup): Promise<void> {
  const { counts, total } = await all();
  expect(total).toBe(1);
  expect(counts).toEqual({ ...Object.fromEntries(outboxGroups.map((each) => [each, 0])), [group]: 1 });
  const chosen = await alder.node.outboxList.page({ group, limit: 25 });
  expect(chosen.lines.map((line) => line.group)).toEqual([group]);
}

test('a referral is followed from the queue to the answer, each step only when it is proven', async () => {
  const id = await send();
  expect((await lineOf(id)).bundles).toMatchObject([{ state: 'preparing', hasLeft: false, hasReceipt: false }]);
  await expectGroup('underway');
  await hospitals.deliver();
  expect(await lineOf(id)).toMatchObject({
    state: 'received',
    summary: { patientName: 'Canaryalder1, Synthia' },
    bundles: [{ kind: 'referral', event: 'referral-sent', state: 'delivered', hasLeft: true, hasReceipt: true }],
    answers: [],
  });
  await expectGroup('undecided');
  await birch.node.referrals.accept(id, { author });
  await hospitals.deliver();
  expect((await lineOf(id)).answers).toMatchObject([{ event: 'referral-accepted' }]);
  await expectGroup('accepted');
  expect((await birch.node.inboxList.lines([id], 'me'))[0]).toMatchObject({ group: 'accepted', answersUnderway: 0 });
});

test('what the receiver asks is told with its words until it is answered, and nothing is due of who has accepted', async () => {
  const id = await send();
  await hospitals.deliver();
  await birch.node.referrals.accept(id, { author });
  await birch.node.referrals.ask(id, { question: 'Which arm?', author: { id: 'user-2', name: 'Dr Birk' } });
  await hospitals.deliver();
  expect(await lineOf(id)).toMatchObject({
    question: { by: 'Dr Birk', text: 'Which arm?', at: hospitals.clock.now() },
    answers: [{ event: 'referral-accepted' }, { event: 'info-requested' }],
  });
  await expectGroup('asked');
  const inboxLine = async () => (await birch.node.inboxList.lines([id], 'me'))[0];
  expect(await inboxLine()).toMatchObject({ group: 'asked', isAnswered: true });
  await alder.node.referrals.answer(id, { text: 'The left', author });
  expect((await lineOf(id)).question).toBeUndefined();
  await expectGroup('underway');
  await hospitals.deliver();
  await expectGroup('accepted');
  expect(await inboxLine()).toMatchObject({ group: 'accepted', isAnswered: true });
});

test('while the peer is out of reach the obstacle, the next try and the deadline are told', async () => {
  hospitals.setBetween(async () => {
    throw new PeerHttpError('unreachable', 'nobody is there');
  });
  const id = await send();
  await hospitals.deliver();
  const [bundle] = (await lineOf(id)).bundles;
  expect(bundle).toMatchObject({
    state: 'leaving',
    troubleCode: 'NET_UNREACHABLE',
    isOverdue: false,
    hasReceipt: false,
  });
  expect(bundle?.nextAt).toBeGreaterThan(hospitals.clock.now());
  await expectGroup('troubled');
  hospitals.clock.advance(25 * hourMs);
  await expectGroup('overdue');
  hospitals.setBetween(undefined);
  await hospitals.deliver();
  await expectGroup('undecided');
});

test('a referral that was taken back is closed', async () => {
  const id = await send();
  await alder.node.referrals.withdraw(id);
  await hospitals.deliver();
  expect((await lineOf(id)).state).toBe('cancelled');
  await expectGroup('closed');
});

test('pages go to the end and back, and "open" leaves out what is closed', async () => {
  const at = hospitals.clock.now();
  const made = Array.from({ length: 8 }, (_, n) => ({
    id: referralIdOf(n),
    at: at + Math.floor(n / 2),
    direction: 'sent' as const,
    state: n === 3 ? 'completed' : 'received',
    peer: n === 5 ? 'cedar.example' : 'birch.example',
  }));
  await makeReferrals(alder.node, made);
  const page = async (group: 'open' | 'all', side?: 'after' | 'before', text?: string) => {
    const place = side === undefined ? undefined : findPlace(side, text);
    const found = await alder.node.outboxList.page({ group, limit: 3, ...(place === undefined ? {} : { place }) });
    return { ids: found.lines.map(({ id }) => Number(id.slice(-2))), ...found };
  };
  const first = await page('open');
  const second = await page('open', 'after', first.after);
  const third = await page('open', 'after', second.after);
  expect([first.ids, second.ids, third.ids]).toEqual([[7, 6, 5], [4, 2, 1], [0]]);
  expect(third.after).toBeUndefined();
  const back = await page('open', 'before', third.before);
  expect(back.ids).toEqual(second.ids);
  expect((await page('open', 'before', back.before)).before).toBeUndefined();
  const ofCedar = await alder.node.outboxList.page({ group: 'all', peer: 'cedar.example', limit: 25 });
  expect(ofCedar.lines).toHaveLength(1);
  expect(ofCedar.total).toBe(1);
});

test.each([
  ['routine', 48],
  ['urgent', 24],
] as const)(
  'the department that is asked stands beside the referral, and its answer time holds when it is %s',
  async (priority, hours) => {
    const by = { id: 'user-2', name: 'Ada Admin' };
    const input = { code: 'CARD', name: 'Cardiology', active: 'yes', answer_hours: '48' };
    expect((await birch.node.departments.add(by, input)).state).toBe('saved');
    const added = await alder.node.patients.add(syntheticPatient('alder', 1));
    if (added.state !== 'added') throw new Error('the patient is there already');
    const sending = {
      to: birch.name,
      patient: added.record.id,
      reason: 'Chest pain',
      question: 'See',
      author,
      priority,
    };
    const { id } = await alder.node.referrals.send({ ...sending, specialty: 'cardiology' });
    await hospitals.deliver();
    const { lines } = await birch.node.inboxList.page({
      group: 'all',
      me: '',
      sort: 'newest',
      limit: 5,
      department: 'Cardiology',
    });
    expect(lines).toMatchObject([{ id, summary: { specialty: 'cardiology' } }]);
    expect((lines[0]?.answerDueAt ?? 0) - (lines[0]?.arrivedAt ?? 0)).toBe(hours * hourMs);
  },
);
