import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { streamOnce } from '../../node/platform/files.ts';
import type { ConsultationId, PatientDetails, PatientId } from '../../node/records/model.ts';
import type { ReferralId } from '../../protocol/ids.ts';
import type { AttachmentId } from '../../protocol/ids.ts';
import type { FernpostNode } from '../../node/node.ts';
import { eventually, openDesks, type TestDesks, type TestDesksOptions } from './desk.ts';

/** Two paired hospitals in the middle of their work: what every screen is looked at with. */
export interface PopulatedDesks extends TestDesks {
  readonly patient: PatientId;
  readonly consultation: ConsultationId;
  /** At Birch: waits for a decision, with a PNG and a DICOM file. */
  readonly undecided: ReferralId;
  /** At Birch: an emergency. */
  readonly emergency: ReferralId;
  readonly accepted: ReferralId;
  readonly rejected: ReferralId;
  /** At Birch: accepted and asked about twice; the second question is open. */
  readonly asked: ReferralId;
  /** Of Alder, to the police. */
  readonly alert: string;
  readonly station: string;
}

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'fhir');
export const dicomFile = readFileSync(join(fixtures, 'dicom', 'synthetic-xray.dcm'));

export const sharma: PatientDetails = {
  csvId: 'A-000001',
  mrn: 'MRN-1001',
  familyName: 'Sharma',
  givenNames: 'Asha',
  nameNative: 'आशा शर्मा',
  sex: 'female',
  birthDate: '1979-03-14',
  phone: '+91 11 5550 1234',
  email: 'asha.sharma@example.org',
  addressLine: '12 Lake Road',
  city: 'Delhi',
  postalCode: '110001',
  country: 'IN',
  language: 'hi',
  bystander: { name: 'Ravi Sharma', relation: 'brother', phone: '+91 11 5550 9999' },
  insurance: { insurer: 'Sample Insurance', policyNumber: 'POL-7788', validFrom: '2026-01-01', validTo: '2030-12-31' },
  allergies: ['Penicillin', 'Latex'],
  conditions: ['Type 2 diabetes', 'Hypertension'],
  medications: ['Metformin 500 mg', 'Ramipril 5 mg'],
  immunizations: ['Tetanus 2021'],
  familyHistory: ['Father: stroke at 60'],
  procedures: ['Appendectomy 1998'],
  policeCase: true,
  policeCaseNumber: 'PC-2026-17',
  notes: 'Speaks Hindi and some English.',
};

const doctor = { id: 'tests', name: 'Dr Dora Doctor' };
const administrator = { id: 'tests', name: 'Ada Admin' };

export async function openPopulatedDesks(options: TestDesksOptions = {}): Promise<PopulatedDesks> {
  const desks = await openDesks({ ...options, names: ['alder', 'birch'] });
  const { node: alder } = desks.at('alder');
  const { node: birch } = desks.at('birch');
  const added = await alder.patients.add(sharma);
  if (added.state !== 'added') throw new Error('the patient is there already');
  const patient = added.record.id;
  for (let n = 2; n <= 12; n += 1)
    await alder.patients.add({
      ...sharma,
      csvId: `A-00000${n}`,
      familyName: `Tester${n}`,
      givenNames: 'Tom',
      nameNative: '',
      birthDate: `19${50 + n}-02-11`,
      policeCase: false,
    });
  const { id: consultation } = await alder.consultations.add(patient, {
    at: alder.clock.now(),
    encounterClass: 'EMER',
    reason: 'Fall on the stairs, pain in the right wrist',
    findings: 'Swelling and tenderness over the distal radius',
    diagnoses: ['Fracture of the lower end of the radius, closed'],
    prescriptions: ['Paracetamol 1 g every 8 hours'],
    practitioner: doctor.name,
  });
  const add = (title: string, contentType: string, bytes: Uint8Array) =>
    alder.attachments.add(patient, { title, contentType, consultation, bytes: streamOnce(bytes) });
  const image = await add('Photo of the wrist', 'image/png', png(120, 80));
  const xray = await add('X-ray of the right wrist', 'application/dicom', dicomFile);

  const send = async (
    priority: 'routine' | 'urgent' | 'stat',
    reason: string,
    withFiles = false,
  ): Promise<ReferralId> => {
    const sent = await alder.referrals.send({
      to: birch.own.name,
      patient,
      priority,
      reason,
      question: 'Please assess for operation and take over the treatment',
      specialty: 'Orthopaedic surgery',
      attachments: withFiles ? [image.id, xray.id] : [],
      author: doctor,
    });
    return sent.id;
  };
  const undecided = await send('urgent', 'Displaced fracture of the distal radius', true);
  const emergency = await send('stat', 'Open fracture, bleeding');
  const accepted = await send('routine', 'Follow-up of the fracture');
  const rejected = await send('routine', 'Second opinion on the wrist');
  const asked = await send('routine', 'Rehabilitation after the fracture');
  const all = [undecided, emergency, accepted, rejected, asked];
  await eventually(async () => (await birch.referrals.list('received', { limit: 10 })).length === all.length);
  await birch.referrals.accept(accepted, { author: { id: 'tests', name: 'Dr Bela Birch' } });
  await birch.referrals.accept(asked, { author: { id: 'tests', name: 'Dr Bela Birch' } });
  await birch.referrals.reject(rejected, {
    reason: 'No orthopaedic bed free',
    author: { id: 'tests', name: 'Dr Bela Birch' },
  });
  const stateAtAlder = async (id: ReferralId): Promise<string> => (await alder.referrals.show(id)).state;
  await eventually(
    async () => (await stateAtAlder(accepted)) === 'accepted' && (await stateAtAlder(rejected)) === 'rejected',
  );

  await askTwice(alder, birch, asked, image.id);
  const { alert, station } = await tellPolice(desks, patient);
  for (const short of ['alder', 'birch'] as const)
    for (const [code, name] of [
      ['ORTHO', 'Orthopaedics'],
      ['CARD', 'Cardiology'],
    ] as const)
      await desks.at(short).node.departments.add(administrator, { code, name, active: 'yes', answer_hours: '24' });
  return { ...desks, patient, consultation, undecided, emergency, accepted, rejected, asked, alert, station };
}

async function askTwice(
  alder: FernpostNode,
  birch: FernpostNode,
  referral: ReferralId,
  file: AttachmentId,
): Promise<void> {
  const author = { id: 'tests', name: 'Dr Bela Birch' };
  const isAsked = async () => (await alder.referrals.show(referral)).state === 'info-requested';
  await eventually(async () => (await alder.referrals.show(referral)).state === 'accepted');
  await birch.referrals.ask(referral, { question: 'Is there a picture of the wrist?', author });
  await eventually(isAsked);
  await alder.referrals.answer(referral, { text: 'Yes, it comes along.', attachments: [file], author: doctor });
  await eventually(async () => (await birch.referrals.show(referral)).state === 'accepted');
  await birch.referrals.ask(referral, { question: 'Can she close the hand?\nSince when?', author });
  await eventually(isAsked);
}

async function tellPolice(
  desks: TestDesks,
  patient: PatientId,
): Promise<{ readonly alert: string; readonly station: string }> {
  const { node } = desks.at('alder');
  await node.settings.change(administrator, {
    callBackNumber: '+91 11 5550 0000',
    mailFrom: 'alerts@alder.example',
    latitude: '28.61',
    longitude: '77.21',
  });
  const near = {
    name: 'Lake Road Police',
    address: '1 Lake Road Delhi',
    telephone: '+91 11 5550 0100',
    email: 'desk@lake-road.police.example',
  };
  const saved = await node.stations.add(administrator, {
    ...near,
    latitude: '28.62',
    longitude: '77.22',
    active: 'yes',
  });
  if (saved.state !== 'saved') throw new Error(JSON.stringify(saved));
  const { id: station } = saved.station;
  const request = {
    by: doctor,
    station,
    caseNumber: 'PC-2026-17',
    reason: 'Injury by another person',
    recordTexts: ['Sharma'],
  };
  const shown = await node.alerts.preview({ ...request, about: { patient } });
  if (shown.state !== 'shown') throw new Error(JSON.stringify(shown));
  const alert = await node.alerts.confirm(doctor, shown.preview.token);
  return { alert: alert.id, station };
}

/** A grey picture that every browser can show. */
export function png(width: number, height: number): Uint8Array {
  const rows = Buffer.alloc((width + 1) * height, 0x80);
  for (let y = 0; y < height; y += 1) rows[y * (width + 1)] = 0;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    part('IHDR', header),
    part('IDAT', deflateSync(rows)),
    part('IEND', Buffer.alloc(0)),
  ]);
}

function part(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([size, body, check]);
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
