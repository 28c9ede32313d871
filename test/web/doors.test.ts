import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Accounts } from '../../node/accounts/accounts.ts';
import { strangersFormBytesMax } from '../../node/web/http/form.ts';
import type { DeskClient } from '../support/desk-client.ts';
import { eventually, openDesks, testPassword, type TestDesk, type TestDesks } from '../support/desk.ts';
import { listenTo } from '../support/event-lines.ts';
import { noteChange } from '../../node/live/live.ts';

/* What ends a session ends everything that hangs on it; what a stranger says of where they come from counts for nothing. */

let desks: TestDesks;
let desk: TestDesk;
let doctor: DeskClient;
beforeEach(async () => {
  desks = await openDesks();
  desk = desks.at('alder');
  doctor = await desk.client('doctor');
});
afterEach(() => desks[Symbol.asyncDispose]());

const operator = 'operator';
const ends: readonly (readonly [string, (accounts: Accounts, user: string) => Promise<unknown>])[] = [
  ['its user is deactivated', (accounts, user) => accounts.users.deactivate(operator, user)],
  ['an administrator ends the sessions', (accounts, user) => accounts.users.endSessions(operator, user)],
  ['an administrator sets a new password', (accounts, user) => accounts.users.setPassword(operator, user)],
  [
    'the roles change',
    (accounts, user) => accounts.users.change(operator, user, { name: 'Dora', department: '', roles: ['nurse'] }),
  ],
  ['the user changes the password', () => changePassword()],
  ['the user signs out', () => doctor.post('/sign-out', {})],
];

/** In another browser of the same person. */
async function changePassword(): Promise<void> {
  const other = await desk.client('doctor');
  const fields = {
    'current-password': testPassword,
    password: 'another-quiet-lantern-48',
    'password-again': 'another-quiet-lantern-48',
  };
  const answer = await other.submit('/account/password', '/account/password', fields);
  if (answer.status !== 303) throw new Error(`the password was not changed: ${answer.status}`);
}

describe('a session outlived by its line', () => {
  test.each(ends)('the line tells nothing more and ends when %s', async (_, end) => {
    await using line = await listenTo(doctor);
    await eventually(() => line.events.length > 0);
    const before = doctor.cookie();
    await end(desk.node.accounts, desk.users.doctor.id);
    await desk.node.store.write((writer) => noteChange(writer, 'emergency', 'secret-id'));
    await line.ended;
    expect(line.events.at(-1)?.kind).toBe('ended');
    expect(line.text()).not.toContain('secret-id');
    const answer = await doctor.fetch('/inbox/rows', { headers: { 'x-fernpost': 'fragment', cookie: before } });
    expect(answer.status).toBe(401);
  });
});

test('spoofed forwarded address: tries from one address count together, whatever headers say', async () => {
  const seen: string[] = [];
  const { signIn } = desk.node.accounts;
  (desk.node.accounts as { signIn: typeof signIn }).signIn = (attempt) => {
    seen.push(attempt.address);
    return signIn(attempt);
  };
  const nobody = await desk.client();
  for (const address of ['203.0.113.7', '10.0.0.1', '::1']) {
    const headers = { 'x-forwarded-for': address, forwarded: `for=${address}`, 'x-real-ip': address };
    await nobody.post('/sign-in', { login: 'nobody.here', password: 'x', next: '' }, { headers });
  }
  expect(new Set(seen).size).toBe(1);
  const waiting = await nobody.post(
    '/sign-in',
    { login: 'nobody.here', password: 'x', next: '' },
    { headers: { 'x-forwarded-for': '198.51.100.1' } },
  );
  expect(waiting.status).toBe(429);
});

test('session fixation: a session id that a stranger set opens nothing and is not taken over', async () => {
  const planted = 'A'.repeat(43);
  const victim = await desk.client();
  const headers = { cookie: `__Host-fernpost-alder.example=${planted}`, origin: victim.origin };
  const body = new URLSearchParams({ ...desk.users.nurse, next: '' });
  const answer = await victim.fetch('/sign-in', { method: 'POST', headers, body });
  expect(answer.status).toBe(303);
  expect(answer.headers.getSetCookie()[0]).not.toContain(planted);
  expect((await victim.fetch('/help', { headers })).status).toBe(303);
});

test('once token across users: what one person sent says nothing to another who sends the same token', async () => {
  const nurse = await desk.client('nurse');
  const once = desk.node.random.uuid();
  const first = await doctor.post('/patients/new', { once, csv_id: 'O-1', family_name: 'First' });
  const second = await nurse.post('/patients/new', { once, csv_id: 'O-2', family_name: 'Second' });
  expect([first.status, second.status]).toEqual([303, 303]);
  expect(second.location).not.toBe(first.location);
  expect(await desk.node.patients.count()).toBe(2);
});

test('draft across users: nobody finds what another typed', async () => {
  const page = '/patients/new';
  await doctor.post('/drafts', { 'draft-page': page, notes: 'typed by the doctor', password: 'typed as well' });
  const nurse = await desk.client('nurse');
  expect((await nurse.get(`/drafts?page=${encodeURIComponent(page)}`)).text).toBe('{"savedAt":null}');
  expect((await nurse.get(`${page}?draft=1`)).text).not.toContain('typed by the doctor');
  const own = (await doctor.get(`${page}?draft=1`)).text;
  expect(own).toContain('typed by the doctor');
  expect(own).not.toContain('typed as well');
});

test('rebound name: a page that lets its own name point at this machine makes itself no administrator', async () => {
  await using empty = await openDesks({ names: ['cedar'], users: false });
  const { origin, node } = empty.at('cedar');
  const { port } = new URL(origin);
  const body = new URLSearchParams({
    name: 'Eve',
    login: 'eve',
    password: testPassword,
    'password-again': testPassword,
  }).toString();
  const answer = await new Promise<number | undefined>((resolve, reject) => {
    const headers = {
      host: `evil.example:${port}`,
      origin: `http://evil.example:${port}`,
      'content-type': 'application/x-www-form-urlencoded',
    };
    const asked = request({ host: '127.0.0.1', port, path: '/setup', method: 'POST', headers }, (given) => {
      given.resume();
      resolve(given.statusCode);
    });
    asked.on('error', reject);
    asked.end(body);
  });
  expect(answer).toBe(403);
  expect(await node.accounts.isEmpty()).toBe(true);
});

test('bombs: a packed body is not unpacked and not stored, at any route', async () => {
  const own = { origin: doctor.origin, 'sec-fetch-site': 'same-origin', 'content-encoding': 'gzip' };
  for (const [path, method] of [
    ['/patients/new', 'POST'],
    ['/sign-in', 'POST'],
    ['/uploads/00000000-0000-4000-8000-000000000000', 'PATCH'],
  ] as const) {
    const answer = await doctor.fetch(path, { method, headers: own, body: gzipSync('x'.repeat(1_000_000)) });
    expect([path, answer.status]).toEqual([path, 415]);
  }
});

test('memory before authentication: a stranger sends small forms, a person who has signed in sends large ones', async () => {
  const nobody = await desk.client();
  const large = 'x'.repeat(strangersFormBytesMax);
  for (const path of ['/sign-in', '/setup']) {
    const answer = await nobody.post(path, { login: 'somebody', password: large, next: '' });
    expect([path, answer.status]).toEqual([path, 413]);
  }
  const answer = await doctor.submit('/patients/new', '/patients/new', { family_name: 'Large', notes: large });
  expect([303, 422]).toContain(answer.status);
});

test('prototype names: what no page ever says is no word of a page', async () => {
  const administrator = await desk.client('administrator');
  const paths = [`/admin/users/${desk.users.doctor.id}`, '/admin/stations', '/admin/departments', '/admin/settings'];
  for (const path of paths) {
    const plain = await administrator.get(`${path}?did=nothing`);
    for (const name of ['constructor', 'toString', '__proto__']) {
      const answer = await administrator.get(`${path}?did=${name}`);
      expect([path, answer.status, answer.text.includes('notice green')]).toEqual([
        path,
        200,
        plain.text.includes('notice green'),
      ]);
    }
  }
});
