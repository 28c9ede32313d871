import type { Clock } from '../platform/clock.ts';
import { checkBackups } from './check-backups.ts';
import { checkFiles } from './check-files.ts';
import { checkBlobs, checkClock, checkDatabase, checkMail } from './doctor.ts';
import { checkDisk, checkRootKey } from './doctor-files.ts';
import { checkPeer } from './doctor-peers.ts';
import { bad, good, type Finding } from './finding.ts';
import type { NodeServices } from './node-services.ts';
import { checkForecast } from './space-forecast.ts';

/** A page does not wait longer for a server that is silent. */
const patienceMs = 4_000;
const failuresAlarming = 3;

/** Work that waits in this node; nothing of it names a patient. */
export interface WaitingWork {
  /** Bundles on their way to peers, and those of them whose deadline has passed. */
  readonly deliveries: number;
  readonly overdue: number;
  /** Blobs that are not in cloud storage yet. */
  readonly uploads: number;
  /** Alerts to the police that need somebody at the telephone. */
  readonly loudAlerts: number;
}

const overStates: ReadonlySet<string> = new Set(['delivered', 'refused', 'withdrawn']);

/**
 * The checks of `doctor` for a page: side by side, none longer than a few seconds. The search for damage reads the whole
 * database and stops all other work meanwhile, so it is made only when it is asked for.
 */
export async function checkHealth(services: NodeServices, { withDamage }: { readonly withDamage: boolean }) {
  const { clock, config, directory } = services;
  const peers = directory.list().filter(({ state }) => state === 'paired' || state === 'paused');
  const found = await Promise.all([
    within(clock, 'clock', checkClock(services)),
    withDamage ? checkDatabase(services) : checkDatabaseIsOpen(services),
    within(clock, 'blobs', checkBlobs(services)),
    within(clock, 'files', checkFiles(services)),
    within(clock, 'mail', checkMail(services)),
    within(clock, 'root key', checkRootKey(services, config)),
    checkForecast(services),
    ...peers.map((peer) => within(clock, `peer ${peer.name}`, checkPeer(services, peer))),
  ]);
  const disk = await checkDisk(services, config);
  const backups = await checkBackups(services);
  return worstFirst([...found, ...disk, ...backups, checkJobs(services)]);
}

/** A job that fails once is tried again; one that goes on failing needs somebody. */
export function checkJobs({ jobStanding }: Pick<NodeServices, 'jobStanding'>): Finding {
  const jobs = jobStanding();
  const failing = jobs.filter(({ failuresInARow }) => failuresInARow > 0);
  if (jobs.length === 0)
    return bad('jobs', 'warn', 'this node', 'none runs: nothing is sent', 'start the node with fernpost serve');
  if (failing.length === 0) return good('jobs', `all ${jobs.length} run`);
  const words = failing.map(({ name, failuresInARow }) => `${name} (${failuresInARow} in a row)`).join(', ');
  const state = failing.some(({ failuresInARow }) => failuresInARow >= failuresAlarming) ? 'fail' : 'warn';
  return bad(
    'jobs',
    state,
    'this node',
    `fail and are tried again: ${words}`,
    'the diagnostics name the cause: job-failed',
  );
}

/** Whether the database takes new work; it is not searched for damage. */
export async function checkDatabaseIsOpen(services: NodeServices): Promise<Finding> {
  return services.store.isFull()
    ? await checkDatabase(services)
    : good('database', 'open, and takes new work; it was not searched for damage now');
}

/** Ends the wait, not the check: a server that hangs is a finding of its own. */
export async function within(clock: Clock, name: string, check: Promise<Finding>): Promise<Finding> {
  const done = new AbortController();
  const late = clock.sleep(patienceMs, done.signal).then((): Finding => {
    const detail = `no answer within ${patienceMs / 1000} s`;
    return bad(name, 'warn', 'the network', detail, 'open this page again; if it stays, look at that server');
  });
  try {
    return await Promise.race([check, late]);
  } finally {
    done.abort();
    check.catch(() => undefined); // Late failures of a check that nobody waits for: the finding above stands for them.
  }
}

export async function findWaitingWork({ referrals, blobs, alerts }: NodeServices): Promise<WaitingWork> {
  const [outbox, uploads, loud] = await Promise.all([referrals.outbox(), blobs.countPending(), alerts.loud()]);
  const waiting = outbox.filter(({ state }) => !overStates.has(state));
  const overdue = waiting.filter((delivery) => delivery.overdue).length;
  return { deliveries: waiting.length, overdue, uploads, loudAlerts: loud.length };
}

const order: Readonly<Record<Finding['state'], number>> = { fail: 0, warn: 1, ok: 2 };

function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((left, right) => order[left.state] - order[right.state]);
}
