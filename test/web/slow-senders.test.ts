import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deskLimits, type DoorLimits } from '../../node/api/door-limits.ts';
import { listen, type Listening } from '../../node/api/listen.ts';
import { systemClock } from '../../node/platform/clock.ts';
import { readPageFiles } from '../../node/platform/page-files.ts';
import type { PatientId } from '../../node/records/model.ts';
import { nameAssets } from '../../node/web/assets.ts';
import { deskApp } from '../../node/web/desk-app.tsx';
import type { DeskClient } from '../support/desk-client.ts';
import { eventually, openDesks, type TestDesk, type TestDesks } from '../support/desk.ts';
import { listenTo } from '../support/event-lines.ts';
import { addPatient, begun, offset } from './uploads/upload-support.ts';

/* The desk behind a door that waits one second, so that a test need not wait for half a minute. */

const quick: DoorLimits = { ...deskLimits, idleBodyMsMax: 1_000, unreadMsMax: 2_000 };
let desks: TestDesks;
let desk: TestDesk;
let nurse: DeskClient;
let patient: string;
let door: Listening;

beforeAll(async () => {
  desks = await openDesks();
  desk = desks.at('alder');
  nurse = await desk.client('nurse');
  patient = await addPatient(desk);
  const app = deskApp({ ...desk.node, assets: nameAssets(readPageFiles()) });
  door = await listen(app, { host: '127.0.0.1', port: 0 }, systemClock, quick);
});
afterAll(async () => {
  await door[Symbol.asyncDispose]();
  await desks[Symbol.asyncDispose]();
});

/** Sends the beginning of a request and then nothing more; what came back until the door closed the line. */
async function stall(method: string, path: string, headers: Record<string, string>, begin: string): Promise<string> {
  const socket = connect(door.port, '127.0.0.1');
  let received = '';
  socket.on('data', (piece) => (received += piece.toString()));
  socket.on('error', () => undefined); // Closed is closed.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const origin = `http://127.0.0.1:${door.port}`;
  const own = { host: `127.0.0.1:${door.port}`, origin, 'sec-fetch-site': 'same-origin', cookie: nurse.cookie() };
  const lines = Object.entries({ ...own, 'content-length': '5000', ...headers });
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  socket.write(begin);
  await closed;
  return received;
}

const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };
const multipart = { 'content-type': 'multipart/form-data; boundary=half' };
const part = (name: string): string => `--half\r\ncontent-disposition: form-data; name="${name}"`;

describe('what stands still on its way', () => {
  test.each([
    ['the form of a stranger', '/sign-in', urlencoded, 'login=nobody&pass'],
    ['a form', '/patients/new', urlencoded, 'family_name=Half'],
    ['a form that is refused unread', '/nowhere', urlencoded, 'x='],
  ])('%s ends, and saves nothing', async (_, path, headers, begin) => {
    expect(await stall('POST', path, headers, begin)).toMatch(/^HTTP\/1\.1 (?:408|404) /);
    expect(await desk.node.patients.count()).toBe(1);
    expect(desk.told.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  test('a file of a form ends with 408 and is not kept', async () => {
    const shown = await nurse.get(`/patients/${patient}/uploads/new`);
    const action = /<form[^>]*action="([^"]*uploads\/new[^"]*)"/.exec(shown.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const file = `${part('file')}; filename="x.txt"\r\ncontent-type: text/plain\r\n\r\nhalf of`;
    const answer = await stall('POST', action, multipart, `${part('guard')}\r\n\r\n1979\r\n${file}`);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(await desk.node.attachments.list(patient as PatientId)).toEqual([]);
    expect(desk.told.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  test('a piece of an upload ends with 408, and the file goes on afterwards', async () => {
    const location = await begun(nurse, 5_000, { patient });
    const headers = {
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
      'x-fernpost': 'upload',
    };
    expect(await stall('PATCH', location, headers, 'x'.repeat(1_000))).toMatch(/^HTTP\/1\.1 408 /);
    const where = await offset(nurse, location);
    expect([where.status, where.headers.get('upload-length')]).toEqual([200, '5000']);
    expect(desk.told.filter((line) => line.startsWith('error'))).toEqual([]);
  });
});

test('a line of events says nothing for long, and stays', async () => {
  const origin = `http://127.0.0.1:${door.port}`;
  const here: DeskClient = {
    ...nurse,
    fetch: (path, init) =>
      fetch(new URL(path, origin), { ...init, headers: { cookie: nurse.cookie(), ...(init.headers as object) } }),
  };
  await using line = await listenTo(here);
  await eventually(() => line.events.some(({ kind }) => kind === 'hello'));
  await new Promise((resolve) => setTimeout(resolve, 3 * quick.idleBodyMsMax));
  const before = line.events.length;
  await addReferralChange();
  await eventually(() => line.events.length > before);
});

async function addReferralChange(): Promise<void> {
  const { noteChange } = await import('../../node/live/live.ts');
  await desk.node.store.write((writer) => noteChange(writer, 'referral', 'some-id'));
}
