import type { MadeDecision } from '../../../referrals/decisions.ts';
import type { DecisionKind } from '../../../referrals/decision-words.ts';
import type { MatchAnswer } from '../../../referrals/matching/matching.ts';
import { roundsOf, type Round } from '../../../referrals/questions/rounds.ts';
import type { ReferralDetail } from '../../../referrals/referrals.ts';
import { Notice } from '../../components/panel.tsx';
import { StateTag } from '../../components/tag.tsx';
import { Foreign, ForeignLines, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { Deadline } from './deadline.tsx';
import { fileFactsOf, receivedPlace, type FileFacts } from './received-files.ts';
import { titleOf } from './referral-of.ts';
import { Rounds } from './rounds.tsx';

export interface StateFacts {
  readonly detail: ReferralDetail;
  readonly hospital: string;
  readonly own: string;
  readonly decisions: readonly MadeDecision[];
  readonly rounds: readonly Round[];
  /** Of the files that came with answers. */
  readonly files: FileFacts;
  readonly opened: { readonly by: string; readonly at: ReferralDetail['createdAt'] } | undefined;
  readonly link: MatchAnswer | undefined;
  readonly now: Visit['now'];
}

export async function stateOf(visit: Visit, desk: DeskServices, detail: ReferralDetail): Promise<StateFacts> {
  const { decisions, matching } = desk.referralDesk;
  const rounds = await roundsOf(desk.referrals, detail);
  const came = new Set<string>(
    rounds.flatMap(({ answers }) => answers.flatMap(({ files }) => files.map(({ id }) => id))),
  );
  const attachments = detail.attachments.filter(({ id }) => came.has(id));
  return {
    detail,
    hospital: titleOf(desk, detail.peer),
    own: desk.own.title,
    decisions: await decisions.of(detail.id),
    rounds,
    files: await fileFactsOf(desk, { ...detail, attachments }),
    opened: await desk.referralDesk.openedBy(detail.id),
    link: await matching.linkOf(detail.id),
    now: visit.now,
  };
}

/** What became of a received referral here, and whether our words have arrived. */
export function ReceivedState(props: StateFacts) {
  const { detail, hospital, decisions, opened, link, now } = props;
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
        <Deadline state={detail.state} isAccepted={detail.isAccepted} expiresAt={detail.expiresAt} now={now} />
      )}
      {decisions.filter(isNoRound).map((decision) => (
        <OneDecision decision={decision} hospital={hospital} />
      ))}
      <Answers detail={detail} hospital={hospital} />
      <Asked {...props} />
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

/** A question that has left is a signed event, and told with its answer. */
function isNoRound({ words, state }: MadeDecision): boolean {
  return words.kind !== 'asked' || state !== 'sent';
}

function Asked({ detail, hospital, own, rounds, files }: StateFacts) {
  if (rounds.length === 0) return null;
  return (
    <div class="asked">
      <h3>Questions and answers</h3>
      <Rounds
        rounds={rounds}
        detail={detail}
        askers={own}
        answerers={hospital}
        placeOf={receivedPlace(detail.id, files)}
      />
    </div>
  );
}

const verbs: Readonly<Record<DecisionKind, string>> = { accepted: 'Accepted', rejected: 'Declined', asked: 'Asked' };

function OneDecision({ decision, hospital }: { readonly decision: MadeDecision; readonly hospital: string }) {
  const { words, by, at, dueAt, state, trouble } = decision;
  const verb = verbs[words.kind];
  const what = words.kind === 'asked' ? 'question' : 'answer';
  if (state === 'failed')
    return (
      <Notice tone="red" role="alert" title={`The ${what} could not leave`}>
        <p>
          <Foreign text={by.name} /> {verb.toLowerCase()}
          {words.kind === 'asked' ? '' : ' it'}, but the referral had changed meanwhile ({trouble}). The sender was told
          nothing. {words.kind === 'asked' ? 'Ask' : 'Decide'} again if that is still possible.
        </p>
        {words.kind === 'asked' ? <ForeignLines text={words.question} /> : null}
      </Notice>
    );
  return (
    <div>
      <p>
        <strong>{verb}</strong> by <Foreign text={by.name} />, <When at={at} />.{' '}
        {state === 'waiting' ? (
          <>
            The {what} leaves at <When at={dueAt} show="seconds" />.
          </>
        ) : null}
      </p>
      <SaidTo hospital={hospital} words={words} />
    </div>
  );
}

function SaidTo({ hospital, words }: { readonly hospital: string; readonly words: MadeDecision['words'] }) {
  const said = words.kind === 'accepted' ? words.note : words.kind === 'rejected' ? words.reason : words.question;
  if (said === undefined) return null;
  return (
    <>
      <p class="hint">
        <Foreign text={hospital} /> reads:
      </p>
      <ForeignLines text={said} />
    </>
  );
}

/** Whether our answer has arrived: only a receipt says so. */
function Answers({ detail, hospital }: { readonly detail: ReferralDetail; readonly hospital: string }) {
  const asked = new Set(detail.events.flatMap(({ name, message }) => (name === 'info-requested' ? [message] : [])));
  const answer = detail.deliveries.findLast((one) => one.kind === 'event' && !asked.has(one.message));
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
