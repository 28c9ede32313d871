import type { Instant } from '../../protocol/instant.ts';
import type { Role, StateName } from '../../protocol/bundle/fhir/terms.ts';

/**
 * The state machine of a referral (Spec bundle §5, §6). Pure: what is, what happened, what follows. It judges one event
 * in its place; which place an event has, when both hospitals act at once, is history.ts.
 */
export type ReferralState = Early | Working | Asked | Cancelling | Final;

export interface Early {
  readonly state: 'draft' | 'sent';
}
/** The receiver has it, and no question and no request to cancel is open. */
export interface Working {
  readonly state: 'received' | 'accepted' | 'scheduled' | 'not-attended' | 'appointment-cancelled' | 'in-progress';
}
export interface Asked {
  readonly state: 'info-requested';
  readonly before: Working;
}
/** Remembers the state that a declined cancellation returns to; nests once (Spec bundle §5). */
export interface Cancelling {
  readonly state: 'cancel-requested';
  readonly before: Working | Asked;
}
export interface Final {
  readonly state: 'rejected' | 'cancelled' | 'completed' | 'expired' | 'void';
}

/** The twenty events in the order of Spec bundle §6; `rescheduled` is `scheduled` under its other name. */
export const eventNames = [
  'referral-sent',
  'referral-received',
  'referral-refused-technical',
  'referral-accepted',
  'referral-rejected',
  'info-requested',
  'info-provided',
  'scheduled',
  'not-attended',
  'appointment-cancelled',
  'started',
  'interim-note',
  'referral-completed',
  'withdrawn',
  'cancel-requested',
  'cancel-confirmed',
  'cancel-declined',
  'expired',
  'voided',
  'forwarded',
] as const;
export type EventName = (typeof eventNames)[number];

/** `sender` is the referring hospital A, `receiver` is B. */
export type EventAuthor = 'sender' | 'receiver';

export interface ReferralEvent {
  readonly name: EventName | 'rescheduled';
  readonly author: EventAuthor;
  readonly role: Role;
  /** For `expired`: when it was said, and when the referral expires by Task.restriction.period.end. */
  readonly at?: Instant;
  readonly expiresAt?: Instant;
}

/** Why an event changes nothing: the code of the notice `not-applied` (Spec §8). */
export type NotApplied = 'wrong-author' | 'wrong-role' | 'final-state' | 'wrong-state' | 'not-expired';
export type Outcome =
  { readonly applied: true; readonly state: ReferralState } | { readonly applied: false; readonly code: NotApplied };

export const draft: ReferralState = { state: 'draft' };
/** Two hospitals' clocks may differ by this much (Spec §3). */
export const clockSkewMs = 30_000;

export function applyEvent(state: ReferralState, event: ReferralEvent): Outcome {
  const { authors, roles, next } = table[event.name];
  if (!authors.includes(event.author)) return refuse('wrong-author');
  if (!rolesAllowed(event, state, roles).includes(event.role)) return refuse('wrong-role');
  const after = next(state, event);
  if (after === undefined) return refuse(isFinal(state) ? 'final-state' : 'wrong-state');
  if (event.name === 'expired' && !isPastDeadline(event)) return refuse('not-expired');
  return { applied: true, state: after };
}

export function isFinal(state: ReferralState): state is Final {
  return finals.has(state.state);
}

/** The same of a state's name, as a row of the database keeps it. */
export function isFinalName(state: string): boolean {
  return finals.has(state);
}

/** Whether the receiver has accepted: it decides Task.status of an open question, and who may confirm a cancellation. */
export function isAccepted(state: ReferralState): boolean {
  if (state.state === 'info-requested' || state.state === 'cancel-requested') return isAccepted(state.before);
  return isWorking(state) ? state.state !== 'received' : state.state === 'completed';
}

/** The same of a row of the database, whose `prior` names the states behind it. */
export function isAcceptedRow({ state, prior }: { readonly state: string; readonly prior: string }): boolean {
  const held = findState(state, prior === '' ? [] : prior.split(' '));
  return held !== undefined && isAccepted(held);
}

/** The states behind this one, nearest first: what a row of the database keeps beside the name. */
export function priorOf(state: ReferralState): readonly StateName[] {
  if (state.state !== 'info-requested' && state.state !== 'cancel-requested') return [];
  return [state.before.state, ...priorOf(state.before)];
}

/** Builds a state from its name and `priorOf`; undefined for what no sequence of events reaches. */
export function findState(name: string, prior: readonly string[]): ReferralState | undefined {
  const [before, ...rest] = prior;
  if (before === undefined) return plain.find((one) => one.state === name);
  const inner = findState(before, rest);
  if (inner === undefined) return undefined;
  if (name === 'info-requested' && isWorking(inner)) return { state: name, before: inner };
  if (name !== 'cancel-requested' || !(isWorking(inner) || inner.state === 'info-requested')) return undefined;
  return { state: name, before: inner };
}

interface Row {
  readonly authors: readonly EventAuthor[];
  readonly roles: readonly Role[];
  /** The state after it; undefined where the table has no such transition. */
  readonly next: (state: ReferralState, event: ReferralEvent) => ReferralState | undefined;
}

const workingNames = [
  'received',
  'accepted',
  'scheduled',
  'not-attended',
  'appointment-cancelled',
  'in-progress',
] as const;
const finalNames = ['rejected', 'cancelled', 'completed', 'expired', 'void'] as const;
const finals: ReadonlySet<string> = new Set(finalNames);
const plain: readonly (Early | Working | Final)[] = [
  { state: 'draft' },
  { state: 'sent' },
  ...workingNames.map((state) => ({ state })),
  ...finalNames.map((state) => ({ state })),
];

/** A row for a transition from any of `from` to one state. */
function to(after: Early | Working | Final, ...from: readonly StateName[]): Row['next'] {
  return (state) => (from.includes(state.state) ? after : undefined);
}

const scheduled: Row = {
  authors: ['receiver'],
  roles: ['clerk'],
  next: to({ state: 'scheduled' }, 'accepted', 'scheduled', 'not-attended', 'appointment-cancelled'),
};

const table: Readonly<Record<EventName | 'rescheduled', Row>> = {
  'referral-sent': { authors: ['sender'], roles: ['referrer'], next: to({ state: 'sent' }, 'draft') },
  'referral-received': { authors: ['receiver'], roles: ['machine'], next: to({ state: 'received' }, 'sent') },
  'referral-refused-technical': { authors: ['receiver'], roles: ['machine'], next: to({ state: 'sent' }, 'sent') },
  'referral-accepted': {
    authors: ['receiver'],
    roles: ['triage'],
    next: to({ state: 'accepted' }, 'received', 'info-requested'),
  },
  'referral-rejected': {
    authors: ['receiver'],
    roles: ['triage'],
    next: to({ state: 'rejected' }, 'received', 'info-requested', 'accepted', 'not-attended', 'appointment-cancelled'),
  },
  'info-requested': { authors: ['receiver'], roles: ['clinician', 'triage'], next: ask },
  'info-provided': {
    authors: ['sender'],
    roles: ['referrer'],
    next: (state) => (state.state === 'info-requested' ? state.before : undefined),
  },
  scheduled,
  rescheduled: scheduled,
  'not-attended': { authors: ['receiver'], roles: ['clerk'], next: to({ state: 'not-attended' }, 'scheduled') },
  'appointment-cancelled': {
    authors: ['receiver'],
    roles: ['clerk'],
    next: to({ state: 'appointment-cancelled' }, 'scheduled'),
  },
  started: {
    authors: ['receiver'],
    roles: ['clerk', 'clinician'],
    next: to({ state: 'in-progress' }, 'accepted', 'scheduled', 'not-attended', 'appointment-cancelled'),
  },
  'interim-note': {
    authors: ['receiver'],
    roles: ['clinician'],
    next: to({ state: 'in-progress' }, 'in-progress'),
  },
  'referral-completed': {
    authors: ['receiver'],
    roles: ['clinician'],
    next: to({ state: 'completed' }, 'accepted', 'scheduled', 'in-progress', 'cancel-requested'),
  },
  withdrawn: {
    authors: ['sender'],
    roles: ['referrer'],
    // The receiver had it already: then it is the request to cancel (Spec bundle §6, race rules).
    next: (state) => (state.state === 'sent' ? { state: 'cancelled' } : requestCancel(state)),
  },
  'cancel-requested': { authors: ['sender'], roles: ['referrer'], next: requestCancel },
  'cancel-confirmed': {
    authors: ['receiver'],
    roles: ['clinician', 'machine'],
    next: to({ state: 'cancelled' }, 'cancel-requested'),
  },
  'cancel-declined': {
    authors: ['receiver'],
    roles: ['clinician'],
    next: (state) => (state.state === 'cancel-requested' ? state.before : undefined),
  },
  expired: {
    authors: ['sender'],
    roles: ['machine'],
    next: to({ state: 'expired' }, 'sent', 'received', 'info-requested'),
  },
  voided: { authors: ['sender', 'receiver'], roles: ['referrer', 'triage', 'clinician', 'clerk'], next: voidIt },
  forwarded: { authors: ['sender'], roles: ['referrer'], next: to({ state: 'rejected' }, 'rejected') },
};

/** The machine confirms a cancellation only where nobody had accepted (Spec bundle §6, event 16). */
function rolesAllowed(event: ReferralEvent, state: ReferralState, roles: readonly Role[]): readonly Role[] {
  if (event.name === 'cancel-confirmed' && isAccepted(state)) return roles.filter((role) => role !== 'machine');
  if (event.name !== 'voided') return roles;
  return event.author === 'sender' ? ['referrer'] : roles.filter((role) => role !== 'referrer');
}

function isWorking(state: ReferralState): state is Working {
  return (workingNames as readonly string[]).includes(state.state);
}

function ask(state: ReferralState): ReferralState | undefined {
  if (!isWorking(state) || state.state === 'not-attended' || state.state === 'appointment-cancelled') return undefined;
  return { state: 'info-requested', before: state };
}

function requestCancel(state: ReferralState): ReferralState | undefined {
  return isWorking(state) || state.state === 'info-requested'
    ? { state: 'cancel-requested', before: state }
    : undefined;
}

/** Wrong data go from every state; the receiver can only void what it has (Spec bundle §6, event 19). */
function voidIt(state: ReferralState, { author }: ReferralEvent): ReferralState | undefined {
  if (state.state === 'void' || (author === 'receiver' && (state.state === 'draft' || state.state === 'sent')))
    return undefined;
  return { state: 'void' };
}

function isPastDeadline({ at, expiresAt }: ReferralEvent): boolean {
  return at !== undefined && expiresAt !== undefined && at > expiresAt + clockSkewMs;
}

function refuse(code: NotApplied): Outcome {
  return { applied: false, code };
}
