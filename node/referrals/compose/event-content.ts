import type {
  Appointment,
  Communication,
  Composition,
  Encounter,
  Location,
  Organization,
  Patient,
  Practitioner,
  Reference,
  Resource,
  ServiceRequest,
  Task,
  TaskOutput,
} from '@medplum/fhirtypes';
import { attached } from './attachments.ts';
import type { AppointmentTime, EventContent, EventInput } from './event-input.ts';
import { ComposeError } from './errors.ts';
import { narrative } from './narrative.ts';
import { coding, concept, loinc, urnIdentifier } from './terms.ts';
import { present, referenceOf, textOf } from './values.ts';

/** What an event must carry beyond the Task, and what it says in the Task itself (Spec bundle §6). */
export interface Carried {
  readonly resources: readonly Resource[];
  /** The resources that its author answers for. */
  readonly authored: readonly Resource[];
  readonly statusReason?: string;
  readonly note?: string;
  readonly output?: TaskOutput;
  readonly executionPeriod?: { readonly start: string; readonly end: string };
}

/** What the resources of one event refer to. */
export interface EventFrame {
  readonly input: EventInput;
  readonly write: (instant: EventInput['now']) => string;
  readonly task: Reference<Task>;
  readonly from: Reference<Organization>;
  readonly to: Reference<Organization>;
  readonly patient: Reference<Patient>;
  readonly serviceRequest: Reference<ServiceRequest>;
  /** The person or the node that acts. */
  readonly actor: Reference<Organization | Practitioner>;
}

const none: Carried = { resources: [], authored: [] };

export function carried(content: EventContent, frame: EventFrame): Carried {
  switch (content.event) {
    case 'referral-accepted':
      return { ...none, ...present({ note: textOf(content.note) }) };
    case 'referral-rejected':
      return { ...none, statusReason: said(content.reason), ...present({ note: textOf(content.advice) }) };
    case 'info-requested':
      return authored(communication(content.question, frame));
    case 'info-provided':
      return answer(content, frame);
    case 'scheduled':
    case 'rescheduled':
      return { ...appointment('booked', content.appointment, frame), ...present({ note: textOf(content.note) }) };
    case 'not-attended':
      return appointment('noshow', content.appointment, frame);
    case 'appointment-cancelled':
      return cancelledAppointment(content, frame);
    case 'started':
      return authored(encounter(content, frame));
    case 'interim-note':
      return authored(note(['11506-3', 'Progress note'], content.title ?? 'Interim note', content.text, frame));
    case 'referral-completed':
      return report(content, frame);
    case 'withdrawn':
    case 'cancel-requested':
    case 'cancel-declined':
    case 'voided':
      return { ...none, statusReason: said(content.reason) };
    case 'cancel-confirmed':
    case 'expired':
      return none;
  }
}

function authored(...resources: readonly Resource[]): Carried {
  return { resources, authored: resources };
}

function said(text: string): string {
  const whole = textOf(text);
  if (whole === undefined) throw new ComposeError('reason-missing', 'this event needs its reason in words');
  return whole;
}

/** A question of B or the answer of A, one person's words to the other hospital. */
function communication(text: string, frame: EventFrame): Communication {
  return {
    resourceType: 'Communication',
    id: frame.input.uuid(),
    basedOn: [frame.serviceRequest],
    status: 'completed',
    category: [concept('communicationCategory', 'instruction', 'Instruction')],
    priority: frame.input.referral.priority,
    subject: frame.patient,
    about: [frame.task],
    sent: frame.write(frame.input.now),
    recipient: [frame.to],
    sender: frame.actor,
    payload: [{ contentString: said(text) }],
  };
}

type Answer = Extract<EventContent, { event: 'info-provided' }>;

function answer(content: Answer, frame: EventFrame): Carried {
  const files = filesOf(content.attachments, frame);
  return authored(communication(content.answer, frame), ...files);
}

function filesOf(attachments: Answer['attachments'], frame: EventFrame): readonly Resource[] {
  const { images, papers } = attached(attachments, new Map(), {
    uuid: frame.input.uuid,
    write: frame.write,
    hospital: frame.from,
    subject: frame.patient,
    author: frame.actor,
  });
  return [...images.entries, ...papers.entries];
}

/** An appointment at a place of B; FHIR wants both ends of one that was made. */
function appointment(status: 'booked' | 'noshow', time: AppointmentTime, frame: EventFrame): Carried {
  const location: Location = {
    resourceType: 'Location',
    id: frame.input.uuid(),
    name: said(time.place),
    managingOrganization: frame.from,
  };
  const made: Appointment = {
    resourceType: 'Appointment',
    id: frame.input.uuid(),
    status,
    start: frame.write(time.start),
    end: frame.write(time.end),
    basedOn: [frame.serviceRequest],
    participant: participants(status === 'booked' ? 'accepted' : 'declined', frame, location),
  };
  return { resources: [made, location], authored: [made] };
}

function participants(
  status: 'accepted' | 'declined',
  frame: EventFrame,
  location?: Location,
): Appointment['participant'] {
  return [
    { actor: frame.patient, status },
    ...(location === undefined ? [] : [{ actor: referenceOf(location), status: 'accepted' as const }]),
  ];
}

type CancelledAppointment = Extract<EventContent, { event: 'appointment-cancelled' }>;

function cancelledAppointment(content: CancelledAppointment, frame: EventFrame): Carried {
  const reason = said(content.reason);
  const time = content.appointment;
  const cancelled: Appointment = {
    resourceType: 'Appointment',
    id: frame.input.uuid(),
    status: 'cancelled',
    cancelationReason: { text: reason },
    ...(time === undefined ? {} : { start: frame.write(time.start), end: frame.write(time.end) }),
    basedOn: [frame.serviceRequest],
    participant: participants('declined', frame),
  };
  return { resources: [cancelled], authored: [cancelled], statusReason: reason };
}

const classNames = { AMB: 'ambulatory', EMER: 'emergency', IMP: 'inpatient encounter' } as const;

function encounter(content: Extract<EventContent, { event: 'started' }>, frame: EventFrame): Encounter {
  return {
    resourceType: 'Encounter',
    id: frame.input.uuid(),
    status: 'in-progress',
    class: coding('actCode', content.encounterClass, classNames[content.encounterClass]),
    subject: frame.patient,
    basedOn: [frame.serviceRequest],
    period: { start: frame.write(content.at) },
    serviceProvider: frame.from,
  };
}

function note(code: readonly [string, string], title: string, text: string, frame: EventFrame): Composition {
  return {
    resourceType: 'Composition',
    id: frame.input.uuid(),
    identifier: urnIdentifier(frame.input.uuid()),
    status: 'final',
    type: loinc(...code),
    subject: frame.patient,
    date: frame.write(frame.input.occurredAt ?? frame.input.now),
    author: [frame.actor],
    title: said(title),
    custodian: frame.from,
    section: [{ title: 'Assessment and plan', code: concept('loinc', '51847-2'), text: narrative([said(text)]) }],
  };
}

function report(content: Extract<EventContent, { event: 'referral-completed' }>, frame: EventFrame): Carried {
  const composition = note(['11488-4', 'Consult note'], content.title ?? 'Consultation report', content.report, frame);
  const { treated } = content;
  return {
    ...authored(composition, ...filesOf(content.attachments, frame)),
    output: {
      type: concept('taskOutput', 'consultation-report', 'Consultation report'),
      valueReference: referenceOf(composition),
    },
    ...present({
      executionPeriod:
        treated === undefined ? undefined : { start: frame.write(treated.from), end: frame.write(treated.to) },
    }),
  };
}
