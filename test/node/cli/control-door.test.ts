import { afterAll, beforeAll, expect, test } from 'vitest';
import { controlApp } from '../../../node/api/control.ts';
import { controlLimits } from '../../../node/api/door-limits.ts';
import { listen, type Listening } from '../../../node/api/listen.ts';
import { loadConfig } from '../../../node/config/config.ts';
import { writeConfigFile } from '../../../node/config/config-file.ts';
import { initNode, openNode, type FernpostNode } from '../../../node/node.ts';
import { systemClock } from '../../../node/platform/clock.ts';
import { silentDiagnostics } from '../../../node/platform/diagnostics.ts';
import { systemFiles } from '../../../node/platform/system-files.ts';
import { testDirectory } from '../../support/test-directory.ts';

const directory = testDirectory();
const canary = 'Zyxwvutsrqp';
let node: FernpostNode;
let door: Listening;
let ask: (operation: string, init?: RequestInit) => Promise<Response>;

beforeAll(async () => {
  const address = { host: '127.0.0.1', port: 0 };
  await writeConfigFile(
    directory.path,
    {
      v: 1,
      name: 'alder.example',
      title: 'Alder',
      url: 'http://127.0.0.1:1',
      exchange: address,
      desk: address,
      limits: { ballastBytes: 0 },
    },
    systemFiles,
  );
  const config = await loadConfig(directory.path, {}, systemFiles);
  await initNode(config, { diagnostics: silentDiagnostics });
  node = await openNode(config, { diagnostics: silentDiagnostics });
  door = await listen(
    controlApp({ services: node, token: 'right', diagnostics: silentDiagnostics }),
    address,
    systemClock,
    controlLimits,
  );
  ask = async (operation, init = {}) =>
    fetch(`http://127.0.0.1:${door.port}/control/v1/${operation}`, {
      method: 'POST',
      ...init,
      headers: { authorization: 'Bearer right', ...(init.headers as Record<string, string> | undefined) },
    });
});

afterAll(async () => {
  await door[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

const inHeader = (input: unknown): Record<string, string> => ({
  'fernpost-input': Buffer.from(JSON.stringify(input)).toString('base64url'),
});

test.each([
  ['an operation that is none', 'patient.remove', {}, 404],
  ['a name of every object', 'constructor', {}, 404],
  ['a body that is no JSON', 'patient.list', { body: `{"${canary}` }, 422],
  ['a body that is no UTF-8', 'patient.list', { body: Uint8Array.of(0xff) }, 422],
  ['a member that is none', 'patient.list', { body: `{"${canary}":1}` }, 400],
  ['a value of another type', 'patient.add', { body: `{"details":{"family_name":["${canary}"]}}` }, 400],
  ['a column that is none', 'patient.add', { body: `{"details":{"blood":"${canary}"}}` }, 400],
  ['an upload without its input', 'patient.attach', { body: canary }, 400],
  ['an input that is not base64url', 'patient.attach', { headers: { 'fernpost-input': canary + '=' } }, 422],
  [
    'a patient that is none',
    'patient.attach',
    { headers: inHeader({ patient: canary, title: 'a', contentType: 'a/b' }) },
    404,
  ],
])('the control door refuses %s and quotes nothing of it', async (_, operation, init, status) => {
  const answer = await ask(operation, init as RequestInit);
  expect(answer.status).toBe(status);
  const failure: unknown = await answer.json();
  expect(failure).toMatchObject({ kind: expect.any(String) as unknown, code: expect.any(String) as unknown });
  expect(JSON.stringify(failure)).not.toContain(canary);
});

test('a member that is missing is named', async () => {
  expect(await (await ask('patient.show', { body: '{}' })).json()).toMatchObject({
    message: 'patient: is missing. Nothing was changed.',
  });
});

test('an input is taken up to its limit and refused above it', async () => {
  const body = (size: number): string => '{}'.padEnd(size, ' ');
  expect((await ask('patient.list', { body: body(1024 * 1024) })).status).toBe(200);
  expect((await ask('patient.list', { body: body(1024 * 1024 + 1) })).status).toBe(400);
});

test('an upload that breaks off leaves nothing behind', async () => {
  const added = await ask('patient.add', { body: '{"details":{"csv_id":"C-1","family_name":"Doe"}}' });
  expect(added.status).toBe(200);
  async function* torn() {
    yield new Uint8Array(9 * 1024 * 1024);
    throw new Error('the line broke');
  }
  const body = ReadableStream.from(torn());
  const headers = inHeader({ patient: 'C-1', title: 'scan', contentType: 'image/png' });
  await expect(ask('patient.attach', { body, headers, duplex: 'half' } as RequestInit)).rejects.toThrow('fetch failed');
  const shown = await (await ask('patient.show', { body: '{"patient":"C-1"}' })).json();
  expect(shown).toMatchObject({ attachments: [] });
});

test('a download tells what is wrong before its first byte', async () => {
  const attachment = '00000000-0000-4000-8000-000000000000';
  const answer = await ask('patient.attachment', { body: JSON.stringify({ attachment }) });
  expect([answer.status, await answer.json()]).toEqual([404, expect.objectContaining({ code: 'unknown-attachment' })]);
});

test('without the token there is only health', async () => {
  expect((await ask('patient.list', { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
  expect((await ask('no.such', { headers: { authorization: '' } })).status).toBe(401);
});
