import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { ReferralId } from '../../protocol/ids.ts';
import { writeConfigFile, type ConfigFileInput } from '../../node/config/config-file.ts';
import { loadConfig } from '../../node/config/config.ts';
import { initNode, openNode, type FernpostNode } from '../../node/node.ts';
import type { Diagnostics } from '../../node/platform/diagnostics.ts';
import { openDiagnostics } from '../../node/platform/pino-diagnostics.ts';
import { systemFiles } from '../../node/platform/system-files.ts';
import type { PatientId } from '../../node/records/model.ts';

/** Two paired hospitals in this process, on real files, sockets and clocks. */
export interface HospitalPair extends AsyncDisposable {
  /** Where all their files lie; gone with them. */
  readonly directory: string;
  readonly alder: FernpostNode;
  readonly birch: FernpostNode;
  /** Where people open them: `http://host:port`. */
  readonly desks: { readonly alder: string; readonly birch: string };
  readonly patient: PatientId;
  /** Sends one referral of few fields, and resolves when its receipt is durable at the sender. */
  refer(): Promise<ReferralSent>;
  /** Sends `count` referrals with `outstanding` of them on their way at any time. */
  exchange(count: number, outstanding: number): Promise<void>;
}

export interface ReferralSent {
  readonly id: ReferralId;
  readonly bundle: string;
}

/** Where the files of a measurement lie: on a real disk, since durability is part of what is measured. */
export async function benchDirectory(): Promise<string> {
  const parent = join(import.meta.dirname, '..', '..', '.bench');
  await mkdir(parent, { recursive: true });
  return await mkdtemp(join(parent, 'run-'));
}

/** What the hospitals of every measurement are configured with. */
export function configOf(name: string, port: number): ConfigFileInput {
  return {
    v: 1,
    name: `${name}.example`,
    title: `${name} hospital`,
    url: `http://127.0.0.1:${port}`,
    exchange: { host: '127.0.0.1', port },
    desk: { host: '127.0.0.1', port: 0 },
    control: { host: '127.0.0.1', port: 0 },
    peerAddresses: ['127.0.0.0/8'],
    limits: { ballastBytes: 0, leavesADay: 10_000_000 },
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export async function openHospitals(unsafe?: { readonly synchronous: 'NORMAL' }): Promise<HospitalPair> {
  const directory = await benchDirectory();
  const waiting = new Map<string, () => void>();
  const { node: alder, desk: alderDesk } = await startHospital(directory, 'alder', waiting, unsafe);
  const { node: birch, desk: birchDesk } = await startHospital(directory, 'birch', waiting, unsafe);
  await pair(alder, birch);
  const patient = await addPatient(alder);
  const refer = async (): Promise<ReferralSent> => {
    const sent = await alder.referrals.send({
      to: birch.own.name,
      patient,
      priority: 'urgent',
      reason: 'Fracture',
      question: 'Please operate',
      author: { id: 'u1', name: 'Dr Amina' },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.set(sent.bundle, resolve);
    await promise;
    return sent;
  };
  return {
    directory,
    alder,
    birch,
    desks: { alder: alderDesk, birch: birchDesk },
    patient,
    refer,
    exchange: async (count, outstanding) => {
      let left = count;
      const worker = async (): Promise<void> => {
        for (; left > 0;) {
          left -= 1;
          await refer();
        }
      };
      await Promise.all(Array.from({ length: outstanding }, worker));
    },
    [Symbol.asyncDispose]: async () => {
      await alder[Symbol.asyncDispose]();
      await birch[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function startHospital(
  parent: string,
  name: string,
  waiting: Map<string, () => void>,
  unsafe: { readonly synchronous: 'NORMAL' } | undefined,
): Promise<{ readonly node: FernpostNode; readonly desk: string }> {
  const directory = join(parent, name);
  await mkdir(directory);
  await writeConfigFile(directory, configOf(name, await freePort()), systemFiles);
  const config = await loadConfig(directory, {}, systemFiles);
  await initNode(config);
  const diagnostics = telling(openDiagnostics({ file: join(directory, 'diagnostics.log'), node: name }), waiting);
  const node = await openNode(config, {
    diagnostics,
    ...(unsafe === undefined ? {} : { unsafeForBenchmark: unsafe }),
  });
  const { desk } = await node.listen();
  await node.start();
  return { node, desk };
}

/** Diagnostics as a node writes them; a delivery that someone waits for is told to him as well. */
function telling(diagnostics: Diagnostics, waiting: Map<string, () => void>): Diagnostics {
  return {
    ...diagnostics,
    info: (event, fields) => {
      diagnostics.info(event, fields);
      if (event !== 'bundle-delivered' || typeof fields?.['bundle'] !== 'string') return;
      waiting.get(fields['bundle'])?.();
      waiting.delete(fields['bundle']);
    },
  };
}

async function pair(alder: FernpostNode, birch: FernpostNode): Promise<void> {
  const { link } = await alder.pairing.invite();
  await birch.pairing.accept(link);
  const [atAlder] = await alder.pairing.list();
  const [atBirch] = await birch.pairing.list();
  if (atAlder === undefined || atBirch === undefined) throw new Error('the two hospitals do not pair');
  const typed = (ask: readonly number[], words: readonly string[]) => ask.map((place) => words[place - 1] ?? '');
  await alder.pairing.confirm(birch.own.name, typed(atAlder.type, atBirch.words));
  await birch.pairing.confirm(alder.own.name, typed(atBirch.type, atAlder.words));
  if (alder.directory.get(birch.own.name).state !== 'paired') throw new Error('the two hospitals are not paired');
}

async function addPatient(node: FernpostNode): Promise<PatientId> {
  const added = await node.patients.add({
    csvId: 'A-1',
    familyName: 'Sharma',
    givenNames: 'Priya',
    sex: 'female',
    birthDate: '1987-04-05',
    allergies: [],
    conditions: [],
    medications: [],
    immunizations: [],
    familyHistory: [],
    procedures: [],
    policeCase: false,
  });
  if (added.state !== 'added') throw new Error('the patient is there already');
  return added.record.id;
}
