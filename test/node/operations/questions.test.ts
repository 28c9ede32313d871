import { afterAll, beforeAll, expect, test } from 'vitest';
import { questionLines } from '../../../node/cli/question-lines.ts';
import { operations } from '../../../node/operations/table.ts';
import { addFile, drBirk, openTwoDesks, type TwoDesks } from '../referrals/desk/two-desks.ts';

let desks: TwoDesks;

beforeAll(async () => {
  desks = await openTwoDesks();
});

afterAll(async () => await desks[Symbol.asyncDispose]());

test('an administrator asks, answers with a file, and reads both at either hospital', async () => {
  const { alder, birch, two } = desks;
  const patient = await desks.addPatient(alder);
  const referral = await desks.refer(patient);
  const asked = await operations['referral.ask'].run(birch.node, { referral, question: 'Which arm?\n\u202eEvil' });
  expect(asked.state).toBe('info-requested');
  await two.deliver();
  const file = await addFile(alder, patient, 'Letter', 'text/plain', new TextEncoder().encode('Dear colleague'));
  const answer = { referral, text: 'The left', attachments: [file.id] };
  expect((await operations['referral.answer'].run(alder.node, answer)).state).toBe('received');
  await two.deliver();
  const author = { id: drBirk.id, name: drBirk.name };
  await operations['referral.ask'].run(birch.node, { referral, question: 'And the pulse?', author });
  await operations['referral.accept'].run(birch.node, { referral });
  await operations['referral.answer'].run(alder.node, { referral, text: 'Too late' }).catch(() => undefined);
  await two.deliver();
  for (const { node } of [alder, birch]) {
    const { questions } = await operations['referral.show'].run(node, { referral });
    expect(questions).toMatchObject([
      { by: 'Command line', standing: 'answered', answers: [{ text: 'The left', files: [{ title: 'Letter' }] }] },
      { by: 'Dr. Birk', text: 'And the pulse?', standing: 'left', answers: [] },
    ]);
    const lines = questionLines(questions).map((line) => line.replace(/ \d{4}-\S+Z/, ''));
    expect(lines).toEqual([
      '',
      'Questions',
      '  asked Command line',
      '    Which arm?',
      expect.stringMatching(/^ {4}[^\u202e]*Evil$/u) as unknown,
      '  answered Command line',
      '    The left',
      `    file ${file.id} Letter (14 bytes)`,
      '  asked Dr. Birk',
      '    And the pulse?',
      '    (not answered before the referral went on)',
    ]);
  }
});

test('a referral without questions tells of none', async () => {
  const referral = await desks.refer(await desks.addPatient(desks.alder));
  const { questions } = await operations['referral.show'].run(desks.birch.node, { referral });
  expect(questionLines(questions)).toEqual([]);
});
