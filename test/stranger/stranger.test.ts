import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { parseNodeName, parseNodeUrl, parseReferralId } from '../../protocol/ids.ts';
import { parseVkey } from '../../protocol/log/note.ts';
import { verifyLog } from '../../protocol/log/verify.ts';
import type { NodeConfig } from '../../node/config/config.ts';
import { initNode, openNode, type FernpostNode } from '../../node/node.ts';
import { silentDiagnostics } from '../../node/platform/diagnostics.ts';
import { hasPython } from '../support/oracles.ts';
import { loadVectors, repoRoot } from '../support/vectors.ts';
import { expectedAnswers } from './expected-answers.ts';
import { freePort, runPython, startDogwood, type Dogwood, type PairedFacts, type SentFacts } from './dogwood.ts';

/**
 * A hospital whose engineers had the specification and no line of our code (peer.py, auditor.py) refers to one of ours,
 * both as processes of their own on loopback.
 */

const attachment = Buffer.concat([Buffer.from('Notes of the ward\n'), Buffer.from(randomBytes(3000).toString('hex'))]);
const runs = hasPython();

test.runIf(runs)('what the stranger wrote agrees with the test vectors, and its auditor with their log', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fernpost-stranger-vectors-'));
  try {
    const file = join(repoRoot, 'protocol', 'vectors', 'protocol.json');
    const { code, said } = await runPython('check_vectors.py', [file, directory]);
    expect(said).toMatch(/^\d+ values of the vectors agree$/m);
    expect(code).toBe(0);
    const vectors = loadVectors();
    const witnesses = vectors.list('/log/witnessVkeys').flatMap((each) => ['--witness', each.text()]);
    const options = [`file://${directory}`, vectors.text('/log/vkey'), ...witnesses];
    options.push('--proof', join(directory, 'proof'), '--entry', vectors.text('/records/first/leaf/sent'));
    expect(await runPython('auditor.py', options)).toEqual({
      said: 'alder.example/log: 600 entries in 8 resources, 2 cosignatures and 1 proofs hold\n',
      code: 0,
    });
    const tile = join(directory, 'tile', '0', '001');
    const bytes = readFileSync(tile);
    bytes[77] = (bytes[77] ?? 0) ^ 1;
    writeFileSync(tile, bytes);
    expect(await runPython('auditor.py', options)).toEqual({
      said: 'no: tile/0/001 does not fit the entries\n',
      code: 1,
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

describe.runIf(runs)('a peer in Python, written from the specification', () => {
  let directory: string;
  let birch: FernpostNode;
  let dogwood: Dogwood;
  let paired: PairedFacts;
  let withAttachment: SentFacts;
  let atOnce: SentFacts;

  beforeAll(async () => {
    directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'fernpost-stranger-'));
    birch = await startBirch(join(directory, 'birch'));
    writeFileSync(join(directory, 'attachment'), attachment);
    const { link } = await birch.pairing.invite();
    dogwood = await startDogwood({
      directory: join(directory, 'dogwood'),
      link,
      attachment: join(directory, 'attachment'),
    });
    const atDogwood = await dogwood.hear<{ words: string[]; asked: number[] }>('words');
    const atBirch = (await birch.pairing.list()).find((each) => each.peer === dogwood.name);
    if (atBirch === undefined) throw new Error('Birch knows of no pairing');
    await birch.pairing.confirm(dogwood.name, typed(atBirch.type, atDogwood.words));
    dogwood.type(typed(atDogwood.asked, atBirch.words));
    paired = await dogwood.hear('paired');
    withAttachment = await dogwood.hear('sent');
    atOnce = await dogwood.hear('sent');
    await dogwood.hear('ready');
  });

  afterAll(async () => {
    await dogwood[Symbol.asyncDispose]();
    await birch[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  test('its referrals are received, in parts and at once, and the attachment is the same to the byte', async () => {
    const first = await birch.referrals.show(parseReferralId(withAttachment.referral));
    const second = await birch.referrals.show(parseReferralId(atOnce.referral));
    expect([first.state, second.state]).toEqual(['received', 'received']);
    expect([first.peer, second.peer]).toEqual([dogwood.name, dogwood.name]);
    expect(second.attachments).toEqual([]);
    const [only] = first.attachments;
    expect(only?.size).toBe(attachment.length);
    if (only === undefined) throw new Error('no attachment');
    const pieces: Uint8Array[] = [];
    for await (const piece of birch.referrals.readAttachment(first.id, only.id)) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(attachment)).toBe(true);
  });

  test('the receipts that it verified are those that this node gives', async () => {
    for (const { referral, proof } of [withAttachment, atOnce]) {
      const { receipt } = await birch.referrals.show(parseReferralId(referral));
      expect(readFileSync(proof, 'utf8')).toBe(receipt);
    }
  });

  test('its auditor says yes to both logs, with cosignature and receipts', async () => {
    const { code, said } = await runPython('auditor.py', [...askBirch(), ...receipts()]);
    expect(said).toMatch(/^birch\.example\/log: \d+ entries .* 2 proofs hold$/m);
    expect(code).toBe(0);
    const witness = paired.peerWitness.flatMap((vkey) => ['--witness', vkey]);
    const own = await runPython('auditor.py', [
      paired.ownLog,
      paired.ownVkey,
      `--token=${paired.ownToken}`,
      ...witness,
    ]);
    expect(own.said).toMatch(/^dogwood\.example\/log: 3 entries .* 1 cosignatures/m);
    expect(own.code).toBe(0);
  });

  test('this node reads the log of the stranger and finds it whole', async () => {
    const verdict = await verifyLog({
      logKey: parseVkey(paired.ownVkey, logCrypto),
      fetch: async (path) => {
        const answer = await fetch(`${paired.ownLog}/${path}`, { headers: bearer(paired.ownToken) });
        return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined;
      },
      crypto: logCrypto,
    });
    expect(verdict).toMatchObject({ state: 'sound' });
  });

  test('without its Bearer the auditor sees nothing', async () => {
    const { code, said } = await runPython('auditor.py', [paired.peerLog, paired.peerVkey]);
    expect(said).toContain('401');
    expect(code).toBe(1);
  });

  test.each([
    ['the checkpoint', 'checkpoint', 30],
    ['an entry', 'tile/entries/', 60],
    ['a tile', 'tile/0/', 5],
  ])('its auditor says no after one byte of %s was changed', async (_, path, at) => {
    await using proxy = await tamperingProxy(paired.peerLog, path, at);
    const { code, said } = await runPython('auditor.py', [proxy.url, ...askBirch().slice(1)]);
    expect(said).toMatch(/^no: /m);
    expect(code).toBe(1);
  });

  test('its auditor says no to a receipt for another leaf', async () => {
    const swapped = ['--proof', withAttachment.proof, '--entry', atOnce.entry];
    const { code, said } = await runPython('auditor.py', [...askBirch(), ...swapped]);
    expect(said).toMatch(/^no: /m);
    expect(code).toBe(1);
  });

  test('what the node decides reaches it as an event, and its receipt counts here', async () => {
    const id = parseReferralId(withAttachment.referral);
    await birch.referrals.accept(id, { author: { id: 'dr-birch', name: 'Dr Birch' } });
    const took = await dogwood.hear<{ referral: string; kind: string; says: Record<string, unknown> }>('took');
    expect(took).toMatchObject({ referral: id, kind: 'event' });
    expect(took.says).toMatchObject({ event: 'referral-accepted', state: 'accepted', seq: 1 });
    const seen = Buffer.from(withAttachment.sha256, 'base64url').toString('base64');
    expect(took.says['seen']).toBe(seen);
    await expect
      .poll(async () => (await birch.referrals.show(id)).deliveries[0]?.proof, { timeout: 10_000 })
      .toBeTruthy();
    expect((await birch.referrals.show(id)).state).toBe('accepted');
  });

  test('it may ask to cancel what was accepted', async () => {
    dogwood.order('cancel');
    await dogwood.hear('cancelled');
    const referral = await birch.referrals.show(parseReferralId(withAttachment.referral));
    expect(referral.events.map(({ name, author, status }) => [name, author, status])).toEqual([
      ['referral-sent', 'sender', 'applied'],
      ['referral-accepted', 'receiver', 'applied'],
      ['cancel-requested', 'sender', 'applied'],
    ]);
    expect(referral.state).toBe('cancel-requested');
  });

  test('off the straight road the node answers as the specification says', async () => {
    dogwood.order('probe');
    const { found } = await dogwood.hear<{ found: string[][] }>('probed');
    expect(found).toEqual(expectedAnswers);
  });

  test('as the host of a pairing it takes this node as its guest, and refers to it', async () => {
    await using elm = await startDogwood({
      name: 'elm.example',
      directory: join(directory, 'elm'),
      attachment: join(directory, 'attachment'),
    });
    const { link } = await elm.hear<{ link: string }>('invitation');
    const atBirch = await birch.pairing.accept(link);
    const atElm = await elm.hear<{ words: string[]; asked: number[] }>('words');
    expect(atElm.words).toEqual(atBirch.words);
    elm.type(typed(atElm.asked, atBirch.words));
    await birch.pairing.confirm(elm.name, typed(atBirch.type, atElm.words));
    expect(await elm.hear('paired')).toMatchObject({ peer: 'birch.example' });
    const { referral } = await elm.hear<SentFacts>('sent');
    expect((await birch.referrals.show(parseReferralId(referral))).state).toBe('received');
  });

  const askBirch = (): string[] => [paired.peerLog, paired.peerVkey, `--token=${paired.readToken}`];
  const receipts = (): string[] =>
    [withAttachment, atOnce].flatMap(({ proof, entry }) => ['--proof', proof, '--entry', entry]);
});

function typed(asked: readonly number[], words: readonly string[]): string[] {
  return asked.map((place) => words[place - 1] ?? '');
}

async function startBirch(dataDirectory: string): Promise<FernpostNode> {
  mkdirSync(dataDirectory, { mode: 0o700 });
  const port = await freePort();
  const loopback = { host: '127.0.0.1', port: 0 };
  const config: NodeConfig = {
    dataDirectory,
    name: parseNodeName('birch.example'),
    title: 'Birch General',
    url: parseNodeUrl(`http://127.0.0.1:${port}`),
    exchange: { host: '127.0.0.1', port },
    desk: loopback,
    control: loopback,
    peerAddresses: { allow: ['127.0.0.0/8'] },
    proxies: [],
    logAccess: 'peers',
    rootKey: { path: join(dataDirectory, 'root.key') },
    limits: { bytesADay: 2 ** 30, leavesADay: 1000, peers: {}, bundleBytesMax: 2 ** 30, ballastBytes: 0 },
  };
  await initNode(config, { diagnostics: silentDiagnostics });
  const node = await openNode(config, { diagnostics: silentDiagnostics });
  await node.listen();
  await node.start();
  return node;
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** Passes a log on, with one byte changed in the resources whose path begins so. */
async function tamperingProxy(log: string, path: string, at: number): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => {
    const target = (request.url ?? '').slice(1);
    const headers = { authorization: request.headers.authorization ?? '' };
    fetch(`${log}/${target}`, { headers })
      .then(async (answer) => {
        const body = new Uint8Array(await answer.arrayBuffer());
        if (target.startsWith(path)) body[at] = (body[at] ?? 0) ^ 1;
        response.writeHead(answer.status).end(body);
      })
      .catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
