import type { ConsultationId, PatientDetails, PatientId } from '../../../node/records/model.ts';
import { instantOfMs } from '../../../protocol/instant.ts';
import type { TestDesk } from '../../support/desk.ts';
import { addPatientTo, untoldPatient } from '../../support/patients.ts';

/** Somebody of whom everything is told. */
export const wholePatient: PatientDetails = {
  csvId: 'A-000041',
  mrn: '00812',
  nationalId: 'LB-1979-4471',
  familyName: 'Haddad',
  givenNames: 'Rahma',
  nameNative: 'رحمة حداد',
  sex: 'female',
  birthDate: '1979-03-14',
  phone: '+961 3 555 123',
  email: 'rahma@example.org',
  addressLine: '12 Cedar Street',
  city: 'Tyre',
  postalCode: '1601',
  country: 'LB',
  language: 'ar',
  bystander: { name: 'Omar Haddad', relation: 'brother', phone: '+961 3 555 124' },
  insurance: { insurer: 'Health Mutual', policyNumber: 'HM-88417', validFrom: '2025-01', validTo: '2027-12-31' },
  allergies: ['Penicillin', 'Latex'],
  conditions: ['Asthma', 'Hypertension'],
  medications: ['Salbutamol inhaler', 'Amlodipine 5 mg 1-0-0'],
  immunizations: ['Tetanus 2021'],
  familyHistory: ['Father: type 2 diabetes'],
  procedures: ['Appendectomy 1998'],
  policeCase: true,
  policeCaseNumber: 'MLC-A-2026-0031',
  notes: 'Speaks to the team through her sister.\nHas no telephone of her own.',
};

/** Somebody of whom only a name is told. */
export function plainPatient(csvId: string, familyName: string): PatientDetails {
  return { ...untoldPatient, csvId, familyName };
}

export function addPatient(desk: TestDesk, details: PatientDetails): Promise<PatientId> {
  return addPatientTo(desk.node, details);
}

/** Consultations a day apart, the newest first in what they say. */
export async function addConsultations(
  desk: TestDesk,
  patient: PatientId,
  count: number,
): Promise<readonly ConsultationId[]> {
  const now = desk.node.clock.now();
  const made: ConsultationId[] = [];
  for (let i = 0; i < count; i += 1) {
    const added = await desk.node.consultations.add(patient, {
      at: instantOfMs(now - i * 86_400_000 - 60_000),
      encounterClass: i % 3 === 0 ? 'EMER' : 'AMB',
      reason: `Shortness of breath, visit ${i + 1}`,
      findings: 'Wheezing on both sides.\nSaturation 94 %.',
      diagnoses: [`Asthma attack ${i + 1}`],
      prescriptions: ['Prednisolone 40 mg, once daily for five days'],
      practitioner: 'Dr Dora Doctor',
    });
    made.push(added.id);
  }
  return made;
}
