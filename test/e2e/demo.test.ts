import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseUtf8 } from '../../protocol/bytes.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { verifyCheckpoint } from '../../protocol/log/checkpoint.ts';
import { parseVkey } from '../../protocol/log/note.ts';
import { readFederation, type Federation, type Member } from '../../scripts/demo/federation.ts';
import type { StationMail } from '../../scripts/demo/mailbox.ts';
import { hiddenFields, openClient, unescape } from '../support/desk-client.ts';
import { findFreeBase } from '../support/free-ports.ts';
import { hasPrograms, startCeph } from '../support/real-services.ts';
import { testDirectory } from '../support/test-directory.ts';

const script = join(import.meta.dirname, '..', '..', 'scripts', 'demo.ts');
const waitMsMax = 90_000;

/** The demo as its user starts it, and all that it has said so far. */
function startDemo(args: readonly string[]) {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let said = '';
  const waiting: (() => void)[] = [];
  const hear = (piece: Buffer): void => {
    said += piece.toString('utf8');
    for (const look of waiting) look();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  /** Fulfilled once the demo has said this; fails with all that it said when it ends before. */
  const until = async (words: RegExp): Promise<void> => {
    const heard = new Promise<void>((resolve) => {
      const look = (): void => (words.test(said) ? resolve() : undefined);
      waiting.push(look);
      look();
    });
    const over = ended.then(() => Promise.reject(new Error(`the demo ended before ${words}:\n${said}`)));
    await Promise.race([heard, over]);
  };
  return {
    said: () => said,
    until,
    ended,
    interrupt: () => child.kill('SIGINT'),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function memberOf(federation: Federation | undefined, name: string): Member {
  const member = federation?.hospitals.find((one) => one.name === name);
  if (member === undefined) throw new Error(`${name} is not in the federation`);
  return member;
}

async function look(member: Member, path: string, token: string | undefined): Promise<Response> {
  return await fetch(`${member.exchange}${path}`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
}

test('--once plays one referral, proves it and exits 0', { timeout: waitMsMax }, async () => {
  await using demo = startDemo(['--once']);
  expect(await demo.ended, demo.said()).toBe(0);
  const lines = demo.said().trimEnd().split('\n');
  expect(lines.at(-2)).toBe('Everything holds: one referral, delivered once, accepted, proven by both logs.');
  expect(lines.at(-1)).toMatch(/^[0-9.]+ s in all\.$/);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('the demo shows three hospitals to an auditor, survives a kill, and resumes', { timeout: waitMsMax }, async () => {
  using directory = testDirectory();
  const root = directory.file('demo');
  const args = ['--data', root, '--port', String(await findFreeBase())];
  {
    await using demo = startDemo(args);
    await demo.until(/Ctrl-C stops all three/);
    const federation = readFederation(root);
    expect(statSync(join(root, 'federation.json')).mode & 0o777).toBe(0o600);
    const roles = ['administrator', 'doctor', 'nurse', 'coordinator', 'auditor'];
    expect(
      federation?.hospitals.map(({ name, origin, users }) => [name, origin, users.map(({ role }) => role)]),
    ).toEqual(['alder', 'birch', 'cedar'].map((key) => [`${key}.example`, `${key}.example/log`, roles]));
    for (const member of federation?.hospitals ?? []) await checkMember(member, root);

    await checkMailbox(federation);

    const birch = memberOf(federation, 'birch.example');
    const { pid } = JSON.parse(readFileSync(join(birch.dataDir, 'running.json'), 'utf8')) as { pid: number };
    const goOn = await beginWork(birch);
    process.kill(pid, 'SIGKILL');
    await demo.until(/Birch: was killed \(SIGKILL\)[^]*serve[^]*Birch: runs again/);
    expect((await look(birch, '/log/checkpoint', birch.auditorToken)).status).toBe(200);
    await goOn();

    demo.interrupt();
    expect(await demo.ended, demo.said()).toBe(0);
    expect(existsSync(join(birch.dataDir, 'running.json'))).toBe(false);
  }
  const before = readFederation(root);
  await using again = startDemo(['--data', root]);
  await again.until(/Ctrl-C stops all three/);
  expect(again.said()).toMatch(/Nothing was imported again/);
  expect(readFederation(root)).toEqual(before);
  expect(await mailsOf(before)).toHaveLength(1);
  await using second = startDemo(args);
  expect(await second.ended).toBe(1);
  expect(second.said()).toMatch(/Already running: Alder/);
});

/** A nurse signs in and opens a form; what is returned sends it, with the same cookie. */
async function beginWork({ desk, users }: Member): Promise<() => Promise<void>> {
  const nurse = openClient(desk);
  await nurse.signIn(users.find(({ role }) => role === 'nurse') ?? { login: '', password: '' });
  const page = await nurse.get('/patients/new');
  const fields = { ...hiddenFields(page.text, '/patients/new'), csv_id: 'KILLED-1', family_name: 'Survivor' };
  return async () => {
    const saved = await nurse.post('/patients/new', fields);
    expect([saved.status, (await nurse.get(saved.location ?? '')).status]).toEqual([303, 200]);
  };
}

/** A doctor of Alder alerts the police at the desk; the stations' mailbox has exactly the mail that was shown. */
async function checkMailbox(federation: Federation | undefined): Promise<void> {
  expect(await mailsOf(federation)).toEqual([]);
  const { desk, users } = memberOf(federation, 'alder.example');
  const doctor = openClient(desk);
  await doctor.signIn(users.find(({ role }) => role === 'doctor') ?? { login: '', password: '' });
  const form = await doctor.open('/alerts/new');
  const station = /name="station" value="([^"]+)"/.exec(form.text)?.[1] ?? '';
  const fields = { station, caseNumber: 'ALD-2026-0001', reason: 'Brought in with a stab wound' };
  const preview = await doctor.submit('/alerts/new', '/alerts/new', fields);
  const sent = await doctor.post('/alerts', hiddenFields(preview.text, '/alerts'));
  expect(sent.status).toBe(303);
  await expect.poll(() => mailsOf(federation).then((mails) => mails.length), { timeout: 20_000 }).toBe(1);
  const [mail] = await mailsOf(federation);
  const shown = /<pre[^>]*>([^]*?)<\/pre>/.exec(preview.text)?.[1] ?? '';
  expect(mail?.text.trim()).toBe(unescape(shown).trim());
  expect(mail?.from).toBe('alerts@alder.example');
}

async function mailsOf(federation: Federation | undefined): Promise<readonly StationMail[]> {
  const answer = await fetch(`${federation?.mailbox}/mails.json`);
  return (await answer.json()) as readonly StationMail[];
}

async function checkMember(member: Member, root: string): Promise<void> {
  expect(Object.keys(member).join()).toBe(
    'name,title,desk,exchange,origin,logVkey,witnessVkey,identityVkey,auditorToken,dataDir,users',
  );
  expect(member.dataDir).toBe(join(root, member.name.split('.')[0] ?? ''));
  expect(member.desk).toMatch(/^http:\/\/localhost:[0-9]+$/);
  expect((await fetch(member.desk)).status).toBe(200);
  const answer = await look(member, '/log/checkpoint', member.auditorToken);
  const note = parseUtf8(new Uint8Array(await answer.arrayBuffer()));
  const { size } = verifyCheckpoint(note, parseVkey(member.logVkey, logCrypto), logCrypto);
  const tile = `/log/tile/0/000.p/${size}`;
  expect((await (await look(member, tile, member.auditorToken)).arrayBuffer()).byteLength).toBe(32 * size);
  for (const token of [undefined, 'A'.repeat(43)])
    for (const path of ['/log/checkpoint', tile]) expect((await look(member, path, token)).status).toBe(401);
}

test('a taken port is named, and nothing is left in the directory', { timeout: waitMsMax }, async () => {
  using directory = testDirectory();
  const base = await findFreeBase();
  const { createServer } = await import('node:net');
  const server = createServer().listen(base + 11, '127.0.0.1');
  await once(server, 'listening');
  await using demo = startDemo(['--data', directory.file('demo'), '--port', String(base)]);
  expect(await demo.ended).toBe(1);
  expect(demo.said()).toMatch(new RegExp(`Port ${base + 11}, which is to be Birch's desk, is taken`));
  expect(readdirSync(directory.path)).toEqual([]);
  server.close();
});

const hasCeph = hasPrograms('the demo with a real S3 server', ['ceph-mon', 'ceph-osd', 'radosgw']);

test.skipIf(!hasCeph)('--s3 plays with a bucket for each hospital and removes them', { timeout: 180_000 }, async () => {
  await using ceph = await startCeph();
  const keys = ['--s3-access-key', ceph.accessKeyId, '--s3-secret-key', ceph.secretAccessKey];
  await using demo = startDemo(['--once', '--s3', ceph.endpoint, ...keys]);
  expect(await demo.ended, demo.said()).toBe(0);
  expect(demo.said()).toMatch(/lies in the buckets of Alder and Birch/);
});
