import type { Instant } from '../../../../protocol/instant.ts';
import type { Peer } from '../../../peers/directory.ts';
import type { Delivery, ReferralDetail } from '../../../referrals/referrals.ts';
import type { StoryEvent } from '../../../referrals/story.ts';
import { Call } from '../../components/call.tsx';
import { Notice, Steps, type Step } from '../../components/panel.tsx';
import { StateTag, stateWord } from '../../components/tag.tsx';
import { Foreign, ForeignLines, When, spanWords } from '../../components/text.tsx';
import { url } from '../../urls.ts';
import { Deadline } from './deadline.tsx';

export interface SentStateProps {
  readonly detail: ReferralDetail;
  readonly story: readonly StoryEvent[];
  readonly hospital: string;
  readonly peer: Peer | undefined;
  readonly now: Instant;
  readonly own: string;
  /** Of the other hospital's people, where an administrator wrote it down. */
  readonly telephone: string | undefined;
}

/**
 * The parcel line. A step counts when something signed proves it: "delivered" is the receiver's receipt, "decided" its
 * signed event. Whether somebody there opened it is not told to us, so no step claims it (screen 7).
 */
export function SentState(props: SentStateProps) {
  const { detail, story, hospital } = props;
  const parcel = detail.deliveries.findLast(({ kind }) => kind === 'referral');
  return (
    <>
      <p>
        <StateTag state={detail.state} />
      </p>
      <Steps label="Where the referral is" steps={stepsOf(props, parcel)} />
      {parcel === undefined ? null : <Obstacle {...props} parcel={parcel} />}
      <h3>What happened</h3>
      {detail.events.length === story.length ? null : (
        <p>The first event and the newest of {detail.events.length}; the exchange log has all of them.</p>
      )}
      <ol class="story">
        {story.map((event) => (
          <StoryLine event={event} hospital={hospital} own={props.own} />
        ))}
      </ol>
      <Deadline
        state={detail.state}
        isAccepted={detail.isAccepted}
        expiresAt={detail.expiresAt}
        now={props.now}
        whom={<Call hospital={hospital} telephone={props.telephone} />}
      />
    </>
  );
}

const decisions: ReadonlySet<string> = new Set(['referral-accepted', 'referral-rejected', 'cancel-confirmed']);

function stepsOf({ detail, story, hospital, now }: SentStateProps, parcel: Delivery | undefined): readonly Step[] {
  const author = story.find(({ seq, author: side }) => side === 'sender' && seq === 1)?.by ?? '';
  const state = parcel?.state ?? 'preparing';
  const decided = story.findLast(({ name, author: side }) => side === 'receiver' && decisions.has(name));
  return [
    {
      label: 'Prepared',
      state: 'done',
      detail: (
        <>
          <When at={detail.createdAt} />
          <br />
          <Foreign text={author} />
        </>
      ),
    },
    {
      label: 'Encrypted',
      state: state === 'preparing' ? 'current' : 'done',
      detail: <>for {hospital} alone</>,
    },
    delivered(detail, parcel, now),
    {
      label: decided === undefined ? 'Decided' : (eventWords[decided.name] ?? decided.name),
      state: decided !== undefined ? 'done' : state === 'delivered' ? 'current' : 'waiting',
      detail:
        decided === undefined ? undefined : (
          <>
            <When at={decided.at} />
            <br />
            <Foreign text={decided.by} />
          </>
        ),
    },
  ];
}

function delivered(detail: ReferralDetail, parcel: Delivery | undefined, now: Instant): Step {
  if (parcel === undefined) return { label: 'Delivered', state: 'waiting' };
  const { state, doneAt, attempts, nextAt, bundle } = parcel;
  if (state === 'delivered' && doneAt !== undefined)
    return {
      label: 'Delivered',
      state: 'done',
      detail: (
        <>
          <When at={doneAt} />
          <br />
          <a href={url('sent-receipt', { referral: detail.id, bundle })} download>
            signed receipt
          </a>
        </>
      ),
    };
  if (state === 'refused' || state === 'set-aside' || state === 'withdrawn')
    return {
      label: failedWords[state],
      state: 'failed',
      ...(doneAt === undefined ? {} : { detail: <When at={doneAt} /> }),
    };
  return {
    label: state === 'withdrawing' ? 'Being taken back' : 'Not delivered yet',
    state: state === 'preparing' ? 'waiting' : 'current',
    detail:
      attempts === 0
        ? 'waits to leave'
        : `attempt ${attempts}, next ${nextAt <= now ? 'now' : `in ${spanWords(nextAt - now)}`}`,
  };
}

const failedWords = { refused: 'Refused', 'set-aside': 'Could not be sent', withdrawn: 'Taken back' } as const;

/** Who is at fault, what happens by itself, and until when somebody else should be asked. */
function Obstacle({ parcel, hospital, peer, now, detail, telephone }: SentStateProps & { readonly parcel: Delivery }) {
  const { state, trouble, troubleCode, nextAt, deadline, overdue, attempts } = parcel;
  if (state === 'delivered') return null;
  if (state === 'withdrawn')
    return (
      <Notice tone="blue" title="Taken back before it was received">
        <p>
          <Foreign text={hospital} /> never had this referral.
        </p>
      </Notice>
    );
  if (state === 'refused' || state === 'set-aside')
    return (
      <Notice
        tone="red"
        role="alert"
        title={state === 'refused' ? 'The other hospital refused it' : 'It cannot be sent'}
      >
        <p>
          <Foreign text={trouble || troubleCode} />
        </p>
        <p>
          It will not arrive by itself. Call <Call hospital={hospital} telephone={telephone} />. Refer again when the
          cause is mended.
        </p>
      </Notice>
    );
  if (troubleCode === '' && !overdue) return null;
  return (
    <Notice
      tone={overdue || detail.priority === 'stat' ? 'red' : 'amber'}
      role="alert"
      title={overdue ? 'Overdue: not delivered' : 'Not delivered yet'}
    >
      <p>
        {attempts === 0 ? 'It waits to leave' : `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'} so far`}
        {trouble === '' ? '' : ': '}
        {trouble === '' ? null : <Foreign text={trouble} />}. Next try <When at={nextAt} show="seconds" />, by itself;
        nothing is lost.
      </p>
      <p>
        It should have arrived by <When at={deadline} />
        {deadline > now ? ` (in ${spanWords(deadline - now)})` : ''}.
        {peer?.lastSpokeAt === undefined ? null : (
          <>
            {' '}
            <Foreign text={hospital} /> was last heard from <When at={peer.lastSpokeAt} />.
          </>
        )}{' '}
      </p>
      <p>
        {detail.priority === 'stat' ? 'Call now: ' : 'If it cannot wait, call '}
        <Call hospital={hospital} telephone={telephone} />.
      </p>
    </Notice>
  );
}

const eventWords: Readonly<Record<string, string>> = {
  'referral-sent': 'Referral signed',
  'referral-accepted': 'Accepted',
  'referral-rejected': 'Declined',
  'info-requested': 'Information asked',
  'info-provided': 'Information given',
  scheduled: 'Appointment given',
  rescheduled: 'Appointment changed',
  'not-attended': 'Did not come',
  'appointment-cancelled': 'Appointment cancelled',
  started: 'Arrived there',
  'interim-note': 'Note from there',
  'referral-completed': 'Completed, with a report',
  withdrawn: 'Taken back',
  'cancel-requested': 'Cancellation asked',
  'cancel-confirmed': 'Cancelled',
  'cancel-declined': 'Cancellation declined',
  expired: 'Expired',
  voided: 'Voided',
  forwarded: 'Referred on',
};

function StoryLine({
  event,
  hospital,
  own,
}: {
  readonly event: StoryEvent;
  readonly hospital: string;
  readonly own: string;
}) {
  const { name, author, at, by, words, note, status, digest } = event;
  return (
    <li>
      <strong>{eventWords[name] ?? stateWord(name)}</strong>, <When at={at} />,{' '}
      {by === '' ? null : (
        <>
          <Foreign text={by} />,{' '}
        </>
      )}
      <Foreign text={author === 'sender' ? own : hospital} />
      {status === 'applied' ? '' : ` (${status === 'pending' ? 'not settled yet' : 'changes nothing'})`}
      {words === '' ? null : <ForeignLines text={words} />}
      {note === '' || name === 'referral-sent' ? null : <ForeignLines text={note} />}
      <span class="hint second-line">
        signed document <code>{digest.slice(0, 16)}…</code>
      </span>
    </li>
  );
}
