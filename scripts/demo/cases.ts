import type { Session } from '../../node/cli/session.ts';
import { DemoError } from './demo-error.ts';
import { alder, birch } from './hospitals.ts';
import { receiver, sender, waitForReceipt, waitForReferral, type Detail } from './story.ts';
import type { OperationOutput } from '../../node/operations/table.ts';

type Patient = OperationOutput<'patient.list'>['patients'][number];

/** What else the demo opens with: one referral that Birch has accepted, and an emergency that is a police case. */
export async function playFurtherCases(
  atAlder: Session,
  atBirch: Session,
  but: string,
): Promise<{ readonly accepted: string; readonly police: string }> {
  const { patients } = await atAlder.plain('patient.list', { limit: 100 });
  const others = patients.filter(({ id }) => id !== but);
  const [accepted, police] = await Promise.all([
    playAccepted(
      atAlder,
      atBirch,
      findPatient(others, ({ details }) => details.police_case !== 'yes'),
    ),
    playPoliceCase(
      atAlder,
      findPatient(others, ({ details }) => details.police_case === 'yes'),
    ),
  ]);
  return { accepted: accepted.number, police: police.number };
}

async function playAccepted(atAlder: Session, atBirch: Session, { id: patient }: Patient): Promise<Detail> {
  const { id } = await atAlder.plain('referral.send', {
    to: birch.name,
    patient,
    priority: 'routine',
    reason: 'Palpitations for three weeks, resting electrocardiogram unremarkable',
    question: 'Please monitor the rhythm for 24 hours and advise',
    specialty: 'Cardiology',
    author: sender,
  });
  await waitForReceipt(atAlder, id);
  const note = 'Holter monitoring on Thursday at nine. Please bring the list of medicines.';
  await atBirch.plain('referral.accept', { referral: id, note, author: receiver });
  return await waitForReferral(atAlder, alder, id, {
    what: "Birch's acceptance",
    holds: ({ state }) => state === 'accepted',
  });
}

async function playPoliceCase(atAlder: Session, { id: patient }: Patient): Promise<Detail> {
  await atAlder.plain('patient.consult', {
    patient,
    class: 'EMER',
    reason: 'Stab wound of the left flank, brought in by bystanders',
    findings: 'Pale, pulse 118, blood pressure 96/58, free fluid on ultrasound',
    diagnoses: ['Open wound of the flank with suspected injury of the spleen'],
    prescriptions: ['Crystalloids 1 l', 'Tranexamic acid 1 g'],
    practitioner: sender.name,
  });
  const { id } = await atAlder.plain('referral.send', {
    to: birch.name,
    patient,
    priority: 'stat',
    reason: 'Stab wound of the left flank, haemodynamically unstable',
    question: 'Please take over for emergency laparotomy',
    specialty: 'General surgery',
    author: sender,
  });
  return await waitForReceipt(atAlder, id);
}

function findPatient(patients: readonly Patient[], fits: (patient: Patient) => boolean): Patient {
  const found = patients.find(fits);
  if (found === undefined) throw new DemoError('No invented patient fits this part of the demo.');
  return found;
}
