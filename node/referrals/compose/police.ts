import type { Communication, Encounter, Flag, Organization, Reference, Resource } from '@medplum/fhirtypes';
import type { PatientDetails } from '../../records/model.ts';
import type { Frame, Part } from './frame.ts';
import type { PoliceNotice, Priority } from './input.ts';
import { concept, hospitalSystem } from './terms.ts';
import { present, referenceOf, textOf } from './values.ts';

interface Around {
  readonly encounter: Reference<Encounter> | undefined;
  /** When the case came up, as FHIR writes it. */
  readonly since: string;
  readonly priority: Priority;
  readonly frame: Frame;
}

/**
 * The medico-legal case: a Flag whenever there is one; a Communication when the police were told by e-mail, so that
 * nobody tells them twice. It names the case and no clinical detail (Spec bundle §3).
 */
export function policePart(details: PatientDetails, notice: PoliceNotice | undefined, around: Around): Part {
  const { frame, encounter } = around;
  if (!details.policeCase) return { lines: [], entries: [] };
  const caseNumber = textOf(details.policeCaseNumber);
  const flag: Flag = {
    resourceType: 'Flag',
    id: frame.uuid(),
    ...present({
      identifier:
        caseNumber === undefined
          ? undefined
          : [{ system: hospitalSystem(frame.node, 'police-cases'), value: caseNumber }],
    }),
    status: 'active',
    category: [concept('flagCategory', 'admin', 'Administrative')],
    code: { ...concept('flag', 'medico-legal-case', 'Medico-legal case'), text: caseName(caseNumber) },
    subject: frame.patient,
    period: { start: around.since },
    ...present({ encounter }),
    author: frame.author,
  };
  const station = notice === undefined ? undefined : policeOrganization(notice, frame);
  const told: Resource[] =
    notice?.mailSentAt === undefined || station === undefined
      ? []
      : [mail(notice.mailSentAt, { ...around, flag, station, caseNumber })];
  return {
    lines: [
      caseName(caseNumber),
      ...(notice?.mailSentAt === undefined ? [] : [`Police told by e-mail at ${frame.write(notice.mailSentAt)}`]),
    ],
    entries: [flag, ...told],
    others: station === undefined ? [] : [station],
  };
}

function policeOrganization(notice: PoliceNotice, frame: Frame): Organization {
  const email = textOf(notice.station.email);
  return {
    resourceType: 'Organization',
    id: frame.uuid(),
    active: true,
    type: [concept('organizationType', 'govt', 'Government')],
    name: textOf(notice.station.name) ?? 'Police',
    ...present({ telecom: email === undefined ? undefined : [{ system: 'email', value: email } as const] }),
  };
}

interface Told extends Around {
  readonly flag: Flag;
  readonly station: Organization;
  readonly caseNumber: string | undefined;
}

function mail(sentAt: NonNullable<PoliceNotice['mailSentAt']>, told: Told): Communication {
  return {
    resourceType: 'Communication',
    id: told.frame.uuid(),
    status: 'completed',
    category: [concept('communicationCategory', 'notification', 'Notification')],
    priority: told.priority,
    medium: [concept('participationMode', 'EMAILWRIT', 'email')],
    subject: told.frame.patient,
    about: [referenceOf(told.flag)],
    ...present({ encounter: told.encounter }),
    sent: told.frame.write(sentAt),
    recipient: [referenceOf(told.station)],
    sender: told.frame.hospital,
    reasonCode: [concept('flag', 'medico-legal-case', 'Medico-legal case')],
    payload: [{ contentString: `${caseName(told.caseNumber)} registered. No clinical detail is sent by e-mail.` }],
  };
}

function caseName(number: string | undefined): string {
  return number === undefined ? 'Medico-legal case' : `Medico-legal case ${number}`;
}
