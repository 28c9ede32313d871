import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  sign,
  verify,
} from 'node:crypto';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, inflateRawSync, deflateRawSync } from 'node:zlib';
import Sqlite from 'better-sqlite3';
import { generateKey } from '../../protocol/crypto/fernet.ts';
import { documentSaltBytes, openSeal, seal, xwingKeyPair } from '../../protocol/crypto/seal.ts';
import { parseBundleId, parseNodeName } from '../../protocol/ids.ts';
import { countPrimitives, type PrimitiveName, type Use, type Uses } from './count-primitives.ts';
import { benchDirectory, openHospitals } from './hospitals.ts';
import { cpuMsEach, cpuMsOf, median } from './measure.ts';
import type { Figure, Row } from './row.ts';

const outstanding = 8;
const countedReferrals = 32;
/** What a referral of few fields adds to the journals of both hospitals together. */
const pagesPerCommit = 8;
const pageBytes = 4096;

type Primitive = PrimitiveName | 'X-Wing seal' | 'X-Wing open';

/** Row 3: what a referral costs both hospitals together, against the primitives that it cannot do without. */
export const referralCpu: Row = {
  row: 3,
  title: 'processor time of one small referral, both hospitals, FULL, against its bare primitives',
  run: async (effort) => {
    const [rounds, count, ms] = effort === 'full' ? [7, 100, 60] : [1, 2, 2];
    await using pair = await openHospitals();
    await pair.exchange(effort === 'full' ? 300 : 1, outstanding);
    const counted = effort === 'full' ? countedReferrals : 2;
    const uses = await countPrimitives(() => pair.exchange(counted, outstanding));
    const each = perReferral(uses, counted);
    const document = await documentOf(pair);
    const totals: number[] = [];
    const prices = new Map<Primitive, number[]>([...each.keys()].map((name) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      totals.push((await cpuMsOf(() => pair.exchange(count, outstanding))) / count);
      for (const [name, price] of await timePrimitives(each, document, ms)) prices.get(name)?.push(price);
    }
    const total = median(totals);
    const lines = [...each].map(([name, use]) => ({ name, use, ms: median(prices.get(name) ?? []) * use.calls }));
    const sum = lines.reduce((all, line) => all + line.ms, 0);
    const figures: Figure[] = [
      { name: 'the FHIR bundle', value: document.length, unit: 'bytes' },
      { name: 'a whole referral', value: total, unit: 'ms' },
      ...lines.map(({ name, use, ms: value }): Figure => ({ name: `  ${labelOf(name, use)}`, value, unit: 'ms' })),
      { name: 'sum of its primitives', value: sum, unit: 'ms' },
    ];
    return {
      figures,
      verdicts: [{ name: 'referral / primitives', value: total / sum, unit: 'x', goal: { atMost: 2 } }],
      notices: [
        `The smallest referral that FHIR and the profile allow is ${(document.length / 1024).toFixed(1)} KiB, not 2 KiB; both hospitals check all of it.`,
        'HTTP, JSON and SQL statements are not among the primitives; commits are, with as many pages as a referral writes.',
      ],
    };
  },
};

function perReferral(uses: Uses, referrals: number): Map<Primitive, Use> {
  const map = new Map<Primitive, Use>([
    ['X-Wing seal', { calls: 1, bytes: 0 }],
    ['X-Wing open', { calls: 1, bytes: 0 }],
  ]);
  for (const [name, { calls, bytes }] of Object.entries(uses))
    map.set(name as PrimitiveName, { calls: calls / referrals, bytes: bytes / referrals });
  return map;
}

function labelOf(name: Primitive, { calls, bytes }: Use): string {
  const times = calls % 1 === 0 ? String(calls) : calls.toFixed(1);
  return bytes > 0 ? `${name}, ${times} times, ${Math.round(bytes)} bytes` : `${name}, ${times} times`;
}

async function documentOf(pair: Awaited<ReturnType<typeof openHospitals>>): Promise<Uint8Array> {
  const { id } = await pair.refer();
  const [first] = (await pair.alder.referrals.show(id)).events;
  return await pair.alder.referrals.document(id, first?.message ?? '');
}

/** Milliseconds of one call of each, over as many bytes as a call of it has in a referral. */
async function timePrimitives(
  each: ReadonlyMap<Primitive, Use>,
  document: Uint8Array,
  ms: number,
): Promise<Map<Primitive, number>> {
  const bytesOf = (name: Primitive): Uint8Array => {
    const use = each.get(name);
    const size = use === undefined || use.calls === 0 ? 0 : Math.round(use.bytes / use.calls);
    return new Uint8Array(randomBytes(size));
  };
  const part = (name: Primitive): Uint8Array => document.subarray(0, bytesOf(name).length || document.length);
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const publicKey = createPublicKey(key);
  const message = new Uint8Array(randomBytes(400));
  const signature = sign(null, message, key);
  const secret = randomBytes(16);
  const [hashed, maced, enciphered] = [bytesOf('sha256'), bytesOf('hmac'), bytesOf('aes')];
  const plain = part('gzip');
  const deflated = deflateRawSync(part('inflate'));
  const sealing = sealingPair();
  const calls: Record<Exclude<Primitive, 'commit'>, () => unknown> = {
    'X-Wing seal': sealing.seal,
    'X-Wing open': sealing.open,
    sign: () => sign(null, message, key),
    verify: () => verify(null, message, publicKey, signature),
    sha256: () => createHash('sha256').update(hashed).digest(),
    hmac: () => createHmac('sha256', secret).update(maced).digest(),
    hkdf: () => hkdfSync('sha256', secret, '', 'bench', 48),
    aes: () => {
      const cipher = createCipheriv('aes-128-cbc', secret, secret);
      cipher.update(enciphered);
      cipher.final();
    },
    gzip: () => gzipSync(plain),
    inflate: () => inflateRawSync(deflated),
  };
  const prices = new Map<Primitive, number>();
  for (const [name, call] of Object.entries(calls)) prices.set(name as Primitive, cpuMsEach(call, ms));
  prices.set('commit', await commitMs(ms));
  return prices;
}

function sealingPair(): { readonly seal: () => Uint8Array; readonly open: () => unknown } {
  const random = (size: number): Uint8Array => new Uint8Array(randomBytes(size));
  const { publicKey, privateKey } = xwingKeyPair(random(32));
  const place = {
    from: parseNodeName('alder.example'),
    to: parseNodeName('birch.example'),
    bundle: parseBundleId('0e0f2f6a-2a94-4a53-8b0f-1d6f5c1b7a11'),
  };
  const secrets = { fernetKey: generateKey(random), documentSalt: random(documentSaltBytes) };
  const sealOne = (): Uint8Array => seal({ suite: 2, publicKey, random, ...place, ...secrets });
  const box = sealOne();
  return { seal: sealOne, open: () => openSeal({ suite: 2, box, publicKey, privateKey, ...place }) };
}

/** A bare durable transaction of as many pages as those of a referral. */
async function commitMs(ms: number): Promise<number> {
  const directory = await benchDirectory();
  const database = new Sqlite(join(directory, 'bare.db'));
  for (const setting of ['locking_mode = EXCLUSIVE', 'journal_mode = WAL', 'synchronous = FULL'])
    database.pragma(setting);
  database.exec('CREATE TABLE page (bytes BLOB)');
  const insert = database.prepare('INSERT INTO page VALUES (?)');
  const page = randomBytes(pageBytes - 200);
  const commit = database.transaction(() => {
    for (let i = 0; i < pagesPerCommit; i += 1) insert.run(page);
  });
  const price = cpuMsEach(commit, ms);
  database.close();
  await rm(directory, { recursive: true, force: true });
  return price;
}
