import { stateNames, type StateName } from '../../protocol/bundle/fhir/terms.ts';
import type { ReferralId } from '../../protocol/ids.ts';
import { OperationError } from '../platform/operation-error.ts';
import { decideReferral } from './decide.ts';
import type { CancelAnswer } from './referrals.ts';
import type { SendPorts } from './send.ts';

/**
 * Answers a request to cancel (Spec bundle §6, events 16 and 17): confirmed, the referral is cancelled; declined, it goes on
 * from where it was, and the sender reads why.
 */
export async function answerCancel(ports: SendPorts, referral: ReferralId, answer: CancelAnswer): Promise<void> {
  const { author } = answer;
  if (answer.kind === 'confirmed')
    return decideReferral(ports, {
      referral,
      author,
      role: 'clinician',
      content: () => ({ event: 'cancel-confirmed' }),
    });
  const reason = answer.reason.trim();
  if (reason === '')
    throw new OperationError('invalid', 'reason-missing', 'Say why it is not cancelled: the sender reads it.');
  return decideReferral(ports, {
    referral,
    author,
    role: 'clinician',
    content: ({ prior }) => ({ event: 'cancel-declined', reason, backTo: stateBefore(prior) }),
  });
}

/** The nearest of the states that a row remembers; the state machine refuses where there is none. */
export function stateBefore(prior: string): StateName {
  return stateNames.find((name) => name === prior.split(' ')[0]) ?? 'received';
}
