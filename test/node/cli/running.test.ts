import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDirectory } from '../../support/test-directory.ts';
import { failureIn, init, root, run, runJson, serve, stop } from './command-line.ts';

const xray = join(root, 'test/fixtures/fhir/dicom/synthetic-xray.dcm');

describe('a running node', () => {
  const directory = testDirectory();
  const node = directory.file('node');
  const data = ['--data', node];
  let server: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    await init(node);
    server = await serve(node);
  });
  afterAll(async () => {
    if (server.child.exitCode === null && server.child.signalCode === null) await stop(server.child, 'SIGKILL');
    directory[Symbol.dispose]();
  });

  test('says where its doors are and keeps the token to its owner', () => {
    expect(server.addresses).toMatchObject({ name: 'alder.example', pid: server.child.pid });
    expect(statSync(join(node, 'running.json')).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(server.addresses)).not.toContain(running().token);
  });

  test('is spoken to by every command', async () => {
    await runJson(['patient', 'add', '--set', 'csv_id=R-1', '--set', 'family_name=Óðinn', ...data]);
    expect(await runJson(['patient', 'show', 'R-1', ...data])).toMatchObject({
      patient: { details: { family_name: 'Óðinn' } },
    });
    const { attachment } = (await runJson(['patient', 'attach', 'R-1', xray, '--title', 'Röntgen', ...data])) as {
      attachment: { id: string; title: string };
    };
    expect(attachment.title).toBe('Röntgen');
    const copy = directory.file('copy.dcm');
    await runJson(['patient', 'attachment', attachment.id, '--out', copy, ...data]);
    expect(readFileSync(copy)).toEqual(readFileSync(xray));
    expect(await runJson(['log', 'verify', ...data])).toMatchObject({ state: 'sound' });
    const doctor = await runJson(['doctor', ...data]);
    expect(doctor).toMatchObject({ healthy: true });
    expect(doctor['findings']).toContainEqual({ check: 'node', state: 'ok', detail: 'running' });
  });

  test('tells the same failures as a node in the same process', async () => {
    const unknown = await run(['patient', 'attach', 'nobody', xray, '--json', ...data]);
    expect([unknown.code, failureIn(unknown).code]).toEqual([3, 'unknown-patient']);
    const nobody = await run(['peer', 'telephone', 'nobody.example', '112', '--json', ...data]);
    expect([nobody.code, failureIn(nobody).code]).toEqual([3, 'unknown-peer']);
    const missing = ['patient', 'attachment', '00000000-0000-4000-8000-000000000000', '--json', ...data];
    const ended = await run([...missing, '--out', directory.file('none')]);
    expect([ended.code, failureIn(ended).code]).toEqual([3, 'unknown-attachment']);
    expect(existsSync(directory.file('none'))).toBe(false);
  });

  test('verifies for an auditor with a token, and for nobody after it was revoked', async () => {
    const { token } = await runJson(['log', 'token', 'issue', 'auditor', ...data]);
    const { logVkey } = await runJson(['log', 'checkpoint', ...data]);
    const exchange = String(server.addresses['exchange']);
    const verify = ['log', 'verify', '--url', `${exchange}/log`, '--vkey', String(logVkey), '--token', String(token)];
    expect(await runJson(verify)).toMatchObject({ state: 'sound', origin: 'alder.example/log' });
    await runJson(['log', 'token', 'revoke', 'auditor', ...data]);
    const elsewhere = verify.map((word) => (word.startsWith('http') ? `${exchange}/nothing` : word));
    for (const words of [verify, elsewhere]) {
      const ended = await run([...words, '--json']);
      expect([ended.code, failureIn(ended).code, ended.stdout]).toEqual([5, 'log-not-served', '']);
    }
  });

  test('keeps its control door shut to whoever lacks the token', async () => {
    const { control, token } = running();
    const ask = (headers: Record<string, string>) =>
      fetch(`${control}/control/v1/patient.list`, { method: 'POST', headers, body: '{}' });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ authorization: 'Bearer x' })).status).toBe(401);
    expect((await ask({ authorization: `Bearer ${token}` })).status).toBe(200);
    expect(await (await fetch(`${control}/health`)).json()).toEqual({ status: 'ok', database: 'ok' });
  });

  test('has its data directory for itself', async () => {
    const second = await run(['serve', '--json', ...data]);
    expect([second.code, failureIn(second).code]).toEqual([5, 'in-use']);
  });

  test('is found gone after kill -9, and opened in process from then on', async () => {
    await stop(server.child, 'SIGKILL');
    expect(existsSync(join(node, 'running.json'))).toBe(true);
    expect(await runJson(['patient', 'list', ...data])).toMatchObject({ total: 1 });
  });

  test('starts again and stops within five seconds of SIGTERM', async () => {
    server = await serve(node);
    const begun = performance.now();
    expect(await stop(server.child, 'SIGTERM')).toBe(0);
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(existsSync(join(node, 'running.json'))).toBe(false);
  });

  function running(): { readonly control: string; readonly token: string } {
    return JSON.parse(readFileSync(join(node, 'running.json'), 'utf8')) as { control: string; token: string };
  }
});
