import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Checkpoint } from '../../protocol/log/checkpoint.ts';
import {
  auditLog,
  auditRecords,
  proveCrossing,
  proveWitnessed,
  waitForWitness,
  type Book,
  type Crossing,
} from './audit.ts';
import { makeBuckets, type Buckets } from './buckets.ts';
import { actorOf, makeAll, membersOf, pairTriangle, startAll, stopAll, type Processes } from './cast.ts';
import { DemoError } from './demo-error.ts';
import type { Member } from './federation.ts';
import { findFreePorts } from './free-ports.ts';
import { alder, birch, cedar, dataDirectoryOf, hospitals, type Hospital, type Place } from './hospitals.ts';
import { tellDiagnostics } from './diagnostics.ts';
import type { S3Access } from './options.ts';
import { secondsSince, type Screen } from './screen.ts';
import { playAnswer, playReferral } from './play-referral.ts';
import { importPatients, type Detail } from './story.ts';

const patientCount = 20;

/**
 * Plays one referral from end to end with three real nodes in a fresh directory, and proves from outside that it
 * happened exactly once. Whatever is not as it should be is thrown. Nothing is left behind.
 */
export async function playOnce(screen: Screen, s3: S3Access | undefined, stopping: AbortSignal): Promise<void> {
  const start = performance.now();
  const root = mkdtempSync(join(tmpdir(), 'fernpost-demo-'));
  const processes: Processes = new Map();
  let buckets: Buckets | undefined;
  const places: Place[] = [];
  try {
    if (s3 !== undefined) buckets = await makeBuckets(s3, basename(root).slice(-6).toLowerCase(), hospitals);
    const ports = await findFreePorts();
    for (const [index, hospital] of hospitals.entries()) {
      const own = ports[index];
      if (own !== undefined) places.push({ ...hospital, dataDirectory: dataDirectoryOf(hospital, root), ports: own });
    }
    const stage = { screen, processes, places, buckets };
    await Promise.race([play(stage), interrupted(stopping)]);
    screen.heading(`Everything holds: one referral, delivered once, accepted, proven by both logs.`);
    screen.line(`${secondsSince(start)} in all.`);
  } catch (error) {
    tellDiagnostics(places);
    throw error;
  } finally {
    await stopAll(processes);
    await buckets?.remove();
    rmSync(root, { recursive: true, force: true });
  }
}

interface Stage {
  readonly screen: Screen;
  readonly processes: Processes;
  readonly places: readonly Place[];
  readonly buckets: Buckets | undefined;
}

async function play(stage: Stage): Promise<void> {
  const { screen } = stage;
  const { actors, members } = await setTheStage(stage);
  const atAlder = memberOfHospital(members, alder);
  const atBirch = memberOfHospital(members, birch);
  const atCedar = memberOfHospital(members, cedar);
  const referral = await playReferral(screen, actors);
  await tellBuckets(stage);
  const seenAtBirch = await waitForWitness(atBirch, atCedar);
  const { accepted, answered } = await playAnswer(screen, actors, referral);
  const seenAtAlder = await waitForWitness(atAlder, atCedar);

  screen.heading('The auditor looks at both logs, from outside');
  const ours = await openBook(screen, atAlder, atBirch, seenAtAlder);
  const theirs = await openBook(screen, atBirch, atAlder, seenAtBirch);
  const there = proveCrossing(ours, theirs, receiptOf(accepted, 'referral'));
  const back = proveCrossing(theirs, ours, receiptOf(answered, 'event'));
  tellCrossing(screen, 'the referral', there);
  tellCrossing(screen, 'its acceptance', back);
  proveWitnessed(seenAtAlder, atAlder, there.sentIndex);
  proveWitnessed(seenAtBirch, atBirch, there.receivedIndex);
  screen.done('Cedar, who saw neither, has cosigned both logs with the referral in them');
}

async function tellBuckets({ screen, buckets }: Stage): Promise<void> {
  if (buckets === undefined) return;
  await buckets.waitForObjects([alder, birch]);
  screen.done('the sealed X-ray lies in the buckets of Alder and Birch as well');
}

/** The log of a hospital, verified whole; it must still hold the head that the witness cosigned. */
async function openBook(screen: Screen, member: Member, peer: Member, seen: Checkpoint): Promise<Book> {
  const records = await auditRecords(member, peer);
  const log = await auditLog(member, [seen]);
  screen.done(`${member.origin}: signature, entries, tiles and root hold`, `${log.checkpoint.size} leaves`);
  return { member, log, records };
}

function tellCrossing(screen: Screen, what: string, { from, to, sentIndex, receivedIndex }: Crossing): void {
  screen.done(`${what} crossed exactly once: one record in both logs`);
  screen.field('sent', `leaf ${sentIndex} of ${from.origin}`);
  screen.field('received', `leaf ${receivedIndex} of ${to.origin}; the receipt proves it`);
}

async function setTheStage({ screen, places, processes, buckets }: Stage) {
  screen.heading('Three hospitals');
  const made = performance.now();
  const identities = await makeAll(places, buckets);
  const actors = await startAll(places, processes);
  screen.done('St. Alder Hospital, Birch General and Cedar Clinic run', secondsSince(made));
  const paired = performance.now();
  await Promise.all([pairTriangle(actors), importPatients(actorOf(actors, alder).session, patientCount)]);
  screen.done('paired in a triangle by typed words, witnesses of each other', secondsSince(paired));
  screen.done(`${patientCount} invented patients imported from CSV at Alder`);
  return { actors, members: await membersOf(actors, identities) };
}

function receiptOf({ deliveries }: Detail, kind: 'referral' | 'event'): string {
  const [proof, ...more] = deliveries.filter((one) => one.kind === kind).map((one) => one.proof);
  if (typeof proof === 'string' && more.length === 0) return proof;
  throw new DemoError(`There is not exactly one receipt of the ${kind}.`);
}

function memberOfHospital(members: readonly Member[], { name }: Hospital): Member {
  const member = members.find((one) => one.name === name);
  if (member === undefined) throw new DemoError(`${name} is not among the members.`);
  return member;
}

async function interrupted(stopping: AbortSignal): Promise<never> {
  return await new Promise((_resolve, reject) => {
    stopping.addEventListener('abort', () => reject(new DemoError('Interrupted.')), { once: true });
  });
}
