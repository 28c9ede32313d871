import type { DisplaySectionName } from '../../../protocol/bundle/fhir/display-row.ts';

/** The sections of a referral as both hospitals read them (Spec bundle §3). */
export const sectionHeadings: Readonly<Record<DisplaySectionName, string>> = {
  patient: 'Personal details',
  bystander: 'Who came along',
  insurance: 'Insurance',
  reason: 'Reason and question',
  problems: 'Problems',
  allergies: 'Allergies',
  medicines: 'Medicines',
  immunizations: 'Immunisations',
  'family-history': 'Family history',
  procedures: 'Operations and procedures',
  encounters: 'Consultations',
  'vital-signs': 'Vital signs',
  results: 'Results',
  imaging: 'Imaging',
  attachments: 'Attachments',
  alerts: 'Alerts',
  consent: 'Consent',
  messages: 'Messages',
  appointments: 'Appointments',
  notes: 'Notes',
  people: 'People and places',
  origin: 'Where it comes from',
};

const columns: Readonly<Partial<Record<DisplaySectionName, readonly [string, string]>>> = {
  problems: ['Problem', 'Details'],
  allergies: ['Allergic to', 'Details'],
  medicines: ['Medicine', 'Dose and details'],
  immunizations: ['Vaccine', 'When and details'],
  'family-history': ['Relative', 'What is known'],
  procedures: ['Procedure', 'When and details'],
  encounters: ['Consultation', 'When and why'],
  'vital-signs': ['Measured', 'Value and time'],
  results: ['Test', 'Result and time'],
  imaging: ['Study', 'Details'],
  attachments: ['File', 'Details'],
  alerts: ['Alert', 'Details'],
};

export function sectionColumns(name: DisplaySectionName): readonly [string, string] {
  return columns[name] ?? ['What', 'As told'];
}

/** Why a section says nothing. That nothing was told is never shown as "none" (Spec bundle §3). */
export function silenceWords(emptyReason: string | undefined, senderWords?: string): string {
  const reason = words[emptyReason ?? ''] ?? 'Not told; it does not mean that there are none.';
  return senderWords === undefined || senderWords === nothingRecorded ? reason : `${reason} “${senderWords}”`;
}

/** What our own notes say in an empty section; it adds nothing to the reason. */
export const nothingRecorded = 'Nothing is recorded.';

const words: Readonly<Record<string, string>> = {
  nilknown: 'None known, as the sender says.',
  notasked: 'Not asked.',
  unavailable: 'The sender has nothing recorded; it does not mean that there are none.',
  notstarted: 'Not yet looked into.',
  withheld: 'Withheld by the sender.',
  closed: 'Closed.',
};
