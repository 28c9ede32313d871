import fc from 'fast-check';
import type { Bundle, Resource } from '@medplum/fhirtypes';
import { checkBundle } from '../../../protocol/bundle/fhir/check.ts';
import { parseUtf8 } from '../../../protocol/bytes.ts';
import { parseAttachmentId, parseNodeName, parseNodeUrl, parseReferralId } from '../../../protocol/ids.ts';
import { parseInstant, type Instant } from '../../../protocol/instant.ts';
import type { Consultation, ConsultationId, PatientDetails, PatientId } from '../../../node/records/model.ts';
import { oracleErrors } from '../../support/fhir-oracles.ts';
import type { Party, ReferralAttachment, ReferralInput } from '../../../node/referrals/compose/input.ts';

/** A world in which referrals are composed: two hospitals, one evening, and ids that count upwards. */

export const alder: Party = {
  name: parseNodeName('alder.example'),
  title: 'St. Alder Hospital',
  url: parseNodeUrl('https://alder.example'),
};
export const birch: Party = {
  name: parseNodeName('birch.example'),
  title: 'Birch General',
  url: parseNodeUrl('https://birch.example'),
};

export const now: Instant = parseInstant('2026-11-20T19:14:00Z');
export const earlier: Instant = parseInstant('2026-11-20T17:40:00Z');
export const nextMonth: Instant = parseInstant('2026-12-20T19:10:00Z');
export const nextYear: Instant = parseInstant('2027-11-20T19:00:00Z');
export const referralId = parseReferralId('58e25344-5f66-5499-8d47-9847e35bccbb');

export function countingUuid(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return uuidOf(count);
  };
}

export function uuidOf(count: number): string {
  return `00000000-0000-4000-8000-${count.toString(16).padStart(12, '0')}`;
}

export const nobody: PatientDetails = {
  csvId: 'A-000217',
  familyName: 'Tesfaye',
  allergies: [],
  conditions: [],
  medications: [],
  immunizations: [],
  familyHistory: [],
  procedures: [],
  policeCase: false,
};

/** The patient of the sample referral, as a record of ours holds her. */
export const selam: PatientDetails = {
  csvId: 'A-000217',
  mrn: 'MRN-A-004217',
  nationalId: 'ET-8705-114-2290',
  familyName: 'Tesfaye',
  givenNames: 'Selam',
  nameNative: 'ሰላም ተስፋዬ',
  sex: 'female',
  birthDate: '1987-05-14',
  phone: '+251 900 000 117',
  email: 'selam@mail.example',
  addressLine: 'House 12, Lane 4',
  city: 'Addis Ababa',
  postalCode: '01000',
  country: 'ET',
  language: 'am',
  bystander: { name: 'Jonas Keller', relation: 'Bystander who brought the patient in', phone: '+251 900 000 555' },
  insurance: {
    insurer: 'Example Mutual',
    policyNumber: 'EM-77120-4',
    validFrom: '2026-01-01',
    validTo: '2026-12-31',
  },
  allergies: ['Penicillin: rash since 2011'],
  conditions: ['High blood pressure since 2019'],
  medications: ['Amlodipine 5 mg 1-0-0'],
  immunizations: ['Tetanus 2021', 'BCG'],
  familyHistory: ['Father: type 2 diabetes', 'many strokes'],
  procedures: ['Knee replacement 2022'],
  policeCase: true,
  policeCaseNumber: 'MLC-A-2026-0031',
  notes: 'Speaks to the team through her sister.',
};

export const evening: Consultation = {
  id: uuidOf(0xc001) as ConsultationId,
  patient: uuidOf(0xa001) as PatientId,
  at: earlier,
  encounterClass: 'EMER',
  reason: 'Painful deformed left wrist after an assault',
  findings: 'Swollen.\nPulse present, fingers warm.',
  diagnoses: ['Fracture of left distal radius'],
  prescriptions: ['Paracetamol 1 g, every six hours'],
  practitioner: 'Dr Amina Rahman',
  version: 1,
  writtenAt: earlier,
};

export const xray: ReferralAttachment = {
  id: parseAttachmentId('cc810815-ce58-5523-8e31-dbe7cb35b4e8'),
  title: 'XR forearm left AP.dcm',
  contentType: 'application/dicom',
  size: 188_524,
  sha256: new Uint8Array(32).fill(1),
  key: new Uint8Array(32).fill(2),
  createdAt: earlier,
  consultation: evening.id,
  dicom: {
    study: '2.25.12312695941704726699596966403930142176',
    series: '2.25.13095567210093625544250358981887832827',
    instance: '2.25.17477860034401954324194983019678311032',
    sopClass: '1.2.840.10008.5.1.4.1.1.1',
    modality: 'CR',
  },
};

export function referralInput(given: Partial<ReferralInput> = {}): ReferralInput {
  return {
    sender: alder,
    receiver: birch,
    referral: referralId,
    number: 'REF-A-2026-000117',
    patient: selam,
    consultations: [evening],
    attachments: [xray],
    reason: 'Displaced fracture of the left distal radius after an assault',
    question: 'Orthopaedic trauma surgery: assess and treat',
    note: 'Splinted. Nil by mouth from midnight.',
    specialty: 'Orthopaedic trauma',
    priority: 'urgent',
    expiresAt: nextMonth,
    ground: { kind: 'consent', from: earlier, to: nextYear },
    author: { id: 'u-0031', name: 'Dr Amina Rahman' },
    police: { station: { name: 'Police station, Bole', email: 'desk@police.example' }, mailSentAt: earlier },
    now,
    zone: 'Africa/Addis_Ababa',
    version: '0.1.0',
    uuid: countingUuid(),
    ...given,
  };
}

export function parsed(bytes: Uint8Array): Bundle {
  return JSON.parse(parseUtf8(bytes)) as Bundle;
}

/** What the four validators and our own check say against a message, as sender and manifest would describe it. */
export function faultsOf(
  bytes: Uint8Array,
  told: {
    readonly from: Party;
    readonly to: Party;
    readonly kind: 'referral' | 'event';
    readonly attachments: readonly ReferralAttachment[];
  },
): string[] {
  const checked = checkBundle(bytes, {
    layer: 'profile',
    sender: told.from.name,
    receiver: told.to.name,
    kind: told.kind,
    referral: referralId,
    attachments: told.attachments.map(({ id, size }) => ({ id, size })),
  });
  const issues = checked.ok ? checked.warnings : checked.issues;
  return [
    ...issues.map((issue) => `${issue.expression}: ${issue.diagnostics}`),
    ...(checked.ok ? checked.notShown : []),
    ...oracleErrors(parsed(bytes)),
  ];
}

/** The resources of one type in a bundle, in order. */
export function resourcesOf<Type extends Resource['resourceType']>(
  bundle: Bundle,
  type: Type,
): Extract<Resource, { resourceType: Type }>[] {
  return (bundle.entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === type ? [resource as Extract<Resource, { resourceType: Type }>] : [],
  );
}

const troublesome = fc.constantFrom(
  'O\u2019Connor',
  '"quoted" \\ back',
  '<img src=x onerror=alert(1)>',
  '</div><script>alert(1)</script>',
  'عمر حداد',
  'כהן \u202Etxt.exe',
  'line one\r\nline two\n\n',
  '\ttab =1+1',
  '\u200Bzero width',
  '🦷 𠮷',
  'e\u0301',
  '&amp; &nbsp; ]]>',
  '   ',
  '\uFFFE\uFFFF\u007F',
  '../../etc/passwd',
  'Father: diabetes',
  'Tetanus 2021',
  'Knee replacement (2022-03)',
  'since 2019',
  'none known',
  'a: , b',
);
const legal = fc
  .string({ unit: 'grapheme', maxLength: 30 })
  .map((text) => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').normalize('NFC'));
export const freeText = fc.oneof(troublesome, legal, fc.constant('Omar Haddad'));
const said = freeText.filter((text) => text.trim() !== '');

const day = fc.date({ min: new Date('1900-01-01'), max: new Date('2026-11-20'), noInvalidDate: true });
export const fhirDate = fc
  .tuple(day, fc.constantFrom(4, 7, 10))
  .map(([date, length]) => date.toISOString().slice(0, length));
const items = fc.array(freeText, { maxLength: 3 });

/** Any patient that a record can hold: partial dates, missing members, markup and every script. */
export const patientDetails: fc.Arbitrary<PatientDetails> = fc
  .record(
    {
      csvId: said,
      mrn: freeText,
      nationalId: freeText,
      familyName: freeText,
      givenNames: freeText,
      nameNative: freeText,
      sex: fc.constantFrom('male', 'female', 'other', 'unknown'),
      birthDate: fhirDate,
      phone: freeText,
      email: freeText,
      addressLine: freeText,
      city: freeText,
      postalCode: freeText,
      country: freeText,
      language: fc.oneof(freeText, fc.constantFrom('am', 'pt-BR', 'zh-Hant')),
      bystander: fc.record({ name: freeText, relation: freeText, phone: freeText }, { requiredKeys: [] }),
      insurance: fc.record(
        {
          insurer: fc.oneof(freeText, fc.constant('self-pay')),
          policyNumber: freeText,
          validFrom: fhirDate,
          validTo: fhirDate,
        },
        { requiredKeys: [] },
      ),
      allergies: items,
      conditions: items,
      medications: items,
      immunizations: items,
      familyHistory: items,
      procedures: items,
      policeCase: fc.boolean(),
      policeCaseNumber: freeText,
      notes: freeText,
      updatedAt: fc.constant('2026-05-04T05:36:00Z'),
    },
    {
      requiredKeys: [
        'csvId',
        'allergies',
        'conditions',
        'medications',
        'immunizations',
        'familyHistory',
        'procedures',
        'policeCase',
      ],
    },
  )
  .map((details) => {
    const names = [details.familyName, details.givenNames, details.nameNative];
    return names.some((name) => name !== undefined && name.trim() !== '') ? details : { ...details, nameNative: '王' };
  });

const instant = fc.integer({ min: parseInstant('2000-01-01T00:00:00Z'), max: now }).map((ms) => ms as Instant);

export const consultation: fc.Arbitrary<Consultation> = fc.record(
  {
    id: fc.integer({ min: 1, max: 9999 }).map((n) => uuidOf(0xc0000 + n) as ConsultationId),
    patient: fc.constant(uuidOf(0xa001) as PatientId),
    at: instant,
    encounterClass: fc.constantFrom('AMB', 'EMER', 'IMP'),
    reason: freeText,
    findings: freeText,
    diagnoses: items,
    prescriptions: items,
    practitioner: freeText,
    version: fc.constant(1),
    writtenAt: instant,
  },
  {
    requiredKeys: [
      'id',
      'patient',
      'at',
      'encounterClass',
      'reason',
      'diagnoses',
      'prescriptions',
      'practitioner',
      'version',
      'writtenAt',
    ],
  },
);

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
const uid = fc.oneof(
  fc.constantFrom('2.25.1', '2.25.2', '2.25.3'),
  fc.constantFrom('not a uid', '', '1.2.'.repeat(20), '1.02.3'),
);

export const attachment: fc.Arbitrary<ReferralAttachment> = fc.record(
  {
    id: fc.integer({ min: 1, max: 1e9 }).map((n) => parseAttachmentId(uuidOf(0xd00000000 + n))),
    title: freeText,
    contentType: fc.constantFrom('application/dicom', 'image/jpeg', 'application/pdf', 'text/plain; charset=utf-8'),
    size: fc.oneof(fc.constantFrom(0, 2 ** 31 - 1, 2 ** 31, 80 * 1024 ** 3), fc.nat()),
    sha256: digest,
    key: digest,
    createdAt: instant,
    dicom: fc.record({ study: uid, series: uid, instance: uid, sopClass: uid, modality: fc.constantFrom('CR', '?') }),
  },
  { requiredKeys: ['id', 'title', 'contentType', 'size', 'sha256', 'key', 'createdAt'] },
);

/** Any referral: the patient, zero to three consultations, files, both grounds, every zone's clock. */
export const anyReferral: fc.Arbitrary<ReferralInput> = fc
  .record({
    patient: patientDetails,
    consultations: fc.uniqueArray(consultation, { maxLength: 3, selector: (one) => one.id }),
    attachments: fc.uniqueArray(attachment, { maxLength: 3, selector: (one) => one.id }),
    reason: said,
    question: said,
    note: freeText,
    specialty: freeText,
    priority: fc.constantFrom('routine', 'urgent', 'stat'),
    ground: fc.oneof(
      fc.constantFrom(
        { kind: 'consent', from: earlier, to: nextYear } as const,
        {
          kind: 'consent',
          from: now,
          to: now,
          givenBy: 'representative',
        } as const,
      ),
      said.map((reason) => ({ kind: 'break-glass', reason }) as const),
    ),
    author: fc.record({ id: fc.constant('u-0031'), name: said }),
    police: fc.record({ station: fc.record({ name: freeText, email: freeText }), mailSentAt: fc.constant(earlier) }),
    zone: fc.constantFrom('UTC', 'Africa/Addis_Ababa', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Kiritimati'),
  })
  .map((parts) => referralInput(parts));
