import { expect, test } from 'vitest';
import { withoutNames } from '../../../node/web/pages/patients/without-names.ts';
import { patient } from '../../node/records/hospital.ts';

const selam = patient({
  csvId: 'A-000041',
  mrn: 'MRN-7',
  familyName: 'Müller-Tesfaye',
  givenNames: 'Selam J',
  nameNative: 'ሰላም ተስፋዬ',
  phone: '+251 900 169',
});

test.each([
  ['Selam is unconscious', '(name) is unconscious'],
  ['SELAM MULLER bleeds', '(name) (name) bleeds'],
  ['Müller-Tesfaye, Selam: sepsis', '(name), (name): sepsis'],
  ['ሰላም ተስፋዬ bleeds', '(name) bleeds'],
  ['A-000041 or mrn-7, call +251 900 169', '(number) or (number), call (number)'],
  ['A-0000411 is another one, and so is Selamawit', 'A-0000411 is another one, and so is Selamawit'],
  ['J wave on the ECG', 'J wave on the ECG'],
  ['unconscious in the emergency room', 'unconscious in the emergency room'],
])('of “%s” administrators read “%s”', (reason, read) => {
  expect(withoutNames(reason, selam)).toBe(read);
});
