/** What invented patients have had: illnesses with the medicines that go with them, and the age from which they occur. */
export interface Illness {
  readonly name: string;
  readonly ageMin: number;
  readonly medicines: readonly string[];
}

export const illnesses: readonly Illness[] = [
  { name: 'High blood pressure', ageMin: 35, medicines: ['Amlodipine 5 mg 1-0-0', 'Lisinopril 10 mg 1-0-0'] },
  { name: 'Type 2 diabetes', ageMin: 35, medicines: ['Metformin 500 mg 1-0-1'] },
  { name: 'Asthma', ageMin: 4, medicines: ['Salbutamol inhaler as needed'] },
  { name: 'Epilepsy', ageMin: 2, medicines: ['Levetiracetam 500 mg 1-0-1'] },
  { name: 'Chronic kidney disease, stage 3', ageMin: 50, medicines: [] },
  { name: 'Coronary disease', ageMin: 50, medicines: ['Atorvastatin 20 mg 0-0-1'] },
  { name: 'Depression', ageMin: 16, medicines: ['Sertraline 50 mg 1-0-0'] },
  { name: 'Osteoarthritis of the knee', ageMin: 50, medicines: ['Paracetamol 500 mg as needed'] },
  { name: 'Underactive thyroid', ageMin: 20, medicines: ['Levothyroxine 75 µg 1-0-0'] },
  { name: 'Iron deficiency', ageMin: 12, medicines: ['Ferrous sulfate 200 mg 1-0-0'] },
  { name: 'Migraine', ageMin: 14, medicines: ['Sumatriptan 50 mg as needed'] },
  { name: 'Chronic hepatitis B', ageMin: 18, medicines: ['Tenofovir 300 mg 1-0-0'] },
];

export const allergies: readonly string[] = [
  'Penicillin: rash',
  'Peanut: anaphylaxis',
  'Latex',
  'Aspirin: wheeze',
  'Iodine contrast: hives',
  'Shellfish: swelling',
  'Bee sting: swelling',
];

/** A year of 0 means that none is told. */
export const vaccines: readonly { readonly name: string; readonly year: number }[] = [
  { name: 'Tetanus', year: 2021 },
  { name: 'Influenza', year: 2025 },
  { name: 'Yellow fever', year: 2018 },
  { name: 'Hepatitis B complete', year: 0 },
  { name: 'Measles, mumps, rubella', year: 0 },
];

export const familyIllnesses: readonly string[] = [
  'Father: type 2 diabetes',
  'Mother: stroke at 61',
  'Brother: asthma',
  'Sister: breast cancer',
  'Grandfather: coronary disease',
];

export const procedures: readonly { readonly name: string; readonly ageMin: number; readonly women?: true }[] = [
  { name: 'Appendectomy', ageMin: 6 },
  { name: 'Tonsillectomy', ageMin: 3 },
  { name: 'Knee replacement', ageMin: 50 },
  { name: 'Cataract surgery', ageMin: 55 },
  { name: 'Hernia repair', ageMin: 18 },
  { name: 'Caesarean section', ageMin: 20, women: true },
];

export const remarks: readonly string[] = [
  'Needs an interpreter.',
  'Uses a wheelchair.',
  'Hard of hearing on the left.',
  'Prefers to be called in the afternoon.',
  'Says "it comes and goes"; points to the right side.',
  'Lives alone, daughter has the key.',
];

/** Who may come with a patient, and what they are called; the patient's own people come from the same place. */
export const relations: readonly string[] = ['spouse', 'parent', 'child', 'friend', 'neighbour', 'bystander'];
export const strangers: readonly { readonly name: string; readonly relation: string }[] = [
  { name: 'Police Constable 4471', relation: 'police' },
  { name: 'Taxi driver (name not given)', relation: 'bystander' },
  { name: 'Jonas Keller', relation: 'bystander' },
];
