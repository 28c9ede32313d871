import type { Session } from '../../node/cli/session.ts';
import type { OperationOutput } from '../../node/operations/table.ts';
import { streamOnce } from '../../node/platform/files.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { DemoError } from './demo-error.ts';
import { alder, birch, type Hospital } from './hospitals.ts';
import { makePatientsCsv } from './patients.ts';
import { xrayOf } from './xray.ts';

export const sender = { id: 'amina', name: 'Dr. Amina Yusuf' };
export const receiver = { id: 'bela', name: 'Dr. Bela Horvath' };

const seed = 1;
const arrivalMsMax = 60_000;
const pauseMs = 25;

type Patient = OperationOutput<'patient.list'>['patients'][number];
export type Detail = OperationOutput<'referral.show'>;

/** A patient of Alder with everything that a referral carries. */
export interface Case {
  readonly patient: Patient;
  readonly attachment: string;
  /** The bytes of the attachment. */
  readonly xray: Uint8Array;
}

/** Imports invented patients through the same CSV import that a hospital uses; they are written to no other file. */
export async function importPatients(session: Session, count: number): Promise<number> {
  const csv = utf8(makePatientsCsv(count, seed));
  const choices = { leaveOutErrors: false, takeNewestDuplicates: false };
  const { outcome } = await session.upload('import.confirm', choices, streamOnce(csv));
  return outcome.added;
}

/** Chooses a patient with a bystander, an insurance and a history, and adds what happened today. */
export async function prepareCase(session: Session): Promise<Case> {
  const { patients } = await session.plain('patient.list', { limit: 100 });
  const patient = patients.find(hasWholeStory);
  if (patient === undefined) throw new DemoError('No invented patient has a whole story.');
  const { consultation } = await session.plain('patient.consult', {
    patient: patient.id,
    class: 'EMER',
    reason: 'Fall on the stairs, pain in the left forearm',
    findings: 'Swelling and tenderness over the left distal radius, no neurovascular deficit',
    diagnoses: ['Fracture of the lower end of the radius, closed'],
    prescriptions: ['Paracetamol 1 g every 8 hours', 'Splint, arm raised'],
    practitioner: sender.name,
  });
  const xray = xrayOf(patient.details);
  const { attachment } = await session.upload(
    'patient.attach',
    {
      patient: patient.id,
      title: 'X-ray of the left forearm',
      contentType: 'application/dicom',
      consultation: consultation.id,
    },
    streamOnce(xray),
  );
  return { patient, attachment: attachment.id, xray };
}

export async function refer(session: Session, { patient, attachment }: Case): Promise<string> {
  const { id } = await session.plain('referral.send', {
    to: birch.name,
    patient: patient.id,
    priority: 'urgent',
    reason: 'Displaced fracture of the left distal radius',
    question: 'Please assess for operation and take over the treatment',
    specialty: 'Orthopaedic surgery',
    attachments: [attachment],
    author: sender,
  });
  return id;
}

/** Asks a hospital about a referral until what is hoped for is there; what cannot become true any more fails at once. */
export async function waitForReferral(
  session: Session,
  hospital: Hospital,
  id: string,
  hope: { readonly what: string; holds(detail: Detail): boolean },
): Promise<Detail> {
  for (const end = performance.now() + arrivalMsMax; ;) {
    const detail = await session.plain('referral.show', { referral: id });
    if (hope.holds(detail)) return detail;
    const lost = detail.deliveries.find(({ state }) => state === 'refused' || state === 'set-aside');
    if (lost !== undefined) throw new DemoError(`${hospital.short}: the referral was ${lost.state}: ${lost.trouble}`);
    if (performance.now() > end) throw new DemoError(`${hospital.short} waited a minute in vain for ${hope.what}.`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

export async function waitForReceipt(session: Session, id: string): Promise<Detail> {
  return await waitForReferral(session, alder, id, {
    what: 'the receipt',
    holds: ({ deliveries }) => deliveries.some(({ kind, proof }) => kind === 'referral' && proof !== null),
  });
}

function hasWholeStory({ details }: Patient): boolean {
  const { bystander_name, bystander_phone, policy_number, insurer, allergies, conditions, phone } = details;
  return [bystander_name, bystander_phone, policy_number, insurer, allergies, conditions, phone].every(
    (cell) => cell !== undefined,
  );
}
