import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { auditLog, auditRecords, proveCrossing, waitForWitness, type Book } from './audit.ts';
import { makeBuckets, type Buckets } from './buckets.ts';
import { actorOf, makeAll, membersOf, pairTriangle, startAll, stopAll, type Actor, type Processes } from './cast.ts';
import { DemoError } from './demo-error.ts';
import type { Member } from './federation.ts';
import { findFreePorts } from './free-ports.ts';
import { alder, birch, cedar, dataDirectoryOf, hospitals, type Place } from './hospitals.ts';
import { tellDiagnostics } from './diagnostics.ts';
import type { S3Access } from './options.ts';
import { secondsSince, type Screen } from './screen.ts';
import {
  importPatients,
  prepareCase,
  receiver,
  refer,
  waitForReceipt,
  waitForReferral,
  xrayFile,
  type Detail,
} from './story.ts';

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
  const { sent, received } = await playReferral(screen, actors);
  screen.heading('The auditor: both logs, from outside');
  const [atAlder, atBirch, atCedar] = [alder, birch, cedar].map((one) => memberNamed(members, one.name));
  if (atAlder === undefined || atBirch === undefined || atCedar === undefined)
    throw new DemoError('A member is missing.');
  const books: Book[] = [];
  for (const [member, peer] of [
    [atAlder, atBirch],
    [atBirch, atAlder],
  ] as const) {
    const witnessed = await waitForWitness(member, atCedar);
    const records = await auditRecords(member, peer);
    const log = await auditLog(member);
    books.push({ member, log, records });
    screen.done(`${member.origin}: signature, entries, tiles and root hold`, `${log.checkpoint.size} leaves`);
    screen.done(`${atCedar.name}/witness cosigned it`, `at size ${witnessed}`);
  }
  const [ours, theirs] = books;
  if (ours === undefined || theirs === undefined) throw new DemoError('A log is missing.');
  const receiptAtAlder = receiptOf(sent, 'referral');
  const receiptAtBirch = receiptOf(received, 'event');
  for (const [what, { from, to, sentIndex, receivedIndex }] of [
    ['the referral', proveCrossing(ours, theirs, receiptAtAlder)],
    ['its acceptance', proveCrossing(theirs, ours, receiptAtBirch)],
  ] as const) {
    screen.done(`${what} crossed exactly once: one record in both logs`);
    screen.field('sent', `leaf ${sentIndex} of ${from.origin}`);
    screen.field('received', `leaf ${receivedIndex} of ${to.origin}; the receipt proves it`);
  }
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

/** From the patient at Alder to the acceptance that Alder sees. */
async function playReferral(
  screen: Screen,
  actors: readonly Actor[],
): Promise<Readonly<Record<'sent' | 'received', Detail>>> {
  const [atAlder, atBirch] = [actorOf(actors, alder).session, actorOf(actors, birch).session];
  screen.heading('Alder refers a patient to Birch');
  const prepared = await prepareCase(atAlder);
  const leaves = performance.now();
  const id = await refer(atAlder, prepared);
  const delivered = await waitForReceipt(atAlder, id);
  screen.done(`referral ${delivered.number} delivered, receipt in hand`, secondsSince(leaves));
  screen.field('reason', delivered.summary.reason);
  screen.field('question', delivered.summary.question);

  const seen = await atBirch.plain('referral.show', { referral: id });
  screen.done('Birch has opened and understood it', `${seen.sections.length} sections`);
  const [file] = seen.attachments;
  if (file === undefined) throw new DemoError('Birch has the referral without its X-ray.');
  const hash = createHash('sha256');
  for await (const piece of atBirch.download('referral.attachment', { referral: id, attachment: file.id }))
    hash.update(piece);
  const original = createHash('sha256').update(readFileSync(xrayFile)).digest('hex');
  if (hash.digest('hex') !== original) throw new DemoError('The X-ray at Birch is not the one that Alder sent.');
  screen.done(`the ${file.title} is byte for byte the one at Alder`, `${file.size} bytes`);
  screen.field('SHA-256', `${original.slice(0, 32)}…`);

  const decides = performance.now();
  await atBirch.plain('referral.accept', { referral: id, note: 'Theatre tomorrow at eight.', author: receiver });
  const sent = await waitForReferral(atAlder, alder, id, {
    what: "Birch's acceptance",
    holds: ({ state }) => state === 'accepted',
  });
  screen.done('Birch accepts, and Alder sees it', secondsSince(decides));
  const received = await waitForReferral(atBirch, birch, id, {
    what: "the receipt of Birch's acceptance",
    holds: ({ deliveries }) => deliveries.some(({ proof }) => proof !== null),
  });
  return { sent, received };
}

function receiptOf({ deliveries }: Detail, kind: 'referral' | 'event'): string {
  const [proof, ...more] = deliveries.filter((one) => one.kind === kind).map((one) => one.proof);
  if (typeof proof === 'string' && more.length === 0) return proof;
  throw new DemoError(`There is not exactly one receipt of the ${kind}.`);
}

function memberNamed(members: readonly Member[], name: string): Member | undefined {
  return members.find((member) => member.name === name);
}

async function interrupted(stopping: AbortSignal): Promise<never> {
  return await new Promise((_resolve, reject) => {
    stopping.addEventListener('abort', () => reject(new DemoError('Interrupted.')), { once: true });
  });
}
