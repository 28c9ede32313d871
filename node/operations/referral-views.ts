import type { Round } from '../referrals/questions/rounds.ts';
import type { Delivery, ReferralDetail, ReferralLine } from '../referrals/referrals.ts';
import type { StoryEvent } from '../referrals/story.ts';
import { timeText } from './fields.ts';

/** How referrals cross the control door: JSON, with times as RFC 3339. */
export function lineView(line: ReferralLine) {
  const { id, direction, peer, state, priority, number, summary } = line;
  return {
    id,
    direction,
    peer,
    state,
    priority,
    number,
    summary,
    createdAt: timeText(line.createdAt),
    changedAt: timeText(line.changedAt),
    expiresAt: timeText(line.expiresAt),
    /** Give both as `before` for the next page. */
    at: line.createdAt as number,
  };
}

/** Everything of a referral but the words of its events. */
export function detailView(detail: ReferralDetail) {
  return {
    ...lineView(detail),
    events: detail.events.map(({ at, ...event }) => ({ ...event, at: timeText(at) })),
    sections: detail.sections,
    attachments: detail.attachments,
    deliveries: detail.deliveries.map(deliveryView),
    receipt: detail.receipt ?? null,
  };
}

/** A question with its answers, in the words that were signed. */
export function roundView({ question, answers, standing }: Round) {
  return { ...saidView(question), standing, answers: answers.map(saidView) };
}

function saidView({ at, by, note, status, reason, files }: StoryEvent) {
  return {
    at: timeText(at),
    by,
    text: note,
    status,
    reason,
    files: files.map(({ id, title, contentType, size }) => ({ id, title, contentType, size })),
  };
}

/** With the times in words; what else is told of a delivery stays. */
export function deliveryView<Told extends Delivery>(delivery: Told) {
  const { nextAt, deadline, doneAt, proof, ...rest } = delivery;
  return {
    ...rest,
    nextAt: timeText(nextAt),
    deadline: timeText(deadline),
    doneAt: doneAt === undefined ? null : timeText(doneAt),
    proof: proof ?? null,
  };
}
