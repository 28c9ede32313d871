import type { MadeDecision } from '../../../referrals/decisions.ts';
import type { Evidence } from '../../../referrals/evidence.ts';
import type { ReferralDetail } from '../../../referrals/referrals.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, LinkButton, type FormErrors } from '../../components/form.tsx';
import { EmptyState, Section } from '../../components/panel.tsx';
import { stateWord } from '../../components/tag.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { fragment } from '../../fragment.tsx';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { CaseAlerts } from '../alerts/case-alerts.tsx';
import { canAsk, canDecide, CancelForms, DecisionForms } from './decision-forms.tsx';
import { ReceivedState, stateOf } from './received-state.tsx';
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

/** The forms, as the state is now: a decision that has left, an answer that came, a request to cancel. */
export async function receivedForms(visit: Visit, desk: DeskServices): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'received', 'view');
  const decisions = await desk.referralDesk.decisions.of(detail.id);
  return fragment(desk, <Forms visit={visit} desk={desk} detail={detail} decisions={decisions} />);
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
          <div
            id="forms"
            data-live-kinds="referral"
            data-live-ids={id}
            data-live-src={fields === undefined ? url('received-forms', { referral: id }) : undefined}
            data-live-still
          >
            <Forms
              visit={visit}
              desk={desk}
              detail={detail}
              decisions={state.decisions}
              fields={fields}
              errors={refused?.errors}
            />
          </div>
          <SidePanels visit={visit} desk={desk} detail={detail} evidence={evidence} />
        </div>
        <div class="review-record">
          <FullRecord review={review} />
        </div>
      </div>
    </>,
  );
}

interface FormsProps {
  readonly visit: Visit;
  readonly desk: DeskServices;
  readonly detail: ReferralDetail;
  readonly decisions: readonly MadeDecision[];
  readonly fields?: FormFields | undefined;
  readonly errors?: FormErrors | undefined;
}

/** What a doctor can do with it now. */
function Forms({ visit, desk, detail, decisions, fields, errors = [] }: FormsProps) {
  const common = { detail, hospital: titleOf(desk, detail.peer), fields, errors };
  if (mayDecide(visit, detail, decisions))
    return <DecisionForms {...common} decider={visit.user.name} own={desk.own.title} />;
  if (visit.is('doctor') && detail.state === 'cancel-requested')
    return <CancelForms {...common} once={() => desk.random.uuid()} />;
  return null;
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

/** Forms stand where the state machine allows a decision or a question and none rests (Spec bundle §6, events 4 to 6). */
function mayDecide(visit: Visit, { state }: ReferralDetail, decisions: readonly MadeDecision[]): boolean {
  return visit.is('doctor') && (canDecide(state) || canAsk(state)) && !decisions.some((one) => one.state === 'waiting');
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
