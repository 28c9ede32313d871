import type { FernpostNode } from '../../node/node.ts';
import type { PatientDetails, PatientId } from '../../node/records/model.ts';
import { instantOfMs } from '../../protocol/instant.ts';

const familyNames = [
  'Sharma',
  'Shankar',
  'Yılmaz',
  'Okafor',
  'Nguyen',
  'Haddad',
  'Kowalska',
  'Rossi',
  'Silva',
  'Meyer',
];
const givenNames = [
  'Asha',
  'Priya',
  'Deniz',
  'Chidi',
  'Linh',
  'Omar',
  'Zofia',
  'Marco',
  'Ana',
  'Jonas',
  'Mina',
  'Ravi',
];
/** Written beside each other: they share a commit. */
const together = 200;

/** Adds patients whom nobody ever met, with names as common as names are: every tenth family shares one. */
export async function inventPatients(node: FernpostNode, count: number): Promise<void> {
  for (let begun = 0; begun < count; begun += together) {
    const batch = Array.from({ length: Math.min(together, count - begun) }, (_, i) => begun + i);
    await Promise.all(batch.map((n) => node.patients.add(invented(n))));
  }
}

/** One more, beside all those. */
export async function inventPatient(node: FernpostNode): Promise<PatientId> {
  const added = await node.patients.add({ ...invented(0), csvId: 'B-charted' });
  return added.state === 'added' ? added.record.id : added.patient;
}

function invented(n: number): PatientDetails {
  const month = String(1 + (n % 12)).padStart(2, '0');
  const day = String(1 + (n % 28)).padStart(2, '0');
  return {
    csvId: `B-${String(n).padStart(6, '0')}`,
    familyName: familyNames[n % familyNames.length] ?? '',
    givenNames: givenNames[Math.floor(n / familyNames.length) % givenNames.length] ?? '',
    sex: n % 2 === 0 ? 'female' : 'male',
    birthDate: `${1930 + (n % 90)}-${month}-${day}`,
    phone: `+90 312 ${String(n).padStart(7, '0')}`,
    city: 'Ankara',
    country: 'TR',
    allergies: n % 5 === 0 ? ['Penicillin'] : [],
    conditions: n % 3 === 0 ? ['Hypertension'] : [],
    medications: [],
    immunizations: [],
    familyHistory: [],
    procedures: [],
    policeCase: false,
  };
}

const hourMs = 3_600_000;

export async function addConsultations(node: FernpostNode, patient: PatientId, count: number): Promise<void> {
  const now = node.clock.now();
  for (let n = 0; n < count; n += 1)
    await node.consultations.add(patient, {
      at: instantOfMs(now - (count - n) * hourMs),
      encounterClass: 'AMB',
      reason: `Follow-up ${n}: pain in the right wrist`,
      findings: 'Swelling has gone down, grip is weaker than on the other side, no numbness of the fingers',
      diagnoses: ['Fracture of the lower end of the radius, closed'],
      prescriptions: ['Paracetamol 1 g when needed'],
      practitioner: 'Dora Bench',
    });
}
