import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { streamOnce } from '../../node/platform/files.ts';
import { findBreaches, findLogBreach, readContents } from '../simulation/invariants.ts';
import { fastDirectory } from '../support/hospital.ts';
import { seededRandom, type SeededRandom } from '../support/seeded-random.ts';
import { eventually, makeHospitalProcess, pairProcesses, pause, type HospitalProcess } from './hospital-process.ts';

const kills = 30;
const pauseMsMax = 700;
const drainMsMax = 120_000;
const attachmentSizes = [0, 30_000, 9_000_000];

/** What a node said it had taken: none of it may be missing afterwards. */
interface Acknowledged {
  readonly sent: Map<string, string>;
  readonly decided: Set<string>;
}

test('thirty kills at random moments lose nothing that was acknowledged and double nothing', async () => {
  const seed = String(process.hrtime.bigint());
  const random = seededRandom(seed);
  const directory = fastDirectory();
  try {
    await using alder = await makeHospitalProcess(directory, 'alder');
    await using birch = await makeHospitalProcess(directory, 'birch');
    await Promise.all([alder.start(), birch.start()]);
    await pairProcesses(alder, birch);
    const attachments = new Map([
      [alder.name, await addPatient(alder, random)],
      [birch.name, await addPatient(birch, random)],
    ]);
    const acknowledged: Acknowledged = { sent: new Map(), decided: new Set() };
    const over = new AbortController();
    const people = [
      refer(alder, birch, attachments, acknowledged, over.signal, random.fork('alder')),
      refer(birch, alder, attachments, acknowledged, over.signal, random.fork('birch')),
      decide(alder, acknowledged, over.signal),
      decide(birch, acknowledged, over.signal),
    ];
    for (let count = 0; count < kills; count += 1) {
      await pause(random.below(pauseMsMax));
      const victim = random.pick([alder, birch]);
      await victim.kill();
      await victim.start();
    }
    over.abort();
    await Promise.all(people);
    for (const hospital of [alder, birch]) await drained(hospital);
    await expectAttachments(alder);
    await expectAttachments(birch);
    await alder.stop();
    await birch.stop();
    await expectSound([alder, birch], acknowledged, seed);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 600_000);

async function addPatient(hospital: HospitalProcess, random: SeededRandom): Promise<readonly string[]> {
  const session = await hospital.session();
  await session.plain('patient.add', { details: { csv_id: 'P-1', family_name: 'Killed', given_names: 'Often' } });
  const ids: string[] = [];
  for (const size of attachmentSizes) {
    const input = { patient: 'P-1', title: `Image of ${size}`, contentType: 'application/dicom' };
    const added = await session.upload('patient.attach', input, streamOnce(random.bytes(size)));
    ids.push(added.attachment.id);
  }
  return ids;
}

/** Somebody refers one patient after another, and asks again after each kill. */
async function refer(
  from: HospitalProcess,
  to: HospitalProcess,
  attachments: ReadonlyMap<string, readonly string[]>,
  acknowledged: Acknowledged,
  over: AbortSignal,
  random: SeededRandom,
): Promise<void> {
  while (!over.aborted) {
    const sent = await tried(from, (session) =>
      session.plain('referral.send', {
        to: to.name,
        patient: 'P-1',
        priority: random.pick(['routine', 'urgent', 'stat'] as const),
        reason: 'Raised blood pressure',
        question: 'Please take over',
        attachments: (attachments.get(from.name) ?? []).filter(() => random.chance(0.4)),
      }),
    );
    if (sent !== undefined) acknowledged.sent.set(sent.id, from.name);
    await pause(random.below(pauseMsMax));
  }
}

/** Somebody accepts whatever has come. */
async function decide(hospital: HospitalProcess, acknowledged: Acknowledged, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const list = await tried(hospital, (session) => session.plain('referral.list', { direction: 'received' }));
    const next = list?.referrals.find(({ state }) => state === 'received');
    if (next !== undefined) {
      const done = await tried(hospital, (session) => session.plain('referral.accept', { referral: next.id }));
      if (done !== undefined) acknowledged.decided.add(`${hospital.name} ${next.id}`);
    }
    await pause(pauseMsMax);
  }
}

/** `undefined` when the node was killed meanwhile, or the answer went with it. */
async function tried<T>(
  hospital: HospitalProcess,
  work: (session: Awaited<ReturnType<HospitalProcess['session']>>) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work(await hospital.session());
  } catch {
    return undefined; // Not acknowledged: whether it was done is judged by what the two nodes hold in the end.
  }
}

async function drained(hospital: HospitalProcess): Promise<void> {
  const isEmpty = async () => (await (await hospital.session()).plain('referral.outbox', {})).deliveries.length === 0;
  await eventually(`an empty outbox at ${hospital.name}`, isEmpty, drainMsMax);
}

/** Every attachment that arrived opens, and is what its document says. */
async function expectAttachments(hospital: HospitalProcess): Promise<void> {
  const session = await hospital.session();
  const { referrals } = await session.plain('referral.list', { direction: 'received', limit: 100 });
  expect(referrals.length).toBeGreaterThan(0);
  for (const { id } of referrals) {
    const { attachments } = await session.plain('referral.show', { referral: id });
    for (const { id: attachment, sha256 } of attachments) {
      const hash = createHash('sha256');
      for await (const piece of session.download('referral.attachment', { referral: id, attachment }))
        hash.update(piece);
      expect(hash.digest('hex')).toBe(sha256);
    }
  }
}

async function expectSound(
  hospitals: readonly HospitalProcess[],
  { sent, decided }: Acknowledged,
  seed: string,
): Promise<void> {
  const contents = [];
  const breaches: string[] = [];
  for (const hospital of hospitals) {
    await using node = await hospital.open();
    const { own, store, exchange } = node;
    contents.push(await readContents(node));
    breaches.push(...store.findDamage());
    breaches.push(
      ...(await findLogBreach(own.name, own.logVkey, async (path) => {
        const asked = { method: 'GET', target: `/log/${path}`, rawHeaders: ['host', 'x'], remoteAddress: '127.0.0.1' };
        const answer = await exchange.handle({ ...asked, body: streamOnce(new Uint8Array(0)) });
        return answer.status === 200 ? answer.body : undefined;
      })),
    );
  }
  breaches.push(...findBreaches(contents));
  for (const [id, name] of sent)
    if (contents.find((each) => each.name === name)?.referrals.every((row) => row.id !== id) !== false)
      breaches.push(`${name} lost referral ${id}, which it had acknowledged`);
  for (const each of decided) {
    const [name, id] = each.split(' ');
    const events = contents.find((node) => node.name === name)?.events ?? [];
    if (!events.some((row) => row.referral === id && row.author === 'receiver'))
      breaches.push(`${name} lost its decision about ${id}`);
  }
  expect(sent.size, 'some referrals were acknowledged').toBeGreaterThan(20);
  expect(breaches, `SEED=${seed}`).toEqual([]);
}
