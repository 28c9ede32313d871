import { isUuid } from '../../../../protocol/ids.ts';
import { differencesOf, gradeWords, reasonWords, type Difference } from '../../../referrals/matching/differences.ts';
import type { Candidate, Comparison, MatchAnswer } from '../../../referrals/matching/matching.ts';
import type { ReferralDetail } from '../../../referrals/referrals.ts';
import type { PatientDetails, PatientId } from '../../../records/model.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, Field, Hidden, Radios, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Disclosure, EmptyState, Notice, Section } from '../../components/panel.tsx';
import { DataTable } from '../../components/table.tsx';
import { Tag, type Tone } from '../../components/tag.tsx';
import { BirthDate, Foreign, ForeignLines, PersonName, When, dateWords } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { openReferral, titleOf } from './referral-of.ts';

const foundMax = 10;

/** Whether the received person is a patient of ours: side by side, in words; only a person answers (screen 11). */
export async function match(visit: Visit, desk: DeskServices): Promise<Answer> {
  return matchPage(visit, desk, await openReferral(visit, desk, 'received', 'view'), []);
}

export async function matchPage(
  visit: Visit,
  desk: DeskServices,
  detail: ReferralDetail,
  errors: FormErrors,
  posted?: FormFields,
): Promise<Answer> {
  const { matching } = desk.referralDesk;
  const comparison = await matching.compare(detail.id);
  const looked = visit.query.get('with') ?? '';
  const isNew = isUuid(looked) && !comparison.candidates.some(({ patient }) => patient.id === looked);
  const extra = isNew ? [await matching.compareWith(detail.id, looked as PatientId)] : [];
  const { open, closed } = await visibleOf(visit, desk, [...extra, ...comparison.candidates]);
  const hospital = titleOf(desk, detail.peer);
  const given = posted ?? visit.draft;
  return page(
    { title: `Match ${detail.number}`, ...(errors.length === 0 ? {} : { status: 422 as const }) },
    <>
      <h1>Is this a patient of ours?</h1>
      <ErrorSummary errors={errors} title="The answer was not kept" />
      <p>
        Referral{' '}
        <a href={url('received', { referral: detail.id })}>
          <Foreign text={detail.number} />
        </a>{' '}
        from <Foreign text={hospital} />: <PersonName name={comparison.person} />,{' '}
        <BirthDate date={comparison.person.birthDate} now={visit.now} />
      </p>
      <Linked visit={visit} desk={desk} detail={detail} comparison={comparison} />
      {open.length === 0 ? (
        <EmptyState title="Nobody of ours looks like this person">
          <p>Look for somebody by hand, or register the person as a new patient.</p>
        </EmptyState>
      ) : null}
      {open.map((candidate, i) => (
        <OneCandidate
          row={String(i)}
          candidate={candidate}
          person={comparison.person}
          detail={detail}
          hospital={hospital}
          isLinked={comparison.link !== undefined}
          once={desk.random.uuid()}
          given={given?.get('patient') === candidate.patient.id ? given : undefined}
          errors={given?.get('patient') === candidate.patient.id ? errors : []}
        />
      ))}
      {closed > 0 ? (
        <p class="quiet">
          {closed} more {closed === 1 ? 'record is' : 'records are'} restricted to the people who treat the patient.
        </p>
      ) : null}
      {comparison.link === undefined ? (
        <NobodyOfThese visit={visit} desk={desk} detail={detail} given={given} errors={errors} />
      ) : null}
      <Answers answers={comparison.answers} />
    </>,
  );
}

/** Each candidate's record is a look of its own; what is restricted is counted and not shown. */
async function visibleOf(
  visit: Visit,
  desk: DeskServices,
  candidates: readonly Candidate[],
): Promise<{ readonly open: readonly Candidate[]; readonly closed: number }> {
  const open: Candidate[] = [];
  for (const candidate of candidates) {
    const looked = await desk.access.look(visit.user, { kind: 'patient', id: candidate.patient.id }, 'view');
    if (looked.state === 'open') open.push(candidate);
  }
  return { open, closed: candidates.length - open.length };
}

function Linked({
  desk,
  detail,
  comparison,
}: {
  readonly visit: Visit;
  readonly desk: DeskServices;
  readonly detail: ReferralDetail;
  readonly comparison: Comparison;
}) {
  const { link } = comparison;
  if (link?.patient === undefined) return null;
  return (
    <Notice tone="green" title="Linked">
      <p>
        <Foreign text={link.by} /> said on <When at={link.at} /> that it is{' '}
        <a href={url('patient', { patient: link.patient })}>this patient of ours</a>. Both records stay as they are.
      </p>
      <form method="post" action={url('received-unlink', { referral: detail.id })} class="inline">
        <Once token={desk.random.uuid()} />
        <Submit tone="danger">Undo the link</Submit>
      </form>
    </Notice>
  );
}

const findingTones: Readonly<Record<Difference['finding'], Tone>> = {
  same: 'green',
  'partly the same': 'amber',
  different: 'red',
  'only theirs': 'plain',
  'only ours': 'plain',
  'not told': 'plain',
};

interface CandidateProps {
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

function OneCandidate(props: CandidateProps) {
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

async function NobodyOfThese({
  visit,
  desk,
  detail,
  given,
  errors,
}: {
  readonly visit: Visit;
  readonly desk: DeskServices;
  readonly detail: ReferralDetail;
  readonly given: FormFields | undefined;
  readonly errors: FormErrors;
}) {
  const query = (visit.query.get('q') ?? '').trim();
  const found = query === '' ? [] : (await desk.patients.search(query, { limit: foundMax })).records;
  const isHere = given?.has('register') === true;
  return (
    <Section title="Nobody of these" id="nobody">
      <form method="post" action={url('received-register', { referral: detail.id })} data-draft="off">
        <Once token={desk.random.uuid()} />
        <Hidden name="register" value="yes" />
        <Field
          name="why-new"
          label="Why this is a new patient"
          hint="For example: never treated here, by the patient’s own word"
          required
          maxlength={2000}
          value={isHere ? given.get('why-new') : ''}
          errors={isHere ? errors : []}
        />
        <Submit>Register as a new patient</Submit>
      </form>
      <h3>Somebody else of ours</h3>
      <form method="get" action={url('received-match', { referral: detail.id })} class="inline" role="search">
        <Field name="q" label="Name, birth date or number" type="search" value={query} required />
        <Submit tone="second">Look</Submit>
      </form>
      {query !== '' && found.length === 0 ? <p class="quiet">Nobody was found.</p> : null}
      <ul>
        {found.map(({ id, details }) => (
          <li>
            <a href={url('received-match', { referral: detail.id }, { with: id })}>
              Compare with <PersonName name={details} />
            </a>
            , <BirthDate date={details.birthDate} now={visit.now} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

const answerWords = { same: 'the same person', other: 'another person', 'not-sure': 'not sure' } as const;

function AnswerWord({ answer }: { readonly answer: MatchAnswer['answer'] }) {
  return <>{answerWords[answer]}</>;
}

function Answers({ answers }: { readonly answers: readonly MatchAnswer[] }) {
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
