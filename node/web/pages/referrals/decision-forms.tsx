import type { ReferralDetail } from '../../../referrals/referrals.ts';
import { Hidden, Submit, TextArea, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Section } from '../../components/panel.tsx';
import { Foreign } from '../../components/text.tsx';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';

export interface DecisionFormsProps {
  readonly detail: ReferralDetail;
  readonly hospital: string;
  /** Who decides, and where: both stand in the signed answer. */
  readonly decider: string;
  readonly own: string;
  readonly fields: FormFields | undefined;
  readonly errors: FormErrors;
}

/** In these a decision is still open, or can be changed; in those a question can be asked (Spec bundle §6). */
const decidable: ReadonlySet<string> = new Set([
  'received',
  'info-requested',
  'accepted',
  'not-attended',
  'appointment-cancelled',
]);
const askable: ReadonlySet<string> = new Set(['received', 'accepted', 'scheduled', 'in-progress']);

export function canDecide(state: string): boolean {
  return decidable.has(state);
}

export function canAsk(state: string): boolean {
  return askable.has(state);
}

/** Accept, ask, decline, each with "and next": what this page is for. Keys lead here (screen 3). */
export function DecisionForms(props: DecisionFormsProps) {
  const { detail, fields } = props;
  const { state } = detail;
  const action = url('received-decide', { referral: detail.id });
  const isDeclining = fields?.get('decision') === 'rejected';
  const canAccept = !detail.isAccepted && (state === 'received' || state === 'info-requested');
  const change = canAsk(state) ? 'Change the decision, or ask' : 'Change the decision';
  const title = canAccept ? 'Decide' : canDecide(state) ? change : 'Ask the sender';
  return (
    <Section title={title} id="decide">
      {canAccept ? (
        <form method="post" action={action} id="accept-form">
          <Hidden name="decision" value="accepted" />
          <TextArea
            name="note"
            label="Note to the sender"
            rows={2}
            value={fields?.get('note') ?? ''}
            errors={props.errors}
          />
          <div class="actions">
            <Submit id="accept">Accept</Submit>
            <Submit tone="second" name="next" value="yes" id="accept-next">
              Accept and next
            </Submit>
          </div>
        </form>
      ) : null}
      {canAsk(state) ? <Ask {...props} action={action} isOpen={fields?.get('decision') === 'asked'} /> : null}
      {canDecide(state) ? <Decline {...props} action={action} isOpen={isDeclining} /> : null}
      <p class="hint">
        What you decide or ask leaves, signed, ten seconds later; until then it can be undone.
        <Keys
          keys={[
            ...(canAccept ? acceptKeys : []),
            ...(canAsk(state) ? askKeys : []),
            ...(canDecide(state) ? declineKeys : []),
          ]}
        />
      </p>
    </Section>
  );
}

const acceptKeys = [
  ['A', 'accept'],
  ['N', 'accept and next'],
] as const;
const askKeys = [['Q', 'ask']] as const;
const declineKeys = [['D', 'decline']] as const;

function Keys({ keys }: { readonly keys: readonly (readonly [string, string])[] }) {
  return (
    <span class="keys">
      {' '}
      Keys:{' '}
      {keys.map(([key, act], i) => (
        <>
          {i === 0 ? '' : ', '}
          <kbd>{key}</kbd> {act}
        </>
      ))}
      .
    </span>
  );
}

function Decline(props: DecisionFormsProps & { readonly action: string; readonly isOpen: boolean }) {
  const { hospital, decider, own, fields, errors, action, isOpen } = props;
  const reason = fields?.get('reason') ?? '';
  return (
    <details id="decline" open={isOpen}>
      <summary>Decline</summary>
      <form method="post" action={action} data-draft>
        <Hidden name="decision" value="rejected" />
        <TextArea
          name="reason"
          label="Reason"
          hint={
            <>
              <Foreign text={hospital} /> reads exactly these words.
            </>
          }
          required
          rows={3}
          value={reason}
          errors={errors}
        />
        <TextArea
          name="advice"
          label="Advice"
          hint="What they can do instead, or whom to ask"
          rows={2}
          value={fields?.get('advice') ?? ''}
          errors={errors}
        />
        <ReadThere id="decline-preview" by="Declined by" decider={decider} own={own}>
          {reason === '' ? 'the reason that you write above' : reason}
        </ReadThere>
        <div class="actions">
          <Submit tone="danger">Decline</Submit>
          <Submit tone="second" name="next" value="yes">
            Decline and next
          </Submit>
        </div>
      </form>
    </details>
  );
}

interface ReadThereProps extends Pick<DecisionFormsProps, 'decider' | 'own'> {
  /** Named in review.js, which writes there what is typed. */
  readonly id: string;
  readonly by: string;
  readonly children: string;
}

/** The words of a form as the other hospital will see them. */
function ReadThere({ id, by, decider, own, children }: ReadThereProps) {
  return (
    <div class="notice plain" aria-live="off">
      <p class="notice-title">What the sender will read</p>
      <p>
        {by} <Foreign text={decider} />, <Foreign text={own} />
      </p>
      <p class="lines" dir="auto" id={id}>
        {children}
      </p>
    </div>
  );
}

/** A question to the sender; the referral can be decided before it is answered, and asked about after (screen 3). */
function Ask(props: DecisionFormsProps & { readonly action: string; readonly isOpen: boolean }) {
  const { hospital, decider, own, fields, errors, action, isOpen } = props;
  const question = fields?.get('question') ?? '';
  return (
    <details id="ask" open={isOpen}>
      <summary>Ask a question</summary>
      <form method="post" action={action} data-draft>
        <Hidden name="decision" value="asked" />
        <TextArea
          name="question"
          label="Question"
          hint={
            <>
              <Foreign text={hospital} /> reads exactly these words, and answers them here.
            </>
          }
          required
          rows={3}
          value={question}
          errors={errors}
        />
        <ReadThere id="ask-preview" by="Question of" decider={decider} own={own}>
          {question === '' ? 'the question that you write above' : question}
        </ReadThere>
        <div class="actions">
          <Submit>Ask</Submit>
          <Submit tone="second" name="next" value="yes">
            Ask and next
          </Submit>
        </div>
      </form>
    </details>
  );
}

/** The sender asks to cancel: confirm, or go on and say why (Spec bundle §6, events 16 and 17). */
export function CancelForms({
  detail,
  hospital,
  once,
  fields,
  errors,
}: Omit<DecisionFormsProps, 'decider' | 'own'> & { readonly once: () => string }) {
  const action = url('received-cancel', { referral: detail.id });
  return (
    <Section title="The sender asks to cancel" id="cancel">
      <form method="post" action={action} data-draft="off">
        <Once token={once()} />
        <Hidden name="answer" value="confirmed" />
        <Submit>Confirm: it is cancelled</Submit>
      </form>
      <form method="post" action={action} class="after">
        <Once token={once()} />
        <Hidden name="answer" value="declined" />
        <TextArea
          name="reason"
          label="Why it is not cancelled"
          hint={
            <>
              <Foreign text={hospital} /> reads exactly these words, such as “already in theatre”.
            </>
          }
          required
          rows={2}
          value={fields?.get('reason') ?? ''}
          errors={errors}
        />
        <Submit tone="second">Do not cancel</Submit>
      </form>
    </Section>
  );
}
