import type { MatchAnswer } from '../../../referrals/matching/matching.ts';
import { Section } from '../../components/panel.tsx';
import { Foreign, ForeignLines, When } from '../../components/text.tsx';

const answerWords = { same: 'the same person', other: 'another person', 'not-sure': 'not sure' } as const;

export function AnswerWord({ answer }: { readonly answer: MatchAnswer['answer'] }) {
  return <>{answerWords[answer]}</>;
}

/** What people said so far of the received person, also what was undone. */
export function MatchAnswers({ answers }: { readonly answers: readonly MatchAnswer[] }) {
  if (answers.length === 0) return null;
  return (
    <Section title="Answers so far" id="answers">
      <ul>
        {answers.map(({ answer, by, at, why, undone }) => (
          <li>
            <AnswerWord answer={answer} />, <Foreign text={by} />, <When at={at} />
            {undone === undefined ? null : (
              <>
                {' '}
                (undone by <Foreign text={undone.by} />, <When at={undone.at} />)
              </>
            )}
            <ForeignLines text={why} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
