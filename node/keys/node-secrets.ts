import { equalBytes } from '../../protocol/bytes.ts';
import { boxKeyPair, sealingReady, xwingKeyPair, type SealingKeyPair, type Suite } from '../../protocol/crypto/seal.ts';
import { signingKey, type SigningKey } from '../../protocol/crypto/sign.ts';
import { instantOfMs, instantOfUnix, unixOf, type Instant } from '../../protocol/instant.ts';
import type { Random } from '../platform/random.ts';
import type { Reader, Writer } from '../store/store.ts';
import { KeyError, type Keyring } from './keyring.ts';
import { allNodeKeys, insertNodeKey, type NodeKeyUse } from './key-queries.ts';

/** One of the node's keys in the form its card lists it (Spec §1). Times are whole seconds. */
export interface NodeKey {
  readonly use: NodeKeyUse;
  readonly key: Uint8Array;
  readonly from: Instant;
  readonly until: Instant;
}

export interface RevokedNodeKey {
  readonly use: NodeKeyUse;
  readonly key: Uint8Array;
  readonly time: Instant;
}

export interface OpeningKey extends NodeKey {
  readonly suite: Suite;
  readonly pair: SealingKeyPair;
}

/** The node's own keys, one for each purpose, none derived from another (Spec §1). */
export interface NodeSecrets {
  readonly identity: SigningKey;
  readonly http: SigningKey;
  readonly log: SigningKey;
  readonly cosign: SigningKey;
  /** Every key that still opens bundles, newest first within its suite. */
  readonly opening: readonly OpeningKey[];
  /** What the card's `key` lines list: not `identity` and `log`. */
  readonly published: readonly NodeKey[];
  readonly revoked: readonly RevokedNodeKey[];
}

const seedBytes = 32;
const dayMs = 24 * 3600 * 1000;
/** Signing keys live two years at most, sealing keys rotate yearly (Node §7); identity and log stay until replaced. */
const lifeDays: Readonly<Record<NodeKeyUse, number>> = {
  identity: 7300,
  log: 7300,
  http: 730,
  cosign: 730,
  box: 365,
  xwing: 365,
};
const uses: readonly NodeKeyUse[] = ['identity', 'http', 'log', 'cosign', 'box', 'xwing'];

/** Makes all six keys of a new node. */
export async function createNodeSecrets(
  writer: Writer,
  ports: { readonly keyring: Keyring; readonly random: Random; readonly now: Instant },
): Promise<void> {
  for (const use of uses) await addNodeKey(writer, use, ports);
}

/** Makes one more key for a use. `await sealingReady()` has happened before. */
export async function addNodeKey(
  writer: Writer,
  use: NodeKeyUse,
  ports: { readonly keyring: Keyring; readonly random: Random; readonly now: Instant },
): Promise<void> {
  const seed = ports.random.bytes(seedBytes);
  const from = instantOfUnix(unixOf(ports.now));
  const publicKey = publicKeyOf(use, seed);
  await writer.run(insertNodeKey, {
    use,
    public_key: publicKey,
    wrapped_seed: ports.keyring.sealOwn(purposeOf(use, publicKey), seed),
    from_at: from,
    until_at: from + lifeDays[use] * dayMs,
  });
}

/** Unwraps the node's keys, and checks that each seed belongs to its public key. Run once at start. */
export async function loadNodeSecrets(reader: Reader, keyring: Keyring): Promise<NodeSecrets> {
  await sealingReady();
  const rows = await reader.all(allNodeKeys, {});
  const signing = new Map<NodeKeyUse, SigningKey>();
  const opening: OpeningKey[] = [];
  const published: NodeKey[] = [];
  const revoked: RevokedNodeKey[] = [];
  for (const row of rows) {
    const key: NodeKey = {
      use: row.use,
      key: row.public_key,
      from: instantOfMs(row.from_at),
      until: instantOfMs(row.until_at),
    };
    if (row.revoked_at !== null) revoked.push({ use: key.use, key: key.key, time: instantOfMs(row.revoked_at) });
    else if (key.use !== 'identity' && key.use !== 'log') published.push(key);
    if (row.wrapped_seed === null) continue;
    const seed = keyring.openOwn(purposeOf(key.use, key.key), row.wrapped_seed);
    if (!equalBytes(publicKeyOf(key.use, seed), key.key)) throw damaged(key.use);
    if (key.use === 'box') opening.push({ ...key, suite: 1, pair: boxKeyPair(seed) });
    else if (key.use === 'xwing') opening.push({ ...key, suite: 2, pair: xwingKeyPair(seed) });
    else if (row.revoked_at === null && !signing.has(key.use)) signing.set(key.use, signingKey(seed));
  }
  const one = (use: NodeKeyUse): SigningKey => signing.get(use) ?? fail(use);
  return {
    identity: one('identity'),
    http: one('http'),
    log: one('log'),
    cosign: one('cosign'),
    opening,
    published,
    revoked,
  };
}

function publicKeyOf(use: NodeKeyUse, seed: Uint8Array): Uint8Array {
  if (use === 'box') return boxKeyPair(seed).publicKey;
  if (use === 'xwing') return xwingKeyPair(seed).publicKey;
  return signingKey(seed).publicKey;
}

function purposeOf(use: NodeKeyUse, publicKey: Uint8Array): string {
  return `node_key/${use}/${publicKey.toHex()}`;
}

function damaged(use: NodeKeyUse): KeyError {
  return new KeyError('damaged', `the node's ${use} key does not belong to its public key: restore the database`);
}

function fail(use: NodeKeyUse): never {
  throw new KeyError('damaged', `the node has no ${use} key: was it initialised?`);
}
