import type { Consultation, PatientDetails } from '../../records/model.ts';

/** What of a referral is looked at before it is sent. */
export interface ReferralContent {
  readonly details: PatientDetails;
  readonly consultations: readonly Consultation[];
  readonly attachments: readonly { readonly title: string; readonly contentType: string }[];
}

/**
 * What a receiver of this specialty usually needs and would not get, in words. It never keeps anybody from sending: what
 * is not there may not exist (screen 6).
 */
export function missingItems(specialty: string, content: ReferralContent): readonly string[] {
  const words = wordsOf(content);
  const asked = bySpecialty.filter(({ specialties }) => specialties.test(specialty)).flatMap(({ items }) => items);
  const missing = [...always, ...asked].filter(({ isThere }) => !isThere(content, words));
  return [...new Set(missing.map((one) => one.missing))];
}

/** Names for the field, so that what is missing can be told; any other word may be typed. */
export const specialties: readonly string[] = [
  'Cardiology',
  'Emergency medicine',
  'General surgery',
  'Gynaecology and obstetrics',
  'Internal medicine',
  'Intensive care',
  'Neurology',
  'Neurosurgery',
  'Oncology',
  'Ophthalmology',
  'Orthopaedics and trauma',
  'Paediatrics',
  'Psychiatry',
  'Radiology',
  'Urology',
];

interface Item {
  readonly missing: string;
  readonly isThere: (content: ReferralContent, words: string) => boolean;
}

const always: readonly Item[] = [
  item('Allergies: none are recorded, and nothing says that there are none', ({ details }) => details.allergies),
  item('Medication list', ({ details, consultations }) => [
    ...details.medications,
    ...consultations.flatMap((one) => one.prescriptions),
  ]),
  item('Known conditions or diagnoses', ({ details, consultations }) => [
    ...details.conditions,
    ...consultations.flatMap((one) => one.diagnoses),
  ]),
  item('A consultation that tells what was found', ({ consultations }) => consultations),
  item('A telephone number of the patient or of who came along', ({ details }) =>
    [details.phone ?? '', details.bystander?.phone ?? ''].filter((phone) => phone !== ''),
  ),
];

const ecg = told('Electrocardiogram (ECG)', /\b(?:ecg|ekg|electrocardiogra)/);
const bloodPressure = told('Blood pressure', /\b(?:bp|rr|blood pressure)\b|\b\d{2,3}\/\d{2,3}\b/);
const bloodCount = told(
  'Blood count or other laboratory results',
  /\b(?:h[ba]e?moglobin|hb|cbc|blood count|wbc|crp|lab)/,
);
const imaging: Item = {
  missing: 'Images, or a report of imaging',
  isThere: ({ attachments }, words) =>
    attachments.some(({ contentType }) => contentType.startsWith('image/') || contentType === 'application/dicom') ||
    /\b(?:x-?ray|radiograph|ct|mri|ultrasound|sonograph)/.test(words),
};
const anticoagulation = told(
  'Whether blood thinners are taken',
  /anticoag|warfarin|heparin|aspirin|clopidogrel|apixaban|rivaroxaban|dabigatran|blood thinner/,
);

const bySpecialty: readonly { readonly specialties: RegExp; readonly items: readonly Item[] }[] = [
  { specialties: /cardio|heart/i, items: [ecg, bloodPressure, told('Troponin or other heart markers', /tropon|bnp/)] },
  { specialties: /emergency|intensive|internal/i, items: [bloodPressure, bloodCount] },
  { specialties: /surg/i, items: [imaging, anticoagulation, bloodCount] },
  { specialties: /orthop|trauma/i, items: [imaging, anticoagulation] },
  {
    specialties: /neuro|stroke/i,
    items: [
      imaging,
      bloodPressure,
      anticoagulation,
      told('When it began, or when last seen well', /\bsince\b|onset|last seen|began|hours? ago/),
    ],
  },
  {
    specialties: /gyn|obst|matern/i,
    items: [
      told('Pregnancy: weeks, or that there is none', /pregn|gestation|gravida|\bweeks?\b/),
      told('Blood group', /blood group|rh(?:esus)?\b/),
    ],
  },
  {
    specialties: /p(?:a)?ediat|child|neonat/i,
    items: [
      told('Weight', /weight|\bkg\b/),
      { missing: 'Vaccinations', isThere: ({ details }) => details.immunizations.length > 0 },
      { missing: 'Who came along with the child', isThere: ({ details }) => details.bystander !== undefined },
    ],
  },
  {
    specialties: /onco|tumou?r/i,
    items: [told('Histology, or that there is none yet', /histolog|biops|patholog/), imaging],
  },
  { specialties: /radiolog/i, items: [imaging, told('Kidney function, for contrast', /creatinin|egfr|kidney/)] },
  { specialties: /urolog/i, items: [told('Kidney function', /creatinin|egfr|kidney/), told('Urine findings', /urin/)] },
  { specialties: /ophthal|eye/i, items: [told('Visual acuity', /visual acuity|vision|\b\d+\/\d+\b/)] },
  {
    specialties: /psychiat/i,
    items: [told('Whether there is a danger to self or others', /suicid|danger|self-harm|risk/)],
  },
];

function item(missing: string, found: (content: ReferralContent) => readonly unknown[]): Item {
  return { missing, isThere: (content) => found(content).length > 0 };
}

/** Something that stands in words in a consultation, a note or a file's title. */
function told(missing: string, form: RegExp): Item {
  return { missing, isThere: (_, words) => form.test(words) };
}

function wordsOf({ details, consultations, attachments }: ReferralContent): string {
  const { conditions, medications, procedures, notes } = details;
  return [
    ...conditions,
    ...medications,
    ...procedures,
    notes ?? '',
    ...consultations.flatMap((one) => [one.reason, one.findings ?? '', ...one.diagnoses, ...one.prescriptions]),
    ...attachments.map(({ title }) => title),
  ]
    .join('\n')
    .toLowerCase();
}
