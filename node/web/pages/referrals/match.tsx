import { isUuid } from '../../../../protocol/ids.ts';
import type { Candidate, Comparison } from '../../../referrals/matching/matching.ts';
import type { ReferralDetail } from '../../../referrals/referrals.ts';
import type { PatientId } from '../../../records/model.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { EmptyState, Notice } from '../../components/panel.tsx';
import { BirthDate, Foreign, PersonName, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { MatchAnswers } from './match-answers.tsx';
import { MatchCandidate } from './match-candidate.tsx';
import { NobodyOfThese } from './match-nobody.tsx';
import { openReferral, titleOf } from './referral-of.ts';

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
        <MatchCandidate
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
        <NobodyOfThese
          visit={visit}
          desk={desk}
          detail={detail}
          person={comparison.person}
          hospital={hospital}
          given={given}
          errors={errors}
        />
      ) : null}
      <MatchAnswers answers={comparison.answers} />
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
