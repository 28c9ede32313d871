import type { Evidence } from '../../../referrals/evidence.ts';
import type { ReferralDetail } from '../../../referrals/referrals.ts';
import type { StoryEvent } from '../../../referrals/story.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { download, page, type Answer } from '../../answer.ts';
import { LinkButton, Submit, TextArea, type FormErrors, ErrorSummary } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Disclosure, EmptyState, Notice, Section } from '../../components/panel.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { fragment } from '../../fragment.tsx';
import { draftKeyOf } from '../../draft-key.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import type { FormFields } from '../../http/form.ts';
import { CaseAlerts } from '../alerts/case-alerts.tsx';
import { submitOnce } from '../../submit-once.ts';
import { giveAnswer, questionFacts, Questions } from './answer.tsx';
import { ownFiles } from './choosable.ts';
import { ownPlace } from './own-files.ts';
import { actorOf, openReferral, titleOf } from './referral-of.ts';
import { ReviewBanner, ReviewBody } from './review-body.tsx';
import { SentState } from './sent-state.tsx';
import { EvidenceFacts } from './verified.tsx';

/** Tracking of a sent referral: each step only when it is proven, with its receipt (screen 7). */
export async function sent(visit: Visit, desk: DeskServices): Promise<Answer> {
  return sentPage(visit, desk, await openReferral(visit, desk, 'sent', 'view'));
}

export async function sentPanel(visit: Visit, desk: DeskServices): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'sent', 'view');
  return fragment(desk, <SentState {...await factsOf(visit, desk, detail)} />);
}

async function factsOf(visit: Visit, desk: DeskServices, detail: ReferralDetail) {
  const peer = desk.directory.find(detail.peer);
  const hospital = titleOf(desk, detail.peer);
  const story: readonly StoryEvent[] = await desk.referralDesk.story(detail);
  const telephone = (await desk.peerTelephones.all()).get(detail.peer);
  return { detail, story, hospital, peer, telephone, now: visit.now, own: desk.own.title };
}

/** Answers the other hospital's question (Spec bundle §6, event 7). */
export async function answerAsked(visit: Visit, desk: DeskServices): Promise<Answer> {
  const fields = await visit.form();
  return giveAnswer(visit, desk, (detail, errors, status) =>
    sentPage(visit, desk, detail, { errors, status, fields, title: 'The answer was not sent' }),
  );
}

interface Refused {
  readonly errors: FormErrors;
  readonly title: string;
  readonly status: 409 | 422;
  readonly fields: FormFields;
}

async function sentPage(visit: Visit, desk: DeskServices, detail: ReferralDetail, refused?: Refused): Promise<Answer> {
  const { review, id } = detail;
  if (review === undefined) return page({ title: 'Referral' }, <EmptyState title="This referral holds no document" />);
  const evidence = await desk.referralDesk.evidenceOfSent(detail);
  const questions = await questionFacts(visit, desk, detail);
  const fields = refused?.fields ?? visit.draft;
  const errors = refused?.errors ?? [];
  const patient = await patientOf(desk, detail);
  const ids = review.attachments.map((one) => one.id);
  const placeOf = ownPlace(patient === undefined ? [] : await ownFiles(desk, patient, ids));
  return page(
    { title: `Referral ${detail.number}`, ...(refused === undefined ? {} : { status: refused.status }) },
    <>
      <ReviewBanner review={review} now={visit.now} />
      {refused === undefined ? null : <ErrorSummary errors={refused.errors} title={refused.title} />}
      <div
        id="questions-live"
        data-live-kinds="referral delivery"
        data-live-ids={id}
        data-live-src={fields === undefined ? url('sent-questions', { referral: id }) : undefined}
      >
        <Questions facts={questions} errors={errors} fields={fields} />
      </div>
      <Section
        title={
          <>
            Referral <Foreign text={detail.number} /> to <Foreign text={titleOf(desk, detail.peer)} />
          </>
        }
        id="tracking"
      >
        <div
          id="tracking-live"
          data-live-kinds="referral delivery"
          data-live-ids={id}
          data-live-src={url('sent-panel', { referral: id })}
        >
          <SentState {...await factsOf(visit, desk, detail)} />
        </div>
      </Section>
      <CaseAlerts
        about={{ ...(patient === undefined ? {} : { patient }), referral: id }}
        offer={review.alerts.length > 0}
        visit={visit}
        desk={desk}
      />
      <div class="actions">
        {patient === undefined ? null : <LinkButton href={url('patient', { patient })}>Open the patient</LinkButton>}
        <LinkButton href={url('sent-print', { referral: id })}>Print</LinkButton>
      </div>
      {visit.is('doctor') && canWithdraw(detail) ? (
        <Withdraw once={desk.random.uuid()} detail={detail} errors={errors} fields={fields} />
      ) : null}
      <Proofs evidence={evidence} detail={detail} />
      <ReviewBody review={review} placeOf={placeOf} isOurs />
    </>,
  );
}

async function patientOf(desk: DeskServices, detail: ReferralDetail) {
  return desk.referralDesk.patientOf(detail.id);
}

/** Event 14: only before there is a receipt (Spec bundle §6). */
function canWithdraw({ deliveries }: ReferralDetail): boolean {
  return deliveries.some(
    ({ kind, state }) => kind === 'referral' && ['preparing', 'queued', 'leaving'].includes(state),
  );
}

function Withdraw({
  once,
  detail,
  errors,
  fields,
}: {
  readonly once: string;
  readonly detail: ReferralDetail;
  readonly errors: FormErrors;
  readonly fields: FormFields | undefined;
}) {
  return (
    <Disclosure summary="Take the referral back" open={fields?.has('reason') === true}>
      <form method="post" action={url('sent-withdraw', { referral: detail.id })} class="measure" data-draft="off">
        <Once token={once} />
        <TextArea
          name="reason"
          label="Reason"
          hint="Kept here. The other hospital reads it if it turns out to have the referral already."
          required
          rows={2}
          value={fields?.get('reason') ?? ''}
          errors={errors}
        />
        <Submit tone="danger">Take back</Submit>
      </form>
    </Disclosure>
  );
}

export async function withdraw(visit: Visit, desk: DeskServices): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'sent', 'refer');
  const fields = await visit.form();
  const reason = fields.get('reason').trim();
  const notDone = (message: string, status: Refused['status']): Refused => ({
    errors: [{ field: 'reason', message }],
    title: 'The referral was not taken back',
    status,
    fields,
  });
  if (reason === '') return sentPage(visit, desk, detail, notDone('Say why the referral is taken back', 422));
  return submitOnce(visit, async () => {
    try {
      await desk.referrals.withdraw(detail.id, { author: actorOf(visit), reason });
    } catch (error) {
      if (!(error instanceof OperationError) || error.kind !== 'conflict') throw error;
      const now = await desk.referrals.show(detail.id);
      return sentPage(visit, desk, now, notDone(error.message, 409));
    }
    const place = url('sent', { referral: detail.id });
    await desk.drafts.remove(visit.user.id, draftKeyOf(place));
    return place;
  });
}

function Proofs({ evidence, detail }: { readonly evidence: readonly Evidence[]; readonly detail: ReferralDetail }) {
  if (evidence.length === 0) return null;
  return (
    <Section title="Receipts" id="receipts">
      {evidence.map((one) => (
        <Disclosure
          summary={
            <>
              {one.isWhole ? '✓ Receipt' : '! Receipt that does not hold'} of <When at={one.at} show="seconds" />
            </>
          }
        >
          {one.isWhole ? (
            <p>Checked again just now: the other hospital’s log signed that exactly this arrived.</p>
          ) : (
            <Notice tone="red" role="alert">
              <p>{one.broken}. Tell the administrator.</p>
            </Notice>
          )}
          <EvidenceFacts evidence={one} />
          <p>
            <a href={url('sent-receipt', { referral: detail.id, bundle: one.bundle })} download>
              Save the receipt
            </a>
          </p>
        </Disclosure>
      ))}
    </Section>
  );
}

export async function sentReceipt(visit: Visit, desk: DeskServices): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'sent', 'download');
  const delivery = detail.deliveries.find(({ bundle }) => bundle === visit.param('bundle'));
  if (delivery?.proof === undefined)
    throw new OperationError('not-found', 'no-receipt', 'There is no receipt of this bundle.');
  const name = `receipt-${detail.number}.txt`;
  return download({ name, type: 'text/plain; charset=utf-8', body: delivery.proof });
}
