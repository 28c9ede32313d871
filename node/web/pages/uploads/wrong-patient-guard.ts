import type { PatientDetails } from '../../../records/model.ts';

export interface GuardQuestion {
  readonly label: string;
  readonly hint: string;
}

/**
 * Whoever adds a file types once more whose it is, from the person or the paper in front of them, not from the screen: the
 * year of birth, or where that is not known the CSV id (screen 8).
 */
export function guardQuestion({ birthDate }: PatientDetails): GuardQuestion {
  return birthDate === undefined
    ? {
        label: 'CSV id of the patient',
        hint: 'The birth date is not known. Type the id from the file or the wristband.',
      }
    : { label: 'Year of birth of the patient', hint: 'Type it again, from the file or the wristband: four digits.' };
}

/** What is wrong with the answer, in words that do not tell the right one; `undefined` when nothing is. */
export function guardFault({ birthDate, csvId }: PatientDetails, typed: string): string | undefined {
  const given = typed.trim();
  if (birthDate === undefined) {
    if (given.toLowerCase() === csvId.trim().toLowerCase()) return undefined;
    return given === ''
      ? 'Type the CSV id of the patient'
      : 'This is not the CSV id of this patient: look whose file it is';
  }
  if (given === birthDate.slice(0, 4)) return undefined;
  return given === ''
    ? 'Type the year of birth of the patient'
    : 'This is not the year of birth of this patient: look whose file it is';
}
