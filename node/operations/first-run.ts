import { parseUtf8 } from '../../protocol/bytes.ts';
import { parseCard } from '../../protocol/card.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { cardBytesMax } from '../../protocol/http/limits.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import { TransportError } from '../peers/transport.ts';
import { PeerHttpError } from '../platform/peer-http.ts';
import { checkRootKey } from './doctor-files.ts';
import { checkBlobs, checkClock, checkMail } from './doctor.ts';
import { bad, good, type Finding } from './finding.ts';
import { checkDatabaseIsOpen, within } from './health.ts';
import type { NodeServices } from './node-services.ts';

export const firstRunNames = ['name', 'keys', 'database', 'storage', 'mail and clock', 'public url'] as const;
export type FirstRunName = (typeof firstRunNames)[number];

export interface FirstRunCheck {
  readonly name: FirstRunName;
  /** What was looked at; the check is as good as the worst of them. */
  readonly findings: readonly Finding[];
}

/** The six, as page and terminal head them. */
export const firstRunTitles: Readonly<Record<FirstRunName, string>> = {
  name: 'Name',
  keys: 'Keys made and backed up',
  database: 'Database',
  storage: 'Storage: write, read, delete',
  'mail and clock': 'Mail and clock',
  'public url': 'Public address',
};

/** What has to hold before the first peer is paired; each failure says its fix. Made anew on every call. */
export async function checkFirstRun(services: NodeServices): Promise<readonly FirstRunCheck[]> {
  const { clock } = services;
  const [rootKey, database, blobs, mail, time, url, backup] = await Promise.all([
    checkRootKey(services, services.config),
    checkDatabaseIsOpen(services),
    within(clock, 'blobs', checkBlobs(services)),
    within(clock, 'mail', checkMail(services)),
    checkClock(services),
    within(clock, 'public url', checkOwnUrl(services)),
    checkBackup(services),
  ]);
  const { name, title } = services.own;
  return [
    { name: 'name', findings: [good('name', `${title} is ${name} in every key, log and record; it stays for ever`)] },
    { name: 'keys', findings: [rootKey, backup] },
    { name: 'database', findings: [database] },
    { name: 'storage', findings: [blobs] },
    { name: 'mail and clock', findings: [mail, time] },
    { name: 'public url', findings: [url] },
  ];
}

export function worstOf({ findings }: Pick<FirstRunCheck, 'findings'>): Finding['state'] {
  if (findings.some(({ state }) => state === 'fail')) return 'fail';
  return findings.some(({ state }) => state === 'warn') ? 'warn' : 'ok';
}

/** The finding that a person answers for. */
export const backupCheck = 'backup of the keys';

async function checkBackup({ settings }: NodeServices): Promise<Finding> {
  const { keysBackedUp } = await settings.values();
  if (keysBackedUp !== '') return good(backupCheck, `confirmed: ${keysBackedUp}`);
  return bad(
    backupCheck,
    'fail',
    'this node',
    'nobody has confirmed yet that a copy of root.key lies in a safe; without it every record is lost with this disk',
    'put a copy of root.key into a safe, apart from every backup, and confirm it here',
  );
}

/** Asks our own address for our own card, as a peer does. A node that does not run can only say so. */
export async function checkOwnUrl(services: NodeServices): Promise<Finding> {
  const { transport, own, isRunning } = services;
  const check = 'public url';
  const { url } = own;
  if (!isRunning())
    return bad(
      check,
      'fail',
      'this node',
      `the node does not run, so nothing of it answers at ${url}`,
      'start it: fernpost serve',
    );
  try {
    const path = targetOf({ name: 'getCard' });
    const answer = await transport.plain({ url }, { method: 'GET', path, answerBytesMax: cardBytesMax });
    if (answer.status !== 200)
      return bad(check, 'fail', 'this node', `${url} answers ${answer.status} instead of our card`, proxyFix);
    parseCard(parseUtf8(answer.body), own.identityVkey, logCrypto);
    return good(check, `${url} answers with our own card`);
  } catch (error) {
    if (error instanceof ProtocolError)
      return bad(check, 'fail', 'this node', `another node, or none, answers at ${url}`, proxyFix);
    if (!(error instanceof TransportError) && !(error instanceof PeerHttpError)) throw error;
    if (error.code === 'NET_ADDRESS' || error.code === 'address-refused')
      return bad(
        check,
        'warn',
        'this node',
        `${url} is a private address, which this node may not ask; it cannot say whether peers reach it`,
        'if peers are in that range as well, add it to "peerAddresses" in fernpost.json',
      );
    return bad(check, 'fail', 'the network', `${error.message} (${url})`, proxyFix);
  }
}

const proxyFix = 'look at the TLS proxy, the DNS name and "url" in fernpost.json: peers ask exactly this address';
