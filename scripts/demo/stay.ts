import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemFiles } from '../../node/platform/system-files.ts';
import { readConfigFile } from '../../node/config/config-file.ts';
import { readRunning } from '../../node/operations/running-file.ts';
import { makeBuckets } from './buckets.ts';
import { actorOf, makeAll, membersOf, pairTriangle, startAll, stopAll, type Actor, type Processes } from './cast.ts';
import { playFurtherCases } from './cases.ts';
import { DemoError } from './demo-error.ts';
import { readFederation, writeFederation, type Federation, type Member } from './federation.ts';
import { basePortByDefault, mailboxPortsFrom, portsFrom, refuseTakenPorts } from './free-ports.ts';
import { furnish, noteTelephones } from './furnish.ts';
import { alder, backupDirectoryOf, birch, dataDirectoryOf, hospitals, shortPath, type Place } from './hospitals.ts';
import { openMailbox, type Mailbox } from './mailbox.ts';
import { memberOf } from './members.ts';
import { isServed } from './node-process.ts';
import type { Wish } from './options.ts';
import { secondsSince, type Screen } from './screen.ts';
import { importPatients, prepareCase, refer, waitForReceipt } from './story.ts';
import { supervise } from './supervise.ts';
import { tellReady } from './tell-ready.ts';

type Stay = Extract<Wish, { kind: 'stay' }>;

const patientCount = 200;
/** Lies in the directory while a demo is set up: what is found beside it may be thrown away. */
const markName = 'unfinished';
const mailboxName = 'mailbox.jsonl';

/** Three hospitals that stay until `stopping`. Where a demo was before, its hospitals go on with all they have. */
export async function stay(screen: Screen, wish: Stay, stopping: AbortSignal): Promise<void> {
  const start = performance.now();
  const processes: Processes = new Map();
  const mailboxes: Mailbox[] = [];
  const stopped = new Promise<'stopped'>((resolve) => {
    stopping.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
  let isOpen = false;
  try {
    const known = readFederation(wish.root);
    const opening =
      known === undefined
        ? setUp(screen, wish, processes, mailboxes)
        : resume(screen, wish, known, { processes, mailboxes });
    const opened = await Promise.race([opening, stopped]);
    if (opened === 'stopped') return;
    isOpen = true;
    const { patients } = await actorOf(opened.actors, alder).session.plain('patient.list', { limit: 1 });
    const patient = patients[0]?.id ?? 'ID';
    tellReady(screen, { root: wish.root, ...opened, patient, took: secondsSince(start) });
    await Promise.race([supervise(processes, screen, stopping), stopped]);
    await stopped;
  } finally {
    if (stopping.aborted) screen.line('\nStopping.');
    await stopAll(processes);
    await Promise.all(mailboxes.map((mailbox) => mailbox.close()));
    if (isOpen) await tellForeign(screen, wish.root);
  }
}

interface Opened {
  readonly actors: readonly Actor[];
  /** The referral that has just been delivered; `undefined` when the hospitals were there before. */
  readonly referral: string | undefined;
  readonly mailbox: string | undefined;
}

async function setUp(screen: Screen, wish: Stay, processes: Processes, mailboxes: Mailbox[]): Promise<Opened> {
  const { root } = wish;
  const base = wish.basePort ?? basePortByDefault;
  const all = portsFrom(base);
  const mailboxPlace = { ...mailboxPortsFrom(base), file: join(root, mailboxName) };
  const places = hospitals.flatMap((hospital, index) => {
    const ports = all[index];
    return ports === undefined
      ? []
      : [{ ...hospital, dataDirectory: dataDirectoryOf(hospital, root), ports, mailPort: mailboxPlace.smtpPort }];
  });
  clearUnfinished(root);
  await refuseTakenPorts(places);
  const mailbox = await openMailbox(mailboxPlace);
  mailboxes.push(mailbox);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  writeFileSync(join(root, markName), 'This demo was not set up to the end: the next run begins again.\n');
  const buckets = wish.s3 === undefined ? undefined : await makeBuckets(wish.s3, 'demo', hospitals);

  screen.heading('Setting up three hospitals');
  const made = performance.now();
  const identities = await makeAll(places, buckets);
  const actors = await startAll(places, processes);
  screen.done('St. Alder Hospital, Birch General and Cedar Clinic run', secondsSince(made));
  await Promise.all(actors.map(({ session: at, place }) => furnish(at, place)));
  screen.done('each with departments and police stations nearby; their mailbox is open');
  const { session } = actorOf(actors, alder);
  const paired = performance.now();
  const imported = importPatients(session, patientCount);
  await pairTriangle(actors);
  await Promise.all(actors.map(({ session: at, place }) => noteTelephones(at, place, hospitals)));
  screen.done('paired in a triangle by typed words, witnesses of each other', secondsSince(paired));
  screen.done(`${await imported} invented patients imported from CSV at Alder`, secondsSince(paired));
  const left = performance.now();
  const prepared = await prepareCase(session);
  const referral = await refer(session, prepared);
  const { number } = await waitForReceipt(session, referral);
  screen.done(`referral ${number} with an X-ray waits at Birch`, secondsSince(left));
  const further = await playFurtherCases(session, actorOf(actors, birch).session, prepared.patient.id);
  screen.done(`${further.accepted} is accepted, ${further.police} is a police case`, secondsSince(left));
  writeFederation(root, { hospitals: await membersOf(actors, identities), mailbox: mailbox.url });
  rmSync(join(root, markName));
  return { actors, referral, mailbox: mailbox.url };
}

/** The same hospitals as last time: nothing is imported or sent again. */
async function resume(
  screen: Screen,
  wish: Stay,
  known: Federation,
  { processes, mailboxes }: { readonly processes: Processes; readonly mailboxes: Mailbox[] },
): Promise<Opened> {
  const { root } = wish;
  const where = shortPath(root);
  if (wish.s3 !== undefined)
    throw new DemoError(`The demo in ${where} exists and keeps the storage it was made with. Give another --data.`);
  const places = await placesIn(root);
  const base = places[0]?.ports.exchange;
  if (wish.basePort !== undefined && wish.basePort !== base)
    throw new DemoError(
      `The demo in ${where} exists and keeps its ports, from ${base} on.\nLeave --port out, or give another --data.`,
    );
  await refuseRunning(places);
  await refuseTakenPorts(places);
  const mailbox = await reopenMailbox(root, known, places[0]);
  if (mailbox !== undefined) mailboxes.push(mailbox);
  screen.heading(`Resuming the hospitals in ${where}`);
  const start = performance.now();
  const actors = await startAll(places, processes);
  screen.done('Alder, Birch and Cedar run again with all they have', secondsSince(start));
  screen.line('    Nothing was imported again. To begin anew, remove that directory.');
  const members = await Promise.all(actors.map((actor) => knownMember(actor, known)));
  writeFederation(root, { hospitals: members, ...(known.mailbox === undefined ? {} : { mailbox: known.mailbox }) });
  return { actors, referral: undefined, mailbox: mailbox?.url };
}

/** Where it was, with all it had. */
async function reopenMailbox(root: string, known: Federation, place: Place | undefined): Promise<Mailbox | undefined> {
  if (known.mailbox === undefined || place?.mailPort === undefined) return undefined;
  const pagePort = Number(new URL(known.mailbox).port);
  return await openMailbox({ smtpPort: place.mailPort, pagePort, file: join(root, mailboxName) });
}

async function knownMember({ place }: Actor, { hospitals: members }: Federation): Promise<Member> {
  const member = members.find((one) => one.name === place.name);
  if (member === undefined) throw new DemoError(`${place.short} is missing in federation.json.`);
  return await memberOf(place, member);
}

async function placesIn(root: string): Promise<readonly Place[]> {
  return await Promise.all(
    hospitals.map(async (hospital) => {
      const dataDirectory = dataDirectoryOf(hospital, root);
      const { exchange, desk, control, mail } = await readConfigFile(dataDirectory, systemFiles);
      const ports = { exchange: exchange.port, desk: desk.port, control: control.port };
      return { ...hospital, dataDirectory, ports, ...(mail === undefined ? {} : { mailPort: mail.port }) };
    }),
  );
}

async function refuseRunning(places: readonly Place[]): Promise<void> {
  const running = await findRunning(places);
  if (running.length === 0) return;
  const names = running.map(({ place, pid }) => `${place.short} (process ${pid})`).join(', ');
  throw new DemoError(
    `Already running: ${names}. Another demo has this directory, or somebody started them.\n` +
      `Stop them there or with "kill ${running.map(({ pid }) => pid).join(' ')}", or give another --data and --port.`,
  );
}

/** On the way out: nodes that are not ours are left alone, and told of. */
async function tellForeign(screen: Screen, root: string): Promise<void> {
  for (const { place, pid } of await findRunning(await placesIn(root)))
    screen.line(`${place.short} still runs as process ${pid}: somebody else started it.`);
}

async function findRunning(
  places: readonly Place[],
): Promise<readonly { readonly place: Place; readonly pid: number }[]> {
  const found = await Promise.all(
    places.map(async (place) => {
      const running = await readRunning(place.dataDirectory, systemFiles);
      return running !== undefined && (await isServed(place)) ? [{ place, pid: running.pid }] : [];
    }),
  );
  return found.flat();
}

/** A set-up that was cut off is thrown away; anything else in the directory is not ours. */
function clearUnfinished(root: string): void {
  if (!existsSync(root)) return;
  const found = readdirSync(root);
  if (found.length === 0) return;
  if (!found.includes(markName))
    throw new DemoError(`${shortPath(root)} is not empty and no demo lives there: give another --data.`);
  rmSync(join(root, mailboxName), { force: true });
  for (const hospital of hospitals) {
    const dataDirectory = dataDirectoryOf(hospital, root);
    for (const directory of [dataDirectory, backupDirectoryOf({ dataDirectory })])
      rmSync(directory, { recursive: true, force: true });
  }
}
