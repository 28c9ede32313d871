import { storyOf, type StoryEvent } from '../story.ts';
import type { ReferralDetail, Referrals } from '../referrals.ts';

/** One question about a referral, and what was answered to it. */
export interface Round {
  readonly question: StoryEvent;
  /** The answer that counts, and any that came when nothing was open any more. */
  readonly answers: readonly StoryEvent[];
  readonly standing: RoundStanding;
}

/**
 * `open` waits for the sender; `answered` has its answer; `left` got none before the referral went on; `not-applied` never
 * was a question, because the referral was not to be asked about when it came.
 */
export type RoundStanding = 'open' | 'answered' | 'left' | 'not-applied';

/**
 * Questions and answers of a referral, the oldest first, in the words that were signed. An answer belongs to the newest
 * question that its author had seen: two hospitals' clocks may differ, and what had been seen is signed (Spec bundle §2).
 */
export async function roundsOf(
  referrals: Pick<Referrals, 'document'>,
  detail: ReferralDetail,
): Promise<readonly Round[]> {
  const events = detail.events.filter(({ name }) => name === 'info-requested' || name === 'info-provided');
  if (events.length === 0) return [];
  const story = await storyOf(referrals, { ...detail, events });
  const questions = story.filter(({ name }) => name === 'info-requested').toSorted((a, b) => a.seq - b.seq);
  const answers = Map.groupBy(
    story.filter(({ name }) => name === 'info-provided').toSorted((a, b) => a.seq - b.seq),
    (answer) => (questionOf(answer, questions, detail) ?? questions.at(-1))?.message,
  );
  const newest = questions.findLast(({ status }) => status === 'applied');
  return questions.map((question) => {
    const given = answers.get(question.message) ?? [];
    const isOpen = detail.state === 'info-requested' && question === newest;
    return { question, answers: given, standing: standingOf(question, given, isOpen) };
  });
}

function questionOf(
  { seen }: StoryEvent,
  questions: readonly StoryEvent[],
  { events }: ReferralDetail,
): StoryEvent | undefined {
  const last = events.find(({ author, digest }) => author === 'receiver' && digest === seen);
  return questions.findLast(({ seq }) => last !== undefined && seq <= last.seq);
}

function standingOf(question: StoryEvent, answers: readonly StoryEvent[], isOpen: boolean): RoundStanding {
  if (question.status === 'not-applied') return 'not-applied';
  if (answers.some(({ status }) => status === 'applied')) return 'answered';
  return isOpen ? 'open' : 'left';
}
