import { roundsOf } from '../../../referrals/questions/rounds.ts';
import type { ReferralDetail } from '../../../referrals/referrals.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { page, type Answer } from '../../answer.ts';
import { LinkButton } from '../../components/form.tsx';
import { Section } from '../../components/panel.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { Deadline } from './deadline.tsx';
import { openReferral, titleOf } from './referral-of.ts';
import { ReviewBanner, ReviewBody } from './review-body.tsx';
import { Rounds } from './rounds.tsx';

/** The whole referral on paper, with who printed it and when; the journal has it too. */
export async function printReceived(visit: Visit, desk: DeskServices): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'received', 'print');
  return printed(visit, desk, detail, url('received', { referral: detail.id }));
}

export async function printSent(visit: Visit, desk: DeskServices): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'sent', 'print');
  return printed(visit, desk, detail, url('sent', { referral: detail.id }));
}

async function printed(visit: Visit, desk: DeskServices, detail: ReferralDetail, back: string): Promise<Answer> {
  const { review, number, direction } = detail;
  if (review === undefined)
    throw new OperationError(
      'not-found',
      'referral-not-here',
      'The referral itself has not arrived: nothing to print.',
    );
  const rounds = await roundsOf(desk.referrals, detail);
  const [ours, theirs] = [desk.own.title, titleOf(desk, detail.peer)];
  const nowhere = () => ({ picture: undefined, download: undefined });
  const first = detail.events.find(({ author, seq }) => author === 'sender' && seq === 1);
  return page(
    { title: `Referral ${number}, for paper`, scripts: ['print'], bare: true },
    <>
      <p class="actions no-print">
        <button type="button" class="button main" data-print hidden>
          Print
        </button>
        <LinkButton href={back}>Back to the referral</LinkButton>
      </p>
      <ReviewBanner review={review} now={visit.now} />
      <p class="second-line">
        Referral <Foreign text={number} /> {direction === 'sent' ? 'to' : 'from'} <Foreign text={theirs} />. Printed at{' '}
        {ours} by <Foreign text={visit.user.name} />, <When at={visit.now} />. Personal data: keep it safe, destroy it
        when it is no longer needed.
      </p>
      <Deadline state={detail.state} isAccepted={detail.isAccepted} expiresAt={detail.expiresAt} now={visit.now} />
      {rounds.length === 0 ? null : (
        <Section title="Questions and answers" id="questions">
          <Rounds
            rounds={rounds}
            detail={detail}
            askers={direction === 'sent' ? theirs : ours}
            answerers={direction === 'sent' ? ours : theirs}
            placeOf={nowhere}
          />
        </Section>
      )}
      <ReviewBody review={review} placeOf={nowhere} isOurs={direction === 'sent'} />
      {first === undefined ? null : (
        <p class="second-line">
          SHA-256 of the signed document: <code>{first.digest}</code>
        </p>
      )}
    </>,
  );
}
