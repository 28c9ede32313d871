import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReferralId } from '../../../../protocol/ids.ts';
import { PeerHttpError } from '../../../../node/platform/peer-http.ts';
import { undoMs } from '../../../../node/referrals/decisions.ts';
import { answerLettersMax, questionLettersMax } from '../../../../node/referrals/questions/inquiry.ts';
import { roundsOf } from '../../../../node/referrals/questions/rounds.ts';
import { statement } from '../../../../node/store/statement.ts';
import type { TestHospital } from '../../../support/two-hospitals.ts';
import { addFile, drAdler, drBirk, drBuche, openTwoDesks, pngBytes, type TwoDesks } from './two-desks.ts';

let desks: TwoDesks;

beforeAll(async () => {
  desks = await openTwoDesks();
});

afterAll(async () => {
  const failures = desks.failures();
  await desks[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

const received = async (): Promise<ReferralId> => desks.refer(await desks.addPatient(desks.alder));
const both = (): readonly TestHospital[] => [desks.alder, desks.birch];
const states = (id: ReferralId) => Promise.all(both().map(async ({ node }) => (await node.referrals.show(id)).state));

async function roundsAt({ node }: TestHospital, id: ReferralId) {
  const rounds = await roundsOf(node.referrals, await node.referrals.show(id));
  return rounds.map(({ question, answers, standing }) => ({
    asked: `${question.by}: ${question.note}`,
    answered: answers.map(({ by, note, status }) => `${by}: ${note} (${status})`),
    standing,
  }));
}

async function ask(id: ReferralId, question: string): Promise<void> {
  await desks.birch.node.referrals.ask(id, { question, author: drBirk });
  await desks.two.deliver();
}

async function answer(id: ReferralId, text: string): Promise<void> {
  await desks.alder.node.referrals.answer(id, { text, author: drAdler });
  await desks.two.deliver();
}

test('a question rests for ten seconds, can be undone, and then the sender has it', async () => {
  const id = await received();
  const { decisions } = desks.birch.node.referralDesk;
  const words = { kind: 'asked', question: 'Which arm?' } as const;
  await decisions.decide(id, words, drBirk);
  await decisions.undo(id, drBirk);
  await decisions.decide(id, words, drBirk);
  desks.two.clock.advance(undoMs - 1);
  await decisions.sendDue();
  await desks.two.deliver();
  expect(await states(id)).toEqual(['received', 'received']);
  desks.two.clock.advance(1);
  await decisions.sendDue();
  await desks.two.deliver();
  expect(await states(id)).toEqual(['info-requested', 'info-requested']);
  const round = { asked: 'Dr. Birk: Which arm?', answered: [], standing: 'open' };
  for (const each of both()) expect(await roundsAt(each, id)).toEqual([round]);
  expect(await decisions.of(id)).toMatchObject([{ state: 'sent', by: drBirk, words }]);
});

test.each(['received', 'accepted'])(
  'an answer leads back to %s, round after round, in the order of asking',
  async (state) => {
    const id = await received();
    if (state === 'accepted') await desks.birch.node.referrals.accept(id, { author: drBirk });
    await desks.two.deliver();
    for (const n of [1, 2, 3]) {
      await ask(id, `Question ${n}\nin two lines`);
      expect(await states(id)).toEqual(['info-requested', 'info-requested']);
      await answer(id, `Answer ${n}`);
      expect(await states(id)).toEqual([state, state]);
    }
    const rounds = [1, 2, 3].map((n) => ({
      asked: `Dr. Birk: Question ${n}\nin two lines`,
      answered: [`Dr. Adler: Answer ${n} (applied)`],
      standing: 'answered',
    }));
    for (const each of both()) expect(await roundsAt(each, id)).toEqual(rounds);
  },
);

test('files go along with an answer, and open at the other hospital byte for byte', async () => {
  const { alder, birch, addPatient, refer } = desks;
  const patient = await addPatient(alder);
  const [first, second] = [
    await addFile(alder, patient, 'Elbow', 'image/png', pngBytes),
    await addFile(alder, patient, 'Letter', 'text/plain', new TextEncoder().encode('Dear colleague')),
  ];
  const id = await refer(patient, { attachments: [first.id] });
  await ask(id, 'Is there a letter?');
  const foreign = await addFile(alder, await addPatient(alder), 'Of another', 'text/plain', new Uint8Array(4));
  const given = { text: 'Here it is', author: drAdler };
  await expect(alder.node.referrals.answer(id, { ...given, attachments: [foreign.id] })).rejects.toMatchObject({
    code: 'unknown-attachment',
  });
  // A file that went with the referral may go again: the receiver holds it once.
  await alder.node.referrals.answer(id, { ...given, attachments: [second.id, first.id] });
  await desks.two.deliver();
  expect(await states(id)).toEqual(['received', 'received']);
  const detail = await birch.node.referrals.show(id);
  const [round] = await roundsOf(birch.node.referrals, detail);
  expect(round?.answers[0]?.files.map(({ title }) => title).toSorted()).toEqual(['Elbow', 'Letter']);
  expect(detail.attachments.map(({ title }) => title).toSorted()).toEqual(['Elbow', 'Letter']);
  const pieces: Uint8Array[] = [];
  for await (const piece of birch.node.referrals.readAttachment(id, second.id)) pieces.push(piece.slice());
  expect(Buffer.concat(pieces).toString()).toBe('Dear colleague');
});

test('of a record that is gone no file goes along, and none is left out in silence', async () => {
  const { alder, addPatient, refer } = desks;
  const patient = await addPatient(alder);
  const id = await refer(patient);
  await ask(id, 'Is there a letter?');
  const { id: file } = await addFile(alder, patient, 'Letter', 'text/plain', new Uint8Array(4));
  const gone = statement<{ id: string }>()((db, values) =>
    db.updateTable('referral').set({ patient: null }).where('id', '=', values.id),
  );
  await alder.node.store.write((writer) => writer.run(gone, { id }));
  const given = { text: 'Here', author: drAdler };
  await expect(alder.node.referrals.answer(id, { ...given, attachments: [file] })).rejects.toMatchObject({
    code: 'unknown-attachment',
  });
  await alder.node.referrals.answer(id, given);
});

test('an open question is decided all the same, and an answer that crosses changes nothing at either hospital', async () => {
  const { alder, birch, two } = desks;
  const id = await received();
  await ask(id, 'Which arm?');
  await birch.node.referrals.accept(id, { author: drBirk });
  await alder.node.referrals.answer(id, { text: 'The left', author: drAdler });
  await two.deliver();
  expect(await states(id)).toEqual(['accepted', 'accepted']);
  const round = { asked: 'Dr. Birk: Which arm?', answered: ['Dr. Adler: The left (not-applied)'], standing: 'left' };
  for (const each of both()) expect(await roundsAt(each, id)).toEqual([round]);
  await expect(alder.node.referrals.answer(id, { text: 'Again', author: drAdler })).rejects.toMatchObject({
    code: 'wrong-state',
    message: expect.stringMatching(/^No question is open: the referral is accepted.*Nothing was sent\.$/) as unknown,
  });
});

test('an answer that a rejection overtakes is told too late for at both', async () => {
  const id = await received();
  await ask(id, 'Which arm?');
  await desks.birch.node.referrals.reject(id, { reason: 'No bed', author: drBirk });
  await answer(id, 'The left');
  expect(await states(id)).toEqual(['rejected', 'rejected']);
  for (const each of both())
    expect(await roundsAt(each, id)).toMatchObject([
      { answered: ['Dr. Adler: The left (not-applied)'], standing: 'left' },
    ]);
  await expect(ask(id, 'And now?')).rejects.toMatchObject({
    message: expect.stringMatching(/^The referral has ended \(rejected\)/) as unknown,
  });
});

test('a question that crosses a withdrawal stands behind the request to cancel, and both hospitals agree', async () => {
  const { alder, birch, two } = desks;
  const { id } = await alder.node.referrals.send(desks.sending(await desks.addPatient(alder)));
  two.setBetween(async (request, pass) => {
    const answered = await pass();
    if (request.from === alder.name && answered.status === 200 && request.method === 'POST')
      throw new PeerHttpError('unreachable', 'the answer is lost');
    if (request.from === birch.name) throw new PeerHttpError('unreachable', 'the line is cut');
    return answered;
  });
  await two.deliver();
  await birch.node.referrals.ask(id, { question: 'Which arm?', author: drBirk });
  await alder.node.referrals.withdraw(id, { author: drAdler, reason: 'Went elsewhere' });
  two.setBetween(undefined);
  two.clock.advance(60_000);
  await two.deliver();
  expect(await states(id)).toEqual(['cancel-requested', 'cancel-requested']);
  await expect(ask(id, 'Which one?')).rejects.toMatchObject({
    message: expect.stringMatching(/^The sender asks to cancel/) as unknown,
  });
  await expect(answer(id, 'The left')).rejects.toMatchObject({
    message: expect.stringMatching(/^We asked to cancel/) as unknown,
  });
  await birch.node.referrals.answerCancel(id, { kind: 'declined', reason: 'In theatre', author: drBirk });
  await two.deliver();
  expect(await states(id)).toEqual(['info-requested', 'info-requested']);
  await answer(id, 'The left');
  expect(await states(id)).toEqual(['received', 'received']);
});

test('a question waits in the outbox while the other hospital is away', async () => {
  const { birch, two } = desks;
  const id = await received();
  two.setBetween(async () => {
    throw new PeerHttpError('unreachable', 'nobody is there');
  });
  await ask(id, 'Which arm?');
  expect(await states(id)).toEqual(['received', 'info-requested']);
  const { deliveries, events } = await birch.node.referrals.show(id);
  const { message } = events.find(({ name }) => name === 'info-requested') ?? {};
  expect(deliveries.at(-1)).toMatchObject({ message, troubleCode: 'NET_UNREACHABLE' });
  two.setBetween(undefined);
  two.clock.advance(60_000);
  await two.deliver();
  expect(await states(id)).toEqual(['info-requested', 'info-requested']);
});

test('of two doctors who ask, and of two who answer, the second one is told who was first', async () => {
  const { alder, birch, two } = desks;
  const id = await received();
  const { decisions } = birch.node.referralDesk;
  const asked = { kind: 'asked', question: 'Which arm?' } as const;
  const first = await decisions.decide(id, asked, drBirk);
  expect((await decisions.decide(id, asked, drBirk)).id).toBe(first.id);
  const other = { kind: 'asked', question: 'Which leg?' } as const;
  for (const doctor of [drBirk, drBuche])
    await expect(decisions.decide(id, other, doctor)).rejects.toMatchObject({
      code: 'being-decided',
      message: expect.stringMatching(/^Dr\. Birk asked the sender a question a moment ago/) as unknown,
    });
  two.clock.advance(undoMs);
  await decisions.sendDue();
  await expect(decisions.decide(id, other, drBuche)).rejects.toMatchObject({
    code: 'wrong-state',
    message: expect.stringContaining('A question is open already') as unknown,
  });
  await two.deliver();
  const given = await Promise.allSettled(
    ['The left', 'The right'].map((text) => alder.node.referrals.answer(id, { text, author: drAdler })),
  );
  expect(given.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  await two.deliver();
  expect((await roundsAt(birch, id))[0]?.answered).toHaveLength(1);
});

test('who sent a referral cannot ask about it, and who received it cannot answer', async () => {
  const id = await received();
  await expect(desks.alder.node.referrals.ask(id, { question: 'Why?', author: drAdler })).rejects.toMatchObject({
    message: expect.stringMatching(/^This referral was sent from here/) as unknown,
  });
  await ask(id, 'Which arm?');
  await expect(desks.birch.node.referrals.answer(id, { text: 'Mine', author: drBirk })).rejects.toMatchObject({
    message: expect.stringMatching(/^This referral was received here/) as unknown,
  });
});

test.each([
  ['', 'missing'],
  [' \n ', 'missing'],
  ['\u0001', 'missing'],
])('%j is no question and no answer', async (text, what) => {
  const id = await received();
  await expect(ask(id, text)).rejects.toMatchObject({ kind: 'invalid', code: `question-${what}` });
  await ask(id, 'Which arm?');
  await expect(answer(id, text)).rejects.toMatchObject({ kind: 'invalid', code: `answer-${what}` });
});

test('the longest question and the longest answer arrive whole, one letter more is refused', async () => {
  const id = await received();
  const { decisions } = desks.birch.node.referralDesk;
  const question = 'q'.repeat(questionLettersMax);
  await expect(ask(id, `${question}q`)).rejects.toMatchObject({ code: 'question-too-long' });
  await expect(decisions.decide(id, { kind: 'asked', question: `${question}q` }, drBirk)).rejects.toMatchObject({
    code: 'question-too-long',
  });
  await ask(id, question);
  const text = 'a'.repeat(answerLettersMax);
  await expect(answer(id, `${text}a`)).rejects.toMatchObject({ code: 'answer-too-long' });
  await answer(id, text);
  const [round] = await roundsAt(desks.birch, id);
  expect(round).toMatchObject({ asked: `Dr. Birk: ${question}`, answered: [`Dr. Adler: ${text} (applied)`] });
});

test('an answer to a question that is no longer the open one is not given to another', async () => {
  const { alder, birch } = desks;
  const id = await received();
  await ask(id, 'Which arm?');
  const [first] = await roundsOf(birch.node.referrals, await birch.node.referrals.show(id));
  await answer(id, 'The left');
  await ask(id, 'Which finger?');
  const late = { to: first?.question.message ?? '', text: 'The left, I think', author: drAdler };
  await expect(alder.node.referrals.answer(id, late)).rejects.toMatchObject({ code: 'other-question' });
  expect((await roundsAt(alder, id)).map(({ standing }) => standing)).toEqual(['answered', 'open']);
});
