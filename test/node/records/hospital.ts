import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instantOfMs, type Instant } from '../../../protocol/instant.ts';
import type { BlobStore } from '../../../node/blobs/blob-store.ts';
import { openDirectoryBlobs } from '../../../node/blobs/directory.ts';
import { openScratch } from '../../../node/blobs/scratch.ts';
import { openKeyring, type Keyring } from '../../../node/keys/keyring.ts';
import { createRootKey, loadRootKey } from '../../../node/keys/root-key.ts';
import type { Clock } from '../../../node/platform/clock.ts';
import { systemRandom } from '../../../node/platform/random.ts';
import { openFiles } from '../../../node/platform/system-files.ts';
import { nextTurn } from '../../../node/platform/turn.ts';
import { openAttachments, type Attachments } from '../../../node/records/attachments.ts';
import { openUploads, type Uploads } from '../../../node/records/attachments/uploads.ts';
import { openConsultations, type Consultations } from '../../../node/records/consultations.ts';
import { openImports, type Imports } from '../../../node/records/csv/import.ts';
import type { PatientDetails } from '../../../node/records/model.ts';
import { openPatients, type Patients } from '../../../node/records/patients.ts';
import { openReceivedPatients, type ReceivedPatients } from '../../../node/records/received-patients.ts';
import { openDatabase, type Database } from '../../../node/store/database.ts';

/** The moment at which the samples are valid (test/fixtures/fhir/README.md). */
export const testNow = instantOfMs(Date.parse('2026-11-21T06:00:00Z'));

/** The records of one hospital over a real database, keyring and directory of blobs. */
export interface Hospital extends AsyncDisposable {
  readonly directory: string;
  readonly store: Database;
  readonly keyring: Keyring;
  readonly blobs: BlobStore;
  readonly patients: Patients;
  readonly consultations: Consultations;
  readonly attachments: Attachments;
  readonly uploads: Uploads;
  readonly imports: Imports;
  readonly received: ReceivedPatients;
  readonly clock: Clock & { moveTo(now: Instant): void };
  /** Closes and opens again, on the same files. */
  reopen(): Promise<Hospital>;
  close(): Promise<void>;
}

export async function openHospital(given?: string): Promise<Hospital> {
  const directory = given ?? (await mkdtemp(join(tmpdir(), 'fernpost-records-')));
  const files = openFiles((error) => {
    throw error;
  });
  let now = testNow;
  const clock = {
    now: () => now,
    elapsedMs: () => now,
    sleep: () => Promise.resolve(),
    moveTo: (next: Instant) => void (now = next),
  };
  const data = join(directory, 'data');
  await files.makeDirectory(data);
  const place = { path: join(directory, 'root.key') };
  const ports = { files, random: systemRandom, clock };
  const rootKey = given === undefined ? await createRootKey(place, ports) : await loadRootKey(place, files);
  const store = openDatabase({
    path: join(data, 'node.db'),
    ballastBytes: 4096,
    onFatal: (error) => {
      throw error;
    },
  });
  const keyring = await openKeyring({ store, rootKey, clock, random: systemRandom });
  const blobs = await openDirectoryBlobs({ files, path: join(data, 'blobs'), random: systemRandom });
  const shared = { store, keyring, clock, random: systemRandom };
  const patients = openPatients(shared);
  const close = async (): Promise<void> => {
    await store[Symbol.asyncDispose]();
    await blobs.close();
  };
  return {
    directory,
    store,
    keyring,
    blobs,
    clock,
    patients,
    consultations: openConsultations({ ...shared, patients }),
    attachments: openAttachments({ ...shared, blobs, patients, yieldTurn: nextTurn }),
    uploads: openUploads({ ...shared, blobs, patients, yieldTurn: nextTurn, scratch: openScratch() }),
    imports: openImports({ ...shared, yieldTurn: nextTurn }),
    received: openReceivedPatients({ keyring }),
    close,
    reopen: async () => {
      await close();
      return await openHospital(directory);
    },
    [Symbol.asyncDispose]: async () => {
      await close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A patient with little to say; `members` say more. */
export function patient(members: Partial<PatientDetails> & { readonly csvId: string }): PatientDetails {
  return {
    familyName: 'Sample',
    allergies: [],
    conditions: [],
    medications: [],
    immunizations: [],
    familyHistory: [],
    procedures: [],
    policeCase: false,
    ...members,
  };
}

export async function* stream(...pieces: readonly (Uint8Array | string)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield typeof piece === 'string' ? new TextEncoder().encode(piece) : piece;
}

export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}
