import * as v from 'valibot';
import { BlobError } from '../blobs/blob-store.ts';
import { MailError } from '../platform/mail.ts';
import { checkBackups } from './check-backups.ts';
import { checkFiles } from './check-files.ts';
import { bad, good, type Finding } from './finding.ts';
import { plain } from './operation.ts';
import { checkPeer } from './doctor-peers.ts';
import type { NodeServices } from './node-services.ts';
import { checkForecast } from './space-forecast.ts';

/** The wall clock may stand this far before the last signature before nothing is signed any more (Node §2). */
const clockBehindMsMax = 5_000;

/** Checks that need an open node; those of files and disk are made by the command line, which can make them without. */
export const doctorOperations = {
  'doctor.check': plain(v.strictObject({}), async (services): Promise<{ readonly findings: readonly Finding[] }> => {
    const peers = services.directory.list().filter((peer) => peer.state === 'paired' || peer.state === 'paused');
    const findings = await Promise.all([
      checkClock(services),
      checkForecast(services),
      checkDatabase(services),
      checkBlobs(services),
      checkFiles(services),
      checkMail(services),
      ...peers.map((peer) => checkPeer(services, peer)),
    ]);
    const all = [...findings, ...(await checkBackups(services))];
    return { findings: peers.length === 0 ? [...all, noPeers] : all };
  }),
};

const noPeers = bad(
  'peers',
  'warn',
  'this node',
  'no hospital is paired with this node',
  'pair with one: fernpost peer invite, or fernpost peer accept LINK',
);

export async function checkClock({ log, clock }: NodeServices): Promise<Finding> {
  const { size, signedAt } = log.head();
  if (size === 0) return good('clock', 'nothing was signed yet');
  const behindMs = signedAt - clock.now();
  if (behindMs <= clockBehindMsMax) return good('clock', 'not before the last signature of the log');
  return bad(
    'clock',
    'fail',
    'this node',
    `the clock stands ${Math.round(behindMs / 1000)} s before the last signature of the log: nothing is signed`,
    'set the clock of this machine right and keep it so (NTP)',
  );
}

export async function checkDatabase({ store }: NodeServices): Promise<Finding> {
  if (store.isFull())
    return bad(
      'database',
      'fail',
      'this node',
      'the disk is full: new work is refused, reading goes on',
      'free some space; the node goes on by itself',
      'Nothing new can be saved or received. What was saved is safe and can be read.',
    );
  const [first, ...more] = store.findDamage();
  if (first === undefined) return good('database', 'no damage found');
  return bad(
    'database',
    'fail',
    'this node',
    `damaged: ${first}${more.length === 0 ? '' : `, and ${more.length} more`}`,
    'stop the node and restore the data directory from its last backup',
  );
}

export async function checkBlobs({ blobs }: NodeServices): Promise<Finding> {
  try {
    const { detail } = await blobs.probe();
    const pending = await blobs.countPending();
    if (pending === 0) return good('blobs', detail);
    const waiting = `${pending} blobs are not yet in cloud storage; they are safe on this machine`;
    return bad('blobs', 'warn', 'the network', waiting, 'wait; if the number grows, look at the bucket and its quota');
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    const side = error.code === 'unreachable' ? 'the network' : 'this node';
    const fix = 'check endpoint, bucket, keys and rights; until then everything is kept safe on this machine';
    return bad('blobs', 'fail', side, error.message, fix);
  }
}

export async function checkMail({ mail }: NodeServices): Promise<Finding> {
  if (mail === undefined)
    return bad(
      'mail',
      'warn',
      'this node',
      'no mail server is configured: alerts to the police are kept, and say to telephone',
      'add "mail" to fernpost.json and start the node again',
    );
  try {
    await mail.verify();
    return good('mail', 'the mail server takes our connection and sign-in');
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    const side = error.code === 'unreachable' ? 'the network' : 'this node';
    return bad('mail', 'fail', side, error.message, 'check "mail" in fernpost.json and FERNPOST_SMTP_PASSWORD_FILE');
  }
}
