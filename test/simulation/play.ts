import { callTargetOf } from '../../node/peers/cards.ts';
import { logQueries } from '../../node/exchange-log/queries.ts';
import { outboxQueries } from '../../node/referrals/outbox-queries.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { toHex } from '../../protocol/bytes.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import { parseBundleId } from '../../protocol/ids.ts';
import { recordX } from '../../protocol/log/entry.ts';
import { parseReceiptAnswer, parseTransferState, writeCommit } from '../../protocol/messages.ts';
import { roundsOf } from '../../node/referrals/questions/rounds.ts';
import { openFederation, type Federation, type Hospital, type Images } from '../support/hospital.ts';
import { pairedHospitals } from '../support/paired-hospitals.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { findBreaches, findLogBreach, readContents, type NodeContents } from './invariants.ts';
import { converse, decide, drawStory, playStory, type Ledger, type Story } from './story.ts';
import { openWatch } from './watch.ts';

/** How one simulation ended; `breaches` is empty when every promise was kept. */
export interface Ending {
  readonly seed: number;
  readonly story: Story;
  readonly breaches: readonly string[];
  readonly trace: readonly string[];
  /** Of what happened: bundles by their end, requests by their fault. */
  readonly counts: Readonly<Record<string, number>>;
  readonly virtualMs: number;
}

export interface Simulator extends AsyncDisposable {
  play(seed: number): Promise<Ending>;
}

/** All that was sent has ended so long after the troubles, whatever back-off was reached (Node §5, bar 5). */
const healedMsMax = 20 * 60_000;
/** Doubled requests and audits of receipts still come so long after. */
const afterwardsMs = 4 * 60_000;
const lookEveryMs = 5_000;

/** Pairs two and three hospitals once; each simulation begins with copies of them. */
export async function openSimulator(): Promise<Simulator> {
  const two = await pairedHospitals(['alder', 'birch']);
  const three = await pairedHospitals(['alder', 'birch', 'cedar']);
  return {
    play: (seed) => play(seed, (names) => (names.length === 2 ? two : three).images()),
    [Symbol.asyncDispose]: async () => {
      await two[Symbol.asyncDispose]();
      await three[Symbol.asyncDispose]();
    },
  };
}

async function play(seed: number, imagesOf: (names: readonly string[]) => Images): Promise<Ending> {
  const random = seededRandom(`seed/${seed}`);
  const story = drawStory(random.fork('story'));
  const watch = openWatch();
  await using federation = await openFederation({
    seed: `seed/${seed}`,
    names: story.names,
    from: imagesOf(story.names),
    skewMs: (name) => story.skewMs.get(name) ?? 0,
    door: watch.door,
  });
  const breaches: string[] = [];
  let nodes: readonly NodeContents[] = [];
  try {
    const ledger = await federation.during(playStory(federation, story, watch, random.fork('people')));
    await heal(federation, story);
    for (const hospital of federation.hospitals)
      await federation.during(decide(hospital, random.fork(`last/${hospital.name}`), ledger, 0.7));
    for (const hospital of federation.hospitals)
      await federation.during(converse(hospital, random.fork(`last/${hospital.name}/words`), ledger, 2 * story.asking));
    await quiet(federation);
    nodes = await federation.during(Promise.all(federation.hospitals.map((each) => readContents(each.node()))));
    breaches.push(...findBreaches(nodes), ...watch.breaches, ...watch.findBroken(nodes), ...findLost(ledger, nodes));
    breaches.push(...(await federation.during(lookInside(federation, nodes))));
    breaches.push(...(await federation.during(findUnsaid(federation, ledger))));
    breaches.push(...failuresOf(federation, story));
  } catch (error) {
    breaches.push(`the simulation itself failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
  }
  const { network, time } = federation;
  const trace = [...network.trace];
  return { seed, story, breaches, trace, counts: countsOf(federation, nodes), virtualMs: time.elapsedMs() };
}

/** The troubles are over: the network is whole, every machine is on, and clocks are right. */
async function heal(federation: Federation, { wrongClock }: Story): Promise<void> {
  const { network, hospitals, hospital, during } = federation;
  network.heal();
  if (wrongClock !== undefined) hospital(wrongClock.who).clock.setWall(-wrongClock.byMs);
  for (const each of hospitals) if (!each.isOn()) await during(each.start());
  await quiet(federation);
}

async function quiet({ time, network, hospitals }: Federation): Promise<void> {
  let lookAt = 0;
  const isQuiet = async (): Promise<boolean> => {
    if (time.elapsedMs() < lookAt || !network.isIdle()) return false;
    lookAt = time.elapsedMs() + lookEveryMs;
    for (const hospital of hospitals)
      if ((await hospital.node().store.read((reader) => reader.all(outboxQueries.open, {}))).length > 0) return false;
    return true;
  };
  await time.runUntil(isQuiet, healedMsMax);
  await time.advance(afterwardsMs);
}

/** Nothing that somebody was told had been done is missing. */
function findLost(ledger: Ledger, nodes: readonly NodeContents[]): readonly string[] {
  const contentsOf = (name: string) => nodes.find((node) => node.name === name);
  return [
    ...ledger.sent
      .filter(({ from, id }) => contentsOf(from)?.referrals.every((row) => row.id !== id))
      .map(({ from, id }) => `${from} lost referral ${id}, which it had taken`),
    ...ledger.decided
      .filter(({ by, id }) => contentsOf(by)?.events.every((row) => row.referral !== id || row.author !== 'receiver'))
      .map(({ by, id }) => `${by} lost its decision about ${id}`),
  ];
}

/** Every question and every answer stands at both hospitals in the words that its author was told had been signed. */
async function findUnsaid({ hospital }: Federation, { said }: Ledger): Promise<readonly string[]> {
  const breaches: string[] = [];
  for (const { by, id, text } of said) {
    const author = hospital(by.split('.')[0] ?? '');
    const { peer } = await author.node().referrals.show(id);
    for (const each of [author, hospital(peer.split('.')[0] ?? '')]) {
      const { referrals } = each.node();
      const rounds = await roundsOf(referrals, await referrals.show(id));
      const notes = rounds.flatMap(({ question, answers }) => [question, ...answers].map(({ note }) => note));
      if (notes.filter((note) => note === text).length !== 1)
        breaches.push(`what ${by} said of ${id} does not stand at ${each.name} once, among ${notes.length}`);
    }
  }
  return breaches;
}

/** What the tables alone do not show: logs as auditors read them, answers repeated, attachments opened. */
async function lookInside(federation: Federation, nodes: readonly NodeContents[]): Promise<readonly string[]> {
  const breaches: string[] = [];
  for (const hospital of federation.hospitals) {
    const { own, store } = hospital.node();
    breaches.push(...(await findLogBreach(own.name, own.logVkey, (path) => fetchLog(hospital, path))));
    breaches.push(...store.findDamage().map((line) => `the database of ${own.name} is damaged: ${line}`));
    const contents = nodes.find((node) => node.name === own.name);
    for (const row of contents?.outbox ?? [])
      if (row.state === 'delivered') breaches.push(...(await repeatCommit(hospital, row)));
    for (const row of contents?.referrals ?? [])
      if (row.direction === 'received') breaches.push(...(await openAttachments(hospital, row.id)));
  }
  return breaches;
}

async function fetchLog(hospital: Hospital, path: string): Promise<Uint8Array | undefined> {
  const request = { method: 'GET', target: `/log/${path}`, rawHeaders: ['host', 'x'], remoteAddress: '192.0.2.9' };
  const answer = await hospital.node().exchange.handle({ ...request, body: nothing() });
  return answer.status === 200 ? answer.body : undefined;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Law 3: who asks again gets the same receipt, for the commit and for the state of the transfer. */
async function repeatCommit(hospital: Hospital, row: NodeContents['outbox'][number]): Promise<readonly string[]> {
  const { directory, transport, store, proofs } = hospital.node();
  const target = callTargetOf(directory.get(row.peer));
  const bundle = parseBundleId(row.bundle);
  const { record } = row;
  if (record === null) return [`${row.bundle} was delivered without a record`];
  const proof = await store.read(async (reader) => {
    const held = await reader.first(logQueries.witness, { peer: row.peer });
    return proofs.proofOf(reader, recordX('sent', record, logCrypto), held?.size);
  });
  if (proof === undefined) return [`${row.bundle} was delivered and is not in the head that the receiver holds`];
  const content = { body: writeCommit({ record, proof, have: 0 }), type: mediaTypes.json };
  const again = await transport.call(target, { method: 'POST', path: targetOf({ name: 'commit', bundle }), content });
  const state = await transport.call(target, { method: 'GET', path: targetOf({ name: 'getBundle', bundle }) });
  const breaches: string[] = [];
  if (again.status !== 200 || parseReceiptAnswer(again.body).receipt !== row.proof)
    breaches.push(`${row.bundle}: the commit asked again gives another receipt (${again.status})`);
  if (state.status !== 200 || parseTransferState(state.body).receipt !== row.proof)
    breaches.push(`${row.bundle}: the state of the transfer gives another receipt (${state.status})`);
  return breaches;
}

async function openAttachments(hospital: Hospital, id: string): Promise<readonly string[]> {
  const { referrals } = hospital.node();
  const detail = await referrals.show(id as Parameters<typeof referrals.show>[0]);
  const breaches: string[] = [];
  for (const attachment of detail.attachments) {
    const pieces: Uint8Array[] = [];
    for await (const piece of referrals.readAttachment(detail.id, attachment.id)) pieces.push(piece);
    if (toHex(sha256(...pieces)) !== attachment.sha256)
      breaches.push(`${hospital.name}: attachment ${attachment.id} of ${id} is not what was sent`);
  }
  return breaches;
}

/**
 * What nodes call their own failure. While a clock stands wrong, a node says so and does nothing; a damaged proof is told,
 * and judged by the evidence that is left of it.
 */
function failuresOf({ failures }: Federation, { wrongClock }: Story): readonly string[] {
  const isExpected = (failure: string): boolean =>
    (wrongClock !== undefined && failure.includes('OperationError')) ||
    /^[a-z]+: (?:log-fork-evidence|witness-sees-a-fork) /.test(failure);
  return failures.filter((failure) => !isExpected(failure));
}

function countsOf({ network }: Federation, nodes: readonly NodeContents[]): Record<string, number> {
  const counts: Record<string, number> = Object.fromEntries(network.counts);
  const add = (name: string): void => void (counts[name] = (counts[name] ?? 0) + 1);
  for (const node of nodes) for (const row of node.outbox) add(`bundles ${row.state}`);
  for (const node of nodes) for (const { name } of node.events) if (name.startsWith('info-')) add(`events ${name}`);
  for (const line of network.trace) if (line.endsWith(' is killed')) add('kills');
  for (const node of nodes)
    for (const row of node.referrals) if (row.direction === 'sent') add(`referrals ${row.state}`);
  return counts;
}
