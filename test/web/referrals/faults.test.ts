import { afterAll, beforeAll, expect, test } from 'vitest';
import { draftKeyOf } from '../../../node/web/draft-key.ts';
import { eventually } from '../../support/desk.ts';
import { addPatient, openTwoDesks, signedFields, submitAt, textOf, writeDraft, type TwoDesks } from './two-desks.ts';

let desks: TwoDesks;

beforeAll(async () => {
  desks = await openTwoDesks();
});

afterAll(async () => await desks[Symbol.asyncDispose]());

test('a referral of a restricted record is closed to others on its tracking page too', async () => {
  const { alder, atAlder } = desks;
  const patient = await addPatient(alder, { csvId: 'F-1', familyName: 'Closed' });
  const sign = await writeDraft(atAlder, { patient });
  const sent = await submitAt(atAlder, await atAlder.get(sign), sign, signedFields((await atAlder.get(sign)).text));
  const nurse = await alder.client('nurse');
  expect((await nurse.get(sent.location ?? '')).status).toBe(200);
  const action = `/patients/${patient}/restriction`;
  expect((await submitAt(atAlder, await atAlder.get(action), action, { reason: 'a colleague' })).status).toBe(303);
  const refused = await nurse.get(sent.location ?? '');
  expect([refused.status, refused.text.includes('CLOSED')]).toEqual([403, false]);
  expect((await atAlder.get(sent.location ?? '')).status).toBe(200);
});

test('what was typed when the session ended stands in the form again, and goes once it is saved', async () => {
  const { alder, atAlder } = desks;
  const patient = await addPatient(alder, { csvId: 'F-2', familyName: 'Session' });
  const why = (await writeDraft(atAlder, { patient })).replace('/sign', '/why');
  const { id } = alder.users.doctor;
  const typed = [
    ['priority', 'stat'],
    ['question', 'Typed before the end'],
    ['reason', 'Kept'],
    ['policeCase', 'yes'],
  ] as const;
  await alder.node.drafts.save(id, draftKeyOf(why), typed);
  const page = await atAlder.get(`${why}?draft=1`);
  expect(page.text).toContain('Typed before the end');
  expect(page.text).toMatch(/value="stat"[^>]*checked/);
  expect(page.text).toMatch(/name="policeCase"[^>]*checked/);
  const saved = await submitAt(atAlder, page, why, Object.fromEntries(typed));
  expect(saved.location).toBe(why.replace('/why', '/what'));
  expect(await alder.node.drafts.find(id, draftKeyOf(why))).toBeUndefined();
});

test('a peer that is down: the referral is kept, never called delivered, and can be taken back', async () => {
  const { alder, birch, atAlder } = desks;
  const patient = await addPatient(alder, { csvId: 'F-3', familyName: 'Waits' });
  await birch.node[Symbol.asyncDispose]();
  const sign = await writeDraft(atAlder, { patient, priority: 'stat' });
  const page = await atAlder.get(sign);
  const sent = await submitAt(atAlder, page, sign, signedFields(page.text));
  const path = sent.location ?? '';
  await eventually(async () => (await atAlder.get(path)).text.includes('Next try'));
  const told = textOf((await atAlder.get(path)).text);
  expect(told).toContain('Not delivered yet');
  expect(told).toContain('nothing is lost');
  expect(told).toContain('Call now: ');
  expect(told).not.toContain('signed receipt');
  const peers = await atAlder.get(`/referrals/new?patient=${patient}`);
  expect(textOf(peers.text)).toContain('Does not answer now');
  const blank = await submitAt(atAlder, await atAlder.get(path), `${path}/withdraw`, { reason: ' ' });
  expect(blank.status).toBe(422);
  const back = await submitAt(atAlder, await atAlder.get(path), `${path}/withdraw`, { reason: 'Went elsewhere' });
  expect(back.location).toBe(path);
  expect(textOf((await atAlder.get(path)).text)).toMatch(/taken back/i);
});
