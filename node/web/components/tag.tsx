import type { Child } from 'hono/jsx';

/** What a colour means; a word always stands with it (WCAG 1.4.1). */
export type Tone = 'red' | 'amber' | 'green' | 'blue' | 'violet' | 'plain';

export function Tag({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: Child }) {
  return <span class={`tag ${tone}`}>{children}</span>;
}

const priorities = {
  stat: { shape: '▲', word: 'Emergency', tone: 'red' },
  urgent: { shape: '◆', word: 'Urgent', tone: 'amber' },
  routine: { shape: '●', word: 'Routine', tone: 'plain' },
} as const;

/** Priority by shape and word, not by colour. */
export function PriorityMark({ priority }: { readonly priority: keyof typeof priorities }) {
  const { shape, word, tone } = priorities[priority];
  return (
    <span class={`priority ${tone}`}>
      <span aria-hidden="true">{shape}</span> {word}
    </span>
  );
}

export function priorityWord(priority: keyof typeof priorities): string {
  return priorities[priority].word;
}

/** The states of a referral in words that both hospitals read alike (Spec bundle §5). */
const states: Readonly<Record<string, { readonly word: string; readonly tone: Tone }>> = {
  draft: { word: 'Draft', tone: 'plain' },
  sent: { word: 'On its way', tone: 'blue' },
  received: { word: 'Waiting for a decision', tone: 'blue' },
  'info-requested': { word: 'Information asked', tone: 'amber' },
  accepted: { word: 'Accepted', tone: 'green' },
  rejected: { word: 'Declined', tone: 'red' },
  scheduled: { word: 'Scheduled', tone: 'green' },
  'not-attended': { word: 'Did not come', tone: 'amber' },
  'appointment-cancelled': { word: 'Appointment cancelled', tone: 'amber' },
  'in-progress': { word: 'Arrived', tone: 'green' },
  'cancel-requested': { word: 'Cancellation asked', tone: 'amber' },
  cancelled: { word: 'Cancelled', tone: 'plain' },
  completed: { word: 'Completed', tone: 'green' },
  expired: { word: 'Expired', tone: 'plain' },
  void: { word: 'Void', tone: 'red' },
};

export function stateWord(state: string): string {
  return states[state]?.word ?? state;
}

export function StateTag({ state }: { readonly state: string }) {
  return <Tag tone={states[state]?.tone ?? 'plain'}>{stateWord(state)}</Tag>;
}
