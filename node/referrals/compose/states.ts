import type { CodeableConcept, Task } from '@medplum/fhirtypes';
import type { EventContent, ReferralState } from './event-input.ts';
import { coding } from './terms.ts';

/**
 * How the states and events of a referral are written: one row for each (clinical.md §4, §5, §6). Which transition is
 * allowed is decided by the state machine, not here.
 */
interface StateRow {
  readonly display: string;
  /** Undefined where the status depends on what was before. */
  readonly status?: Task['status'];
  readonly bser?: readonly [code: string, display: string];
}

const states: Readonly<Record<ReferralState, StateRow>> = {
  draft: { display: 'Draft', status: 'draft' },
  sent: { display: 'Sent', status: 'requested', bser: ['2.0', 'Service Request Created'] },
  received: { display: 'Received', status: 'received', bser: ['2.0', 'Service Request Created'] },
  'info-requested': { display: 'Information requested' },
  accepted: { display: 'Accepted', status: 'accepted', bser: ['3.0', 'Service Request Accepted'] },
  rejected: { display: 'Rejected', status: 'rejected', bser: ['4.0', 'Service Request Declined'] },
  scheduled: { display: 'Scheduled', status: 'in-progress', bser: ['5.1.1', 'Service Request Event Scheduled'] },
  'not-attended': {
    display: 'Not attended',
    status: 'in-progress',
    bser: ['5.1.2', 'Scheduled Service Request Event Unattended'],
  },
  'appointment-cancelled': {
    display: 'Appointment cancelled',
    status: 'in-progress',
    bser: ['5.1.3', 'Scheduled Service Request Event Cancelled'],
  },
  'in-progress': { display: 'In progress', status: 'in-progress' },
  'cancel-requested': { display: 'Cancellation requested', bser: ['5.2', 'Service Request Cancellation Requested'] },
  cancelled: { display: 'Cancelled', status: 'cancelled', bser: ['6.0', 'Service Request Fulfillment Cancelled'] },
  completed: {
    display: 'Completed',
    status: 'completed',
    bser: ['7.0', 'Service Request Fulfillment Completed'],
  },
  expired: { display: 'Expired', status: 'cancelled' },
  void: { display: 'Void', status: 'entered-in-error' },
};

/** BSeR calls a visit that took place so; while the first one lasts there is no code. */
const visited = ['5.1.4', 'Service Request Event Completed'] as const;

/** Task.businessStatus: our code and, where there is one, that of BSeR (clinical.md §5). */
export function businessStatus(state: ReferralState, event?: EventContent['event']): CodeableConcept {
  const { display, bser = event === 'interim-note' ? visited : undefined } = states[state];
  return { coding: [coding('state', state, display), ...(bser === undefined ? [] : [coding('bser', ...bser)])] };
}

/** What the Task was before an event, as far as its status depends on it. */
export interface Before {
  readonly state: ReferralState;
  readonly accepted: boolean;
}

/** Task.status: `on-hold` means that work had begun, and a request to cancel leaves the status as it was (clinical.md §5). */
export function taskStatus(state: ReferralState, before: Before): Task['status'] {
  const { status } = states[state];
  if (status !== undefined) return status;
  if (state === 'cancel-requested' && before.state !== 'cancel-requested') return taskStatus(before.state, before);
  return before.accepted ? 'on-hold' : 'received';
}

interface EventRow {
  readonly display: string;
  readonly v2Event: 'I13' | 'I14';
}

const events: Readonly<Record<EventContent['event'], EventRow>> = {
  'referral-accepted': { display: 'Referral accepted', v2Event: 'I13' },
  'referral-rejected': { display: 'Referral rejected', v2Event: 'I13' },
  'info-requested': { display: 'Information requested', v2Event: 'I13' },
  'info-provided': { display: 'Information provided', v2Event: 'I13' },
  scheduled: { display: 'Scheduled', v2Event: 'I13' },
  rescheduled: { display: 'Rescheduled', v2Event: 'I13' },
  'not-attended': { display: 'Not attended', v2Event: 'I13' },
  'appointment-cancelled': { display: 'Appointment cancelled', v2Event: 'I13' },
  started: { display: 'Started', v2Event: 'I13' },
  'interim-note': { display: 'Interim note', v2Event: 'I13' },
  'referral-completed': { display: 'Referral completed', v2Event: 'I13' },
  withdrawn: { display: 'Referral withdrawn', v2Event: 'I14' },
  'cancel-requested': { display: 'Cancellation requested', v2Event: 'I14' },
  'cancel-confirmed': { display: 'Cancellation confirmed', v2Event: 'I13' },
  'cancel-declined': { display: 'Cancellation declined', v2Event: 'I13' },
  expired: { display: 'Referral expired', v2Event: 'I13' },
  voided: { display: 'Referral voided', v2Event: 'I13' },
};

export function eventRow(event: EventContent['event']): EventRow {
  return events[event];
}

/** The state that an event leads to; the two that return say where to themselves (clinical.md §6). */
export function stateAfter(content: EventContent): ReferralState {
  switch (content.event) {
    case 'info-provided':
    case 'cancel-declined':
      return content.backTo;
    case 'referral-accepted':
      return 'accepted';
    case 'referral-rejected':
      return 'rejected';
    case 'info-requested':
      return 'info-requested';
    case 'scheduled':
    case 'rescheduled':
      return 'scheduled';
    case 'not-attended':
      return 'not-attended';
    case 'appointment-cancelled':
      return 'appointment-cancelled';
    case 'started':
    case 'interim-note':
      return 'in-progress';
    case 'referral-completed':
      return 'completed';
    case 'cancel-requested':
      return 'cancel-requested';
    case 'withdrawn':
    case 'cancel-confirmed':
      return 'cancelled';
    case 'expired':
      return 'expired';
    case 'voided':
      return 'void';
  }
}
