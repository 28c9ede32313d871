import { instantOfMs } from '../../protocol/instant.ts';
import type { PatientDetails } from '../../node/records/model.ts';
import { streamOnce } from '../../node/platform/files.ts';
import { openFederation, type Federation, type Hospital, type Images } from './hospital.ts';

/** Runs the whole pairing of two nodes, with an administrator at each who reads out and types. */
export async function pair(federation: Federation, host: Hospital, guest: Hospital): Promise<void> {
  const { during } = federation;
  const { link } = await during(host.node().pairing.invite());
  await during(guest.node().pairing.accept(link));
  const wordsAt = async (here: Hospital, there: Hospital) => {
    const found = (await here.node().pairing.list()).find((each) => each.peer === there.name);
    if (found === undefined) throw new Error(`${here.name} knows of no pairing with ${there.name}`);
    return found;
  };
  const atHost = await during(wordsAt(host, guest));
  const atGuest = await during(wordsAt(guest, host));
  const typed = (ask: readonly number[], words: readonly string[]) => ask.map((place) => words[place - 1] ?? '');
  await during(host.node().pairing.confirm(guest.name, typed(atHost.type, atGuest.words)));
  await during(guest.node().pairing.confirm(host.name, typed(atGuest.type, atHost.words)));
  const isPaired = (here: Hospital, there: Hospital) => here.node().directory.find(there.name)?.state === 'paired';
  const both = () => isPaired(host, guest) && isPaired(guest, host);
  if (!(await federation.time.runUntil(both, pairingMsMax))) throw new Error('the two did not pair');
}

const pairingMsMax = 60_000;
const attachmentSizes = [0, 700, 5000];

/** A synthetic patient; every text about one is recognisable. */
export function syntheticPatient(hospital: string, n: number): PatientDetails {
  return {
    csvId: `${hospital}-${n}`,
    familyName: `Canary${hospital}${n}`,
    givenNames: 'Synthia',
    sex: n % 2 === 0 ? 'female' : 'male',
    birthDate: `19${60 + n}-0${1 + (n % 9)}-11`,
    phone: `+90 312 555 01 ${10 + n}`,
    addressLine: `${n} Canary Street`,
    city: 'Ankara',
    country: 'TR',
    bystander: { name: `Bystander${hospital}${n}`, relation: 'sister', phone: '+90 312 555 99 00' },
    insurance: { insurer: 'Sample Insurance', policyNumber: `POL-${hospital}-${n}` },
    allergies: ['Penicillin'],
    conditions: ['Hypertension'],
    medications: ['Ramipril 5 mg'],
    immunizations: [],
    familyHistory: ['Father: stroke'],
    procedures: [],
    policeCase: false,
    notes: `Canary note ${hospital}${n}`,
  };
}

/** Two patients each: one with small attachments, one without. */
export async function addPatients({ during, random }: Federation, hospital: Hospital): Promise<void> {
  const { patients, attachments, consultations } = hospital.node();
  const short = hospital.name.split('.')[0] ?? '';
  for (let n = 1; n <= 2; n += 1) {
    const added = await during(patients.add(syntheticPatient(short, n)));
    if (added.state !== 'added') throw new Error('the patient is there already');
    const { id } = added.record;
    await during(
      consultations.add(id, {
        at: hospital.clock.now(),
        encounterClass: 'AMB',
        reason: 'Headache',
        findings: 'RR 160/95',
        diagnoses: ['Hypertension'],
        prescriptions: ['Ramipril 10 mg'],
        practitioner: 'Dr. Sample',
      }),
    );
    if (n === 2) continue;
    for (const size of attachmentSizes) {
      const bytes = streamOnce(random.fork(`${short}/${size}`).bytes(size));
      await during(attachments.add(id, { title: `Image ${size}`, contentType: 'application/dicom', bytes }));
    }
  }
}

/** Hospitals that have paired with each other and have patients, stopped, as images to begin simulations with. */
export async function pairedHospitals(names: readonly string[]): Promise<Federation & { images(): Images }> {
  const federation = await openFederation({ seed: `paired/${names.join(' ')}`, names });
  const { hospitals, time } = federation;
  for (const [index, host] of hospitals.entries())
    for (const guest of hospitals.slice(index + 1)) await pair(federation, host, guest);
  for (const hospital of hospitals) await addPatients(federation, hospital);
  await time.advance(witnessedMs);
  const now = instantOfMs(federation.hospitals[0]?.clock.now() ?? 0);
  for (const hospital of hospitals) await federation.during(hospital.stop());
  if (federation.failures.length > 0) throw new Error(federation.failures.join('\n'));
  const directories = new Map(hospitals.map((each) => [each.name.split('.')[0] ?? '', each.dataDirectory()]));
  return { ...federation, images: () => ({ directories, now }) };
}

const witnessedMs = 2 * 60_000;
