import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReferralId } from '../../../protocol/ids.ts';
import { answerLettersMax, questionLettersMax } from '../../../node/referrals/questions/inquiry.ts';
import { leaveNow } from '../../support/due-now.ts';
import { eventually, type TestDesk } from '../../support/desk.ts';
import { hiddenFields, unescape, type DeskClient, type Fields } from '../../support/desk-client.ts';
import { addFile, addPatient, openTwoDesks, refer, submitAt, textOf, type TwoDesks } from './two-desks.ts';

let desks: TwoDesks;
let patients = 0;

beforeAll(async () => {
  desks = await openTwoDesks();
});

afterAll(async () => {
  const told = [...desks.alder.told, ...desks.birch.told];
  await desks[Symbol.asyncDispose]();
  expect(told.filter((line) => line.startsWith('error'))).toEqual([]);
  expect(told.filter((line) => /arm|left|pulse/.test(line))).toEqual([]);
});

async function arrived(priority = 'urgent'): Promise<ReferralId> {
  patients += 1;
  const patient = await addPatient(desks.alder, {
    csvId: `Q-${patients}`,
    familyName: 'Asked',
    birthDate: '1980-05-06',
  });
  return (await refer(desks, { patient, priority })) as ReferralId;
}

/** Asked past the ten seconds, as from the command line. */
async function asked(question: string, id?: ReferralId): Promise<ReferralId> {
  const referral = id ?? (await arrived());
  await desks.birch.node.referrals.ask(referral, { question, author: { id: 'tests', name: 'Dr Bela Birch' } });
  await stateIs(desks.alder, referral, 'info-requested');
  return referral;
}

const stateIs = ({ node }: TestDesk, id: ReferralId, state: string) =>
  eventually(async () => (await node.referrals.show(id)).state === state);
const wordsAt = async (client: DeskClient, path: string): Promise<string> => textOf((await client.get(path)).text);
const askAt = async (client: DeskClient, id: ReferralId, fields: Fields) =>
  submitAt(client, await client.get(`/received/${id}`), `/received/${id}`, { decision: 'asked', ...fields });
const answerAt = async (client: DeskClient, id: ReferralId, fields: Fields) =>
  submitAt(client, await client.get(`/sent/${id}`), `/sent/${id}/answer`, fields);

test('a doctor asks, may undo it, and the sender reads the question, answers it, and is read', async () => {
  const { atAlder, atBirch, birch } = desks;
  const id = await arrived();
  const first = await askAt(atBirch, id, { question: 'Which arm?' });
  expect(first.location).toBe(`/received/${id}`);
  const page = await atBirch.get(`/received/${id}`);
  expect(textOf(page.text)).toMatch(/You asked about IN-BIRCH-\d+-\d+ \. The signed question leaves in (?:10|9) s/);
  expect(textOf(page.text)).toMatch(
    /Asked by Dr Dora Doctor .* The question leaves at .* Alder Hospital reads: Which arm\?/,
  );
  await submitAt(atBirch, page, `/received/${id}/undo`, {});
  expect(await birch.node.referralDesk.decisions.of(id)).toEqual([]);
  expect((await askAt(atBirch, id, { question: 'Which <arm>?\u202e\nAnd the pulse?' })).status).toBe(303);
  expect((await atAlder.get(`/sent/${id}`)).text).not.toContain('asks');
  await leaveNow(birch);
  await eventually(async () => (await wordsAt(atAlder, `/sent/${id}/questions`)).includes('asks'));
  const question = await atAlder.get(`/sent/${id}/questions`);
  expect(unescape(question.text)).toContain('Which <arm>?\nAnd the pulse?');
  expect(question.text).not.toContain('\u202e');
  expect(question.text).not.toContain('<arm>');
  expect(textOf(question.text)).toContain('Dr Dora Doctor signed it; any doctor here can answer');
  const waits = await wordsAt(atBirch, `/received/${id}`);
  expect(waits).toContain('Information asked');
  expect(waits).toMatch(
    /Question of Dr Dora Doctor , Birch Hospital , .* Open Waits for an answer of Alder Hospital since/,
  );

  expect((await answerAt(atAlder, id, { answer: 'The left one.' })).location).toBe(`/sent/${id}`);
  await eventually(async () => (await wordsAt(atBirch, `/received/${id}/panel`)).includes('The left one.'));
  const told = await wordsAt(atBirch, `/received/${id}/panel`);
  expect(told).toContain('Waiting for a decision');
  expect(told).toMatch(/Answer of Dr Dora Doctor , Alder Hospital , .* The left one\./);
  const forms = await atBirch.get(`/received/${id}/forms`);
  expect(['accept', 'ask', 'decline'].filter((each) => forms.text.includes(`id="${each}"`))).toHaveLength(3);
  for (const path of [`/sent/${id}/print`, `/sent/${id}`])
    expect(await wordsAt(atAlder, path)).toContain('The left one.');
  await eventually(async () => (await wordsAt(atAlder, `/sent/${id}`)).includes('Birch Hospital has it: receipt of'));
});

test('a question about an emergency stands above every page of whoever may answer, until somebody does', async () => {
  const { alder, atAlder } = desks;
  const banner = 'A question about an emergency that you referred';
  await asked('Which arm?');
  expect(await wordsAt(atAlder, '/help')).not.toContain(banner);
  const id = await asked('Which pulse?', await arrived('stat'));
  const page = await atAlder.get('/help');
  expect(textOf(page.text)).toMatch(new RegExp(`${banner} REF-ALDER-\\d+-\\d+: Birch Hospital asked just now`));
  expect(page.text).toContain(`/sent/${id}#questions`);
  expect(await wordsAt(await alder.client('coordinator'), '/inbox/emergencies')).toContain(banner);
  for (const role of ['nurse', 'administrator', 'auditor'] as const)
    expect(await wordsAt(await alder.client(role), '/help')).not.toContain(banner);
  for (const path of ['/help', '/inbox/emergencies'])
    expect(await wordsAt(atAlder, path)).not.toMatch(/Asked|Which pulse/);
  expect((await answerAt(atAlder, id, { answer: 'A regular one.' })).status).toBe(303);
  expect(await wordsAt(atAlder, '/help')).not.toContain(banner);
});

test.each([
  ['of no words', 0, 422, 'Write the question'],
  ['one letter too long', questionLettersMax + 1, 422, `at most ${questionLettersMax} letters`],
  ['as long as it may be', questionLettersMax, 303, ''],
])('a question %s is judged beside its field', async (_, letters, status, why) => {
  const question = letters === 0 ? ' ' : 'q'.repeat(letters);
  const id = await arrived();
  const answer = await askAt(desks.atBirch, id, { question });
  expect(answer.status).toBe(status);
  expect(answer.text).toContain(why);
  if (status === 422) {
    expect(answer.text).toContain('Nothing was asked yet');
    expect(answer.text).toMatch(/<details id="ask" open/);
    expect(answer.text).toContain(question);
  }
});

test('a refused answer stands as typed; the longest one leaves', async () => {
  const { atAlder } = desks;
  const id = await asked('Which arm?');
  const blank = await answerAt(atAlder, id, { answer: ' ' });
  expect([blank.status, blank.text.includes('Write the answer')]).toEqual([422, true]);
  const text = 'a'.repeat(answerLettersMax);
  const long = await answerAt(atAlder, id, { answer: `${text}a` });
  expect([long.status, long.text.includes(`${text}a`)]).toEqual([422, true]);
  expect(long.text).toContain('The answer was not sent');
  expect((await answerAt(atAlder, id, { answer: text })).status).toBe(303);
});

test('files of the patient go along with an answer, and are had where it was asked', async () => {
  const { alder, atAlder, atBirch } = desks;
  const patient = await addPatient(alder, { csvId: 'Q-F', familyName: 'Files' });
  const id = (await refer(desks, { patient })) as ReferralId;
  await asked('Is there a letter?', id);
  const bytes = new TextEncoder().encode('Dear colleague');
  const file = await addFile(alder, patient, { title: 'Letter', contentType: 'text/plain', bytes });
  expect(await wordsAt(atAlder, `/sent/${id}`)).toContain('Images and files that were not sent before (1)');
  expect((await answerAt(atAlder, id, { answer: 'Here', attachments: [file] })).status).toBe(303);
  await stateIs(desks.birch, id, 'received');
  expect(await wordsAt(atBirch, `/received/${id}`)).toMatch(/Answer of .* Letter text\/plain , 14 bytes/);
  const saved = await atBirch.fetch(`/received/${id}/attachments/${file}`, {});
  expect(new Uint8Array(await saved.arrayBuffer())).toEqual(bytes);
  await asked('And another?', id);
  expect(await wordsAt(atAlder, `/sent/${id}`)).toContain('Every file that is held of this patient went along already');
});

test('an answer sent twice is one; the one that a colleague overtook is told so and stays to be read', async () => {
  const { atAlder } = desks;
  const id = await asked('Which arm?');
  const page = await atAlder.get(`/sent/${id}`);
  const other = await atAlder.get(`/sent/${id}`);
  const action = `/sent/${id}/answer`;
  const twice = await Promise.all([1, 2].map(() => submitAt(atAlder, page, action, { answer: 'The left' })));
  expect(twice.map(({ status }) => status)).toEqual([303, 303]);
  const late = await submitAt(atAlder, other, action, { answer: 'The right, says the film' });
  expect(late.status).toBe(409);
  expect(textOf(late.text)).toContain('No question is open: the referral is received.');
  expect(textOf(late.text)).toMatch(/What you typed, not sent .*The right, says the film/);
  await stateIs(desks.birch, id, 'received');
  await asked('Which finger?', id);
  const stale = await submitAt(atAlder, other, action, { answer: 'The right, once more' });
  expect([stale.status, stale.text.includes('Another question is open by now')]).toEqual([409, true]);
  expect(hiddenFields(stale.text, action)['seen']).not.toBe(hiddenFields(other.text, action)['seen']);
  expect(stale.text).toContain('The right, once more');
});

test('two doctors: the question of the second one is not kept, and is told whose was', async () => {
  const { birch, atBirch } = desks;
  const id = await arrived();
  const page = await atBirch.get(`/received/${id}`);
  const next = await askAt(atBirch, id, { question: 'Which arm?', next: 'yes' });
  expect(next.location).toMatch(/^\/(?:received\/[0-9a-f-]{36})?$/);
  expect(next.location).not.toContain(id);
  await birch.node.accounts.users.add('operator', {
    login: 'second.asker',
    name: 'Dr Second',
    roles: ['doctor'],
    department: '',
    password: 'quiet-lantern-meadow-48',
  });
  const second = await birch.client();
  await second.signIn({ login: 'second.asker', password: 'quiet-lantern-meadow-48' });
  const late = await submitAt(second, page, `/received/${id}`, { decision: 'asked', question: 'Which leg?' });
  expect(late.status).toBe(409);
  expect(textOf(late.text)).toContain('Dr Dora Doctor asked the sender a question a moment ago');
  expect((await second.get(`/received/${id}`)).text).not.toContain('id="ask"');
});

test('a referral that was accepted and is asked about is not to be accepted again; it can still be declined', async () => {
  const { birch, atAlder, atBirch } = desks;
  const id = await arrived();
  await birch.node.referrals.accept(id, { author: { id: 'tests', name: 'Dr Bela Birch' } });
  await asked('Which arm?', id);
  const review = await atBirch.get(`/received/${id}`);
  expect(['accept', 'ask', 'decline'].filter((each) => review.text.includes(`id="${each}"`))).toEqual(['decline']);
  expect(textOf(review.text)).toContain('Keys: D decline');
  for (const [client, path] of [
    [atBirch, 'received'],
    [atAlder, 'sent'],
  ] as const)
    expect(await wordsAt(client, `/${path}/${id}`)).not.toContain('To be accepted until');
  expect((await answerAt(atAlder, id, { answer: 'The left' })).status).toBe(303);
  await stateIs(birch, id, 'accepted');
});

test('an answer that crosses the decision is told to have come too late, at both hospitals', async () => {
  const { alder, birch, atAlder, atBirch } = desks;
  const id = await asked('Which arm?');
  const page = await atAlder.get(`/sent/${id}`);
  await birch.node.referrals.reject(id, { reason: 'No bed', author: { id: 'tests', name: 'Dr Bela Birch' } });
  // Alder answers in the moment before the rejection arrives, or is told that nothing is open any more.
  const given = await submitAt(atAlder, page, `/sent/${id}/answer`, { answer: 'The left' });
  await stateIs(alder, id, 'rejected');
  if (given.status === 409) return expect(given.text).toContain('The referral has ended (rejected)');
  await eventually(async () => (await wordsAt(atBirch, `/received/${id}/panel`)).includes('came too late'));
  await eventually(async () => (await wordsAt(atAlder, `/sent/${id}/questions`)).includes('came too late'));
});

test('who is no doctor reads question and answer, and neither asks nor answers', async () => {
  const { alder, birch } = desks;
  const id = await asked('Which arm?');
  const [nurse, clerk] = [await birch.client('nurse'), await alder.client('coordinator')];
  const review = await nurse.get(`/received/${id}`);
  expect([review.text.includes('Which arm?'), review.text.includes('id="ask"')]).toEqual([true, false]);
  expect((await nurse.post(`/received/${id}`, { decision: 'asked', question: 'Mine?' })).status).toBe(403);
  const tracking = await clerk.get(`/sent/${id}`);
  expect([tracking.text.includes('Which arm?'), tracking.text.includes('id="answer"')]).toEqual([true, false]);
  expect((await clerk.post(`/sent/${id}/answer`, { answer: 'Mine' })).status).toBe(403);
});

test('the outbox says who asks, since when and what, counts it, and so does the inbox', async () => {
  const { atAlder, atBirch } = desks;
  const id = await asked('Which arm is it?');
  const row = await wordsAt(atAlder, `/outbox/rows?id=${id}`);
  expect(row).toMatch(/Birch Hospital asks Dr Bela Birch , just now\. A doctor here answers .* Which arm is it\?/);
  const outbox = await atAlder.get('/outbox?group=asked');
  expect(outbox.text).toContain(`/sent/${id}`);
  expect(textOf(outbox.text)).toMatch(/[1-9]\d* Asked of us/);
  expect(outbox.text).toMatch(/<title>\([1-9]\d*\) Outbox/);
  const inbox = await atBirch.get('/?group=asked');
  expect(inbox.text).toContain(`/received/${id}`);
  expect(textOf(inbox.text)).toMatch(/[1-9]\d* Information asked/);
});
