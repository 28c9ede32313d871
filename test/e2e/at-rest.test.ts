import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { streamOnce } from '../../node/platform/files.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { findLeaks } from '../support/canaries.ts';
import { fastDirectory } from '../support/hospital.ts';
import { eventually, makeHospitalProcess, pairProcesses, type HospitalProcess } from './hospital-process.ts';

const details = {
  csv_id: 'CSV-CANARY-77001',
  mrn: 'MRN-CANARY-77002',
  national_id: '77003770030',
  family_name: 'Canaryfamily',
  given_names: 'Canarygiven Second',
  name_native: 'Kanaryaoğlu Şükrü',
  sex: 'female',
  birth_date: '1931-07-23',
  phone: '+90 312 770 04 05',
  email: 'canary.mail@patients.example',
  address_line: 'Canarystreet 77006',
  city: 'Canarytown',
  postal_code: '77007-06',
  country: 'TR',
  language: 'tr',
  bystander_name: 'Canarybystander',
  bystander_relation: 'canary sister',
  bystander_phone: '+90 312 770 08 09',
  insurer: 'Canary Insurance',
  policy_number: 'POLICY-77010',
  allergies: 'canary allergen',
  conditions: 'canary condition',
  medications: 'canary medication 5 mg',
  immunizations: 'canary vaccine 2020',
  family_history: 'canary father',
  procedures: 'canary procedure',
  police_case: 'yes',
  police_case_no: 'POLICE-77011',
  notes: 'canary note of the record',
} as const;
const written = {
  reason: 'canary reason of the consultation',
  findings: 'canary findings',
  diagnosis: 'canary diagnosis',
  prescription: 'canary prescription',
  practitioner: 'Dr. Canarydoctor',
  title: 'canary title of an image',
  file: 'canary text in the attached file',
  referralReason: 'canary reason of the referral',
  question: 'canary question of the referral',
  note: 'canary note of the referral',
  rejection: 'canary reason of the rejection',
  advice: 'canary advice of the rejection',
} as const;
/** Too common, or too short, to prove anything. */
const notLookedFor: readonly string[] = [details.sex, details.country, details.language, details.police_case];
const deliveryMsMax = 60_000;

test('names, numbers, addresses and notes lie readable in no file of either hospital and in no program log', async () => {
  const directory = fastDirectory();
  try {
    await using alder = await makeHospitalProcess(directory, 'alder');
    await using birch = await makeHospitalProcess(directory, 'birch');
    await Promise.all([alder.start(), birch.start()]);
    await pairProcesses(alder, birch);
    await liveThrough(alder, birch);

    const texts = [...Object.values(details), ...Object.values(written)].filter((text) => !notLookedFor.includes(text));
    expect(findLeaks([directory], texts), 'while both run').toEqual([]);
    await alder.stop();
    await birch.kill();
    writeFileSync(join(directory, 'terminal'), alder.output() + birch.output());
    expect(findLeaks([directory], texts), 'after one stopped and the other was killed').toEqual([]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 180_000);

/** Everything that a hospital does with a patient: import, search, consult, attach, refer, show, reject, export. */
async function liveThrough(alder: HospitalProcess, birch: HospitalProcess): Promise<void> {
  const atAlder = await alder.session();
  const atBirch = await birch.session();
  const { patient } = await atAlder.plain('patient.add', { details });
  await atAlder.plain('patient.find', { query: 'Canaryfamily' });
  const { consultation } = await atAlder.plain('patient.consult', {
    patient: patient.id,
    reason: written.reason,
    findings: written.findings,
    diagnoses: [written.diagnosis],
    prescriptions: [written.prescription],
    practitioner: written.practitioner,
  });
  const { attachment } = await atAlder.upload(
    'patient.attach',
    { patient: patient.id, title: written.title, contentType: 'text/plain', consultation: consultation.id },
    streamOnce(utf8(written.file)),
  );
  const { id } = await atAlder.plain('referral.send', {
    to: birch.name,
    patient: patient.id,
    priority: 'stat',
    reason: written.referralReason,
    question: written.question,
    note: written.note,
    attachments: [attachment.id],
  });
  const has = async (): Promise<boolean> =>
    (await atBirch.plain('referral.list', { direction: 'received' })).referrals.length === 1;
  await eventually('the referral at Birch', has, deliveryMsMax);
  const shown = JSON.stringify(await atBirch.plain('referral.show', { referral: id }));
  for (const text of [details.family_name, details.national_id, written.findings, written.note])
    expect(shown).toContain(text);
  await atBirch.plain('referral.find', { peer: alder.name, csvId: details.csv_id });
  await atBirch.plain('referral.reject', { referral: id, reason: written.rejection, advice: written.advice });
  const isRejected = async (): Promise<boolean> =>
    (await atAlder.plain('referral.show', { referral: id })).state === 'rejected';
  await eventually('the answer at Alder', isRejected, deliveryMsMax);
  for await (const piece of atAlder.download('patient.export', { form: 'spreadsheet' })) expect(piece).toBeDefined();
  // What goes wrong is told without the patient as well.
  await atAlder.plain('patient.show', { patient: details.csv_id.toLowerCase() }).catch(() => undefined);
  await atAlder.plain('patient.add', { details }).catch(() => undefined);
}
