import type { OperationOutput } from '../operations/table.ts';
import { shown } from './text.ts';

type Question = OperationOutput<'referral.show'>['questions'][number];

const standings: Readonly<Record<Question['standing'], string>> = {
  open: 'waits for the answer',
  answered: 'answered',
  left: 'not answered before the referral went on',
  'not-applied': 'changed nothing',
};

/** Questions about a referral with their answers, each in the words that were signed. */
export function questionLines(questions: readonly Question[]): readonly string[] {
  if (questions.length === 0) return [];
  const lines = questions.flatMap((question) => [
    ...said('asked', question),
    ...question.answers.flatMap((answer) => [
      ...said(answer.status === 'not-applied' ? 'answered too late' : 'answered', answer),
      ...answer.files.map(({ id, title, size }) => `    file ${id} ${shown(title)} (${size} bytes)`),
    ]),
    ...(question.standing === 'answered' ? [] : [`    (${standings[question.standing]})`]),
  ]);
  return ['', 'Questions', ...lines];
}

function said(mark: string, { at, by, text }: Question['answers'][number]): readonly string[] {
  return [`  ${mark} ${at} ${shown(by)}`, ...text.split('\n').map((line) => `    ${shown(line)}`)];
}
