import { differencesOf, gradeWords, reasonWords, type Difference } from '../../../referrals/matching/differences.ts';
import type { Candidate } from '../../../referrals/matching/matching.ts';
import type { ReferralDetail } from '../../../referrals/referrals.ts';
import type { PatientDetails } from '../../../records/model.ts';
import { Field, Hidden, Radios, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Disclosure, Section } from '../../components/panel.tsx';
import { DataTable } from '../../components/table.tsx';
import { Tag, type Tone } from '../../components/tag.tsx';
import { Foreign, PersonName, When, dateWords } from '../../components/text.tsx';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';
import { AnswerWord } from './match-answers.tsx';

const findingTones: Readonly<Record<Difference['finding'], Tone>> = {
  same: 'green',
  'partly the same': 'amber',
  different: 'red',
  'only theirs': 'plain',
  'only ours': 'plain',
  'not told': 'plain',
};

export interface CandidateProps {
  /** Its fields are apart from those of the other candidates. */
  readonly row: string;
  readonly candidate: Candidate;
  readonly person: PatientDetails;
  readonly detail: ReferralDetail;
  readonly hospital: string;
  readonly isLinked: boolean;
  readonly once: string;
  readonly given: FormFields | undefined;
  readonly errors: FormErrors;
}

/** One patient of ours beside the received person, field by field, and the form for what a person says of the two. */
export function MatchCandidate(props: CandidateProps) {
  const { candidate, person, hospital, isLinked } = props;
  const { patient, result, answered } = candidate;
  const rows = differencesOf(person, patient.details, result).filter(({ finding }) => finding !== 'not told');
  const valueOf = (row: Difference, side: 'theirs' | 'ours') =>
    row.field === 'Birth date' && row[side] !== '' ? dateWords(row[side]) : row[side];
  return (
    <Section
      title={
        <>
          <PersonName name={patient.details} />, <Foreign text={patient.details.csvId} />
        </>
      }
      id={`candidate-${patient.id}`}
    >
      <p>
        <strong>{gradeWords(result)}</strong>, <a href={url('patient', { patient: patient.id })}>open the chart</a>
      </p>
      {answered === undefined ? null : (
        <p>
          Answered before: <AnswerWord answer={answered.answer} />, <Foreign text={answered.by} />,{' '}
          <When at={answered.at} />. <Foreign text={answered.why} />
        </p>
      )}
      <DataTable
        id={`differences-${patient.id}`}
        caption={
          <>
            Side by side with <Foreign text={patient.details.csvId} />
          </>
        }
        hideCaption
        rows={rows}
        rowKey={({ field }) => field}
        columns={[
          { key: 'field', label: 'What', isHeader: true, cell: ({ field }) => field },
          {
            key: 'theirs',
            label: <Foreign text={hospital} />,
            cell: (row) => <Foreign text={valueOf(row, 'theirs')} />,
          },
          { key: 'ours', label: 'Here', cell: (row) => <Foreign text={valueOf(row, 'ours')} /> },
          {
            key: 'finding',
            label: 'In words',
            cell: ({ finding }) => <Tag tone={findingTones[finding]}>{finding}</Tag>,
          },
        ]}
      />
      <Disclosure summary="What speaks for and against it">
        <ul>
          {reasonWords(result).map((words) => (
            <li>{words}</li>
          ))}
        </ul>
        <p class="hint">Each figure says how much likelier this is for one person than for two.</p>
      </Disclosure>
      {isLinked ? null : <AnswerForm {...props} />}
    </Section>
  );
}

function AnswerForm({ row, candidate, detail, once, given, errors }: CandidateProps) {
  const { patient, result, answered } = candidate;
  const proposed = result.grade === 'certain' && answered === undefined ? 'same' : undefined;
  const [answer, why] = [`answer-${row}`, `why-${row}`];
  const chosen = given?.get(answer) ?? proposed;
  return (
    <form method="post" action={url('received-answer', { referral: detail.id })} data-draft="off">
      <Once token={once} />
      <Hidden name="patient" value={patient.id} />
      <Hidden name="row" value={row} />
      <Radios
        name={answer}
        label="Your answer"
        required
        errors={errors}
        values={chosen === undefined ? [] : [chosen]}
        choices={[
          { value: 'same', label: 'The same person', hint: 'Both records are kept and linked' },
          { value: 'other', label: 'Another person', hint: 'Remembered for these two' },
          { value: 'not-sure', label: 'Not sure', hint: 'Nothing is linked; kept for somebody to look again' },
        ]}
      />
      <Field
        name={why}
        label="Why"
        hint="What you looked at or asked: others read it later"
        required
        maxlength={2000}
        value={given?.get(why) ?? ''}
        errors={errors}
      />
      <Submit>Keep the answer</Submit>
    </form>
  );
}
