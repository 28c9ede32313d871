import type { MadeDecision } from '../../../referrals/decisions.ts';
import type { Evidence } from '../../../referrals/evidence.ts';
import type { MatchAnswer } from '../../../referrals/matching/matching.ts';
import type { ReferralDetail } from '../../../referrals/referrals.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, LinkButton, type FormErrors } from '../../components/form.tsx';
import { EmptyState, Notice, Section } from '../../components/panel.tsx';
import { StateTag, stateWord } from '../../components/tag.tsx';
import { Foreign, ForeignLines, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { fragment } from '../../fragment.tsx';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { CaseAlerts } from '../alerts/case-alerts.tsx';
import { Deadline } from './deadline.tsx';
import { CancelForms, DecisionForms } from './decision-forms.tsx';
import { openReferral, titleOf } from './referral-of.ts';
import { fileFactsOf, receivedPlace } from './received-files.ts';
import { FullRecord } from './full-record.tsx';
import { ReviewBanner, ReviewSummary } from './review-body.tsx';
import { VerifiedPanel } from './verified.tsx';

/** Review of a received referral: who, what is asked, what is proven, and the decision (screen 3). */
export async function received(visit: Visit, desk: DeskServices): Promise<Answer> {
  return receivedPage(visit, desk, await openReferral(visit, desk, 'received', 'view'));
}

/** The part that changes while the page is open. */
export async function receivedPanel(visit: Visit, desk: DeskServices): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'received', 'view');
  return fragment(desk, <ReceivedState {...await stateOf(visit, desk, detail)} />);
}

export interface Refused {
  readonly errors: FormErrors;
  readonly title?: string;
  readonly fields?: FormFields;
  readonly status: 409 | 422;
}

export async function receivedPage(
  visit: Visit,
  desk: DeskServices,
  detail: ReferralDetail,
  refused?: Refused,
): Promise<Answer> {
  const { review, id } = detail;
  const hospital = titleOf(desk, detail.peer);
  if (review === undefined) return page({ title: 'Referral' }, <NotHere hospital={hospital} />);
  const state = await stateOf(visit, desk, detail);
  const evidence = await desk.referralDesk.evidenceOfReceived(detail);
  const facts = await fileFactsOf(desk, detail);
  const fields = refused?.fields ?? visit.draft;
  return page(
    {
      title: `Referral ${detail.number}`,
      scripts: ['review'],
      ...(refused === undefined ? {} : { status: refused.status }),
    },
    <>
      <ReviewBanner review={review} now={visit.now} />
      {refused === undefined ? null : <ErrorSummary errors={refused.errors} {...titled(refused)} />}
      <div class="review">
        <div class="review-summary">
          <ReviewSummary review={review} placeOf={receivedPlace(id, facts)} />
        </div>
        <div class="review-side">
          <Section title="State" id="state">
            <div
              id="f-state"
              tabindex={-1}
              data-live-kinds="referral delivery"
              data-live-ids={id}
              data-live-src={url('received-panel', { referral: id })}
            >
              <ReceivedState {...state} />
            </div>
          </Section>
          {mayDecide(visit, detail, state.decisions) ? (
            <DecisionForms
              detail={detail}
              hospital={hospital}
              decider={visit.user.name}
              own={desk.own.title}
              fields={fields}
              errors={refused?.errors ?? []}
            />
          ) : null}
          {visit.is('doctor') && detail.state === 'cancel-requested' ? (
            <CancelForms
              detail={detail}
              hospital={hospital}
              once={() => desk.random.uuid()}
              fields={fields}
              errors={refused?.errors ?? []}
            />
          ) : null}
          <SidePanels visit={visit} desk={desk} detail={detail} evidence={evidence} />
        </div>
        <div class="review-record">
          <FullRecord review={review} />
        </div>
      </div>
    </>,
  );
}

function titled({ title }: Refused): { title?: string } {
  return title === undefined ? {} : { title };
}

function SidePanels({
  visit,
  desk,
  detail,
  evidence,
}: {
  readonly visit: Visit;
  readonly desk: DeskServices;
  readonly detail: ReferralDetail;
  readonly evidence: Evidence | undefined;
}) {
  const { id } = detail;
  return (
    <>
      <VerifiedPanel
        evidence={evidence}
        peer={desk.directory.get(detail.peer)}
        receiptHref={url('received-receipt', { referral: id })}
      />
      <CaseAlerts about={{ referral: id }} offer={(detail.review?.alerts.length ?? 0) > 0} visit={visit} desk={desk} />
      <div class="actions">
        {visit.is('doctor', 'coordinator') ? (
          <LinkButton href={url('received-match', { referral: id })}>Is this a patient of ours?</LinkButton>
        ) : null}
        <LinkButton href={url('received-print', { referral: id })}>Print</LinkButton>
      </div>
    </>
  );
}

/** A decision is possible where the state machine allows one and none rests (Spec bundle §6, events 4 and 5). */
function mayDecide(visit: Visit, { state }: ReferralDetail, decisions: readonly MadeDecision[]): boolean {
  const open = ['received', 'info-requested', 'accepted', 'not-attended', 'appointment-cancelled'].includes(state);
  return visit.is('doctor') && open && !decisions.some((one) => one.state === 'waiting');
}

interface StateFacts {
  readonly detail: ReferralDetail;
  readonly hospital: string;
  readonly decisions: readonly MadeDecision[];
  readonly opened: { readonly by: string; readonly at: ReferralDetail['createdAt'] } | undefined;
  readonly link: MatchAnswer | undefined;
  readonly now: Visit['now'];
}

async function stateOf(visit: Visit, desk: DeskServices, detail: ReferralDetail): Promise<StateFacts> {
  const { decisions, matching } = desk.referralDesk;
  return {
    detail,
    hospital: titleOf(desk, detail.peer),
    decisions: await decisions.of(detail.id),
    opened: await desk.referralDesk.openedBy(detail.id),
    link: await matching.linkOf(detail.id),
    now: visit.now,
  };
}

function ReceivedState({ detail, hospital, decisions, opened, link, now }: StateFacts) {
  return (
    <>
      <p>
        <StateTag state={detail.state} />{' '}
        <span class="nowrap">
          <Foreign text={detail.number} />
        </span>
      </p>
      <p>
        From <Foreign text={hospital} />, arrived <When at={detail.createdAt} />.
        {opened === undefined ? null : (
          <>
            {' '}
            First opened by <Foreign text={opened.by} />, <When at={opened.at} />.
          </>
        )}
      </p>
      {decisions.some(({ state }) => state === 'waiting') ? null : (
        <Deadline state={detail.state} expiresAt={detail.expiresAt} now={now} />
      )}
      {decisions.map((decision) => (
        <OneDecision decision={decision} hospital={hospital} />
      ))}
      <Answers detail={detail} hospital={hospital} />
      {link?.patient === undefined ? (
        <p class="quiet">Nobody has said yet that this is a patient of ours.</p>
      ) : (
        <p>
          <a href={url('patient', { patient: link.patient })}>Our own patient’s chart</a>, linked by{' '}
          <Foreign text={link.by} />, <When at={link.at} />.
        </p>
      )}
    </>
  );
}

function OneDecision({ decision, hospital }: { readonly decision: MadeDecision; readonly hospital: string }) {
  const { words, by, at, dueAt, state, trouble } = decision;
  const verb = words.kind === 'accepted' ? 'Accepted' : 'Declined';
  if (state === 'failed')
    return (
      <Notice tone="red" role="alert" title="The answer could not leave">
        <p>
          <Foreign text={by.name} /> {verb.toLowerCase()} it, but the referral had changed meanwhile ({trouble}). The
          sender was told nothing. Decide again if that is still possible.
        </p>
      </Notice>
    );
  const said = words.kind === 'accepted' ? words.note : words.reason;
  return (
    <div>
      <p>
        <strong>{verb}</strong> by <Foreign text={by.name} />, <When at={at} />.{' '}
        {state === 'waiting' ? (
          <>
            The answer leaves at <When at={dueAt} show="seconds" />.
          </>
        ) : null}
      </p>
      {said === undefined ? null : (
        <>
          <p class="hint">
            <Foreign text={hospital} /> reads:
          </p>
          <ForeignLines text={said} />
        </>
      )}
    </div>
  );
}

/** Whether our answer has arrived: only a receipt says so. */
function Answers({ detail, hospital }: { readonly detail: ReferralDetail; readonly hospital: string }) {
  const answer = detail.deliveries.findLast((one) => one.kind === 'event');
  if (answer === undefined) return null;
  if (answer.state === 'delivered' && answer.doneAt !== undefined)
    return (
      <p>
        ✓ <Foreign text={hospital} /> has our answer: receipt of <When at={answer.doneAt} show="seconds" />.
      </p>
    );
  return (
    <p>
      Our answer has not arrived yet (attempt {answer.attempts}, next <When at={answer.nextAt} />
      ). It leaves by itself{answer.trouble === '' ? '' : ': '}
      {answer.trouble === '' ? '' : <Foreign text={answer.trouble} />}.
    </p>
  );
}

function NotHere({ hospital }: { readonly hospital: string }) {
  return (
    <>
      <h1>Referral from {hospital}</h1>
      <EmptyState title="The referral itself has not arrived yet">
        <p>An event of it came first. What it is about is shown when the referral is here ({stateWord('sent')}).</p>
      </EmptyState>
    </>
  );
}
