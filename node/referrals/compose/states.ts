import type { CodeableConcept, Task } from '@medplum/fhirtypes';
import { stateRows, type StateName } from '../../../protocol/bundle/fhir/terms.ts';
import type { EventContent } from './event-input.ts';
import { coding } from './terms.ts';

/**
 * How the states and events of a referral are written: one row for each (Spec bundle §4, §5, §6). The codes are those that
 * the profile reads; which transition is allowed is decided by the state machine, not here.
 */
const stateDisplays: Readonly<Record<StateName, readonly [ours: string, bser?: string]>> = {
  draft: ['Draft'],
  sent: ['Sent', 'Service Request Created'],
  received: ['Received', 'Service Request Created'],
  'info-requested': ['Information requested'],
  accepted: ['Accepted', 'Service Request Accepted'],
  rejected: ['Rejected', 'Service Request Declined'],
  scheduled: ['Scheduled', 'Service Request Event Scheduled'],
  'not-attended': ['Not attended', 'Scheduled Service Request Event Unattended'],
  'appointment-cancelled': ['Appointment cancelled', 'Scheduled Service Request Event Cancelled'],
  'in-progress': ['In progress'],
  'cancel-requested': ['Cancellation requested', 'Service Request Cancellation Requested'],
  cancelled: ['Cancelled', 'Service Request Fulfillment Cancelled'],
  completed: ['Completed', 'Service Request Fulfillment Completed'],
  expired: ['Expired'],
  void: ['Void'],
};

/** BSeR calls a visit that took place so; while the first one lasts there is no code. */
const visited = ['5.1.4', 'Service Request Event Completed'] as const;

/** Task.businessStatus: our code and, where there is one, that of BSeR (Spec bundle §5). */
export function businessStatus(state: StateName, event?: EventContent['event']): CodeableConcept {
  const [display, bserDisplay] = stateDisplays[state];
  const { bser } = stateRows[state];
  const [code, name] = event === 'interim-note' ? visited : [bser, bserDisplay];
  return { coding: [coding('state', state, display), ...(code === undefined ? [] : [coding('bser', code, name)])] };
}

/** What the Task was before an event, as far as its status depends on it. */
export interface Before {
  readonly state: StateName;
  readonly accepted: boolean;
}

/** Task.status: `on-hold` means that work had begun, and a request to cancel leaves the status as it was (Spec bundle §5). */
export function taskStatus(state: StateName, before: Before): Task['status'] {
  if (state === 'info-requested') return before.accepted ? 'on-hold' : 'received';
  if (state !== 'cancel-requested') return stateRows[state].statuses[0] as Task['status'];
  return taskStatus(before.state === 'cancel-requested' ? 'received' : before.state, before);
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

/** The state that an event leads to; the two that return say where to themselves (Spec bundle §6). */
export function stateAfter(content: EventContent): StateName {
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
