import { streamOnce } from '../../../../node/platform/files.ts';
import type { PatientDetails, PatientId } from '../../../../node/records/model.ts';
import type { SendReferral } from '../../../../node/referrals/referrals.ts';
import type { ReferralId } from '../../../../protocol/ids.ts';
import { syntheticPatient } from '../../../support/paired-hospitals.ts';
import { openHospitals, type TestHospital, type TestHospitals } from '../../../support/two-hospitals.ts';

export const drAdler = { id: 'u-adler', name: 'Dr. Adler' };
export const drBirk = { id: 'u-birk', name: 'Dr. Birk' };
export const drBuche = { id: 'u-buche', name: 'Dr. Buche' };

export interface TwoDesks extends AsyncDisposable {
  readonly two: TestHospitals;
  readonly alder: TestHospital;
  readonly birch: TestHospital;
  addPatient(at: TestHospital, details?: Partial<PatientDetails>): Promise<PatientId>;
  sending(patient: PatientId, more?: Partial<SendReferral>): SendReferral;
  /** Sends a referral from Alder to Birch and lets it arrive. */
  refer(patient: PatientId, more?: Partial<SendReferral>): Promise<ReferralId>;
  failures(): string[];
}

/** Two paired hospitals, and the few acts that every test of a desk begins with. */
export async function openTwoDesks(): Promise<TwoDesks> {
  const two = await openHospitals();
  const [alder, birch] = [two.at('alder'), two.at('birch')];
  let patients = 0;
  const sending: TwoDesks['sending'] = (patient, more = {}) => ({
    to: birch.name,
    patient,
    priority: 'urgent',
    reason: 'Chest pain since the morning',
    question: 'Coronary angiography?',
    specialty: 'Cardiology',
    author: drAdler,
    ...more,
  });
  return {
    two,
    alder,
    birch,
    sending,
    addPatient: async (at, details = {}) => {
      patients += 1;
      const added = await at.node.patients.add({ ...syntheticPatient('desk', patients), ...details });
      if (added.state !== 'added') throw new Error('the patient is there already');
      return added.record.id;
    },
    refer: async (patient, more = {}) => {
      const { id } = await alder.node.referrals.send(sending(patient, more));
      await two.deliver();
      return id;
    },
    failures: () => [alder, birch].flatMap((each) => each.takeFailures()),
    [Symbol.asyncDispose]: () => two[Symbol.asyncDispose](),
  };
}

/** The smallest PNG, and the beginning of a JPEG: what a browser may be shown. */
export const pngBytes = Uint8Array.fromBase64(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
);

export async function addFile(
  at: TestHospital,
  patient: PatientId,
  title: string,
  contentType: string,
  bytes: Uint8Array,
) {
  return at.node.attachments.add(patient, { title, contentType, bytes: streamOnce(bytes) });
}
