import type { Consultation, Sex } from '../../../records/model.ts';
import type { Column } from '../../../records/csv/columns.ts';

/** The columns of a record as people read them. */
export const columnWords: Readonly<Record<Column, string>> = {
  csv_id: 'Patient id (CSV id)',
  mrn: 'Medical record number',
  national_id: 'National id',
  family_name: 'Family name',
  given_names: 'Given names',
  name_native: 'Name in its own script',
  sex: 'Sex',
  birth_date: 'Birth date',
  phone: 'Telephone',
  email: 'E-mail',
  address_line: 'Address',
  city: 'City',
  postal_code: 'Postal code',
  country: 'Country',
  language: 'Language',
  bystander_name: 'Bystander’s name',
  bystander_relation: 'Relation to the patient',
  bystander_phone: 'Bystander’s telephone',
  insurer: 'Insurer',
  policy_number: 'Policy number',
  policy_valid_from: 'Valid from',
  policy_valid_to: 'Valid to',
  allergies: 'Allergies',
  conditions: 'Conditions',
  medications: 'Medications',
  immunizations: 'Immunizations',
  family_history: 'Family history',
  procedures: 'Procedures and operations',
  police_case: 'Police case',
  police_case_no: 'Police case number',
  notes: 'Notes',
  updated_at: 'Written by the hospital’s own system',
};

const sexWords: Readonly<Record<Sex, string>> = {
  male: 'male',
  female: 'female',
  other: 'other',
  unknown: 'sex unknown',
};

/** The sex in a word; that it was not told is another thing than that nobody knows. */
export function sexOf({ sex }: { readonly sex?: Sex }): string {
  return sex === undefined ? 'sex not told' : sexWords[sex];
}

export const classWords: Readonly<Record<Consultation['encounterClass'], string>> = {
  AMB: 'Outpatient',
  EMER: 'Emergency',
  IMP: 'Inpatient',
};

export const changeWords = { addition: 'Addition', correction: 'Correction' } as const;
