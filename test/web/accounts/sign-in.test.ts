import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freeFailuresOfAddress } from '../../../node/accounts/back-off.ts';
import type { NodeConfig } from '../../../node/config/config.ts';
import { statement } from '../../../node/store/statement.ts';
import { openClient, type DeskAnswer } from '../../support/desk-client.ts';
import { eventually, openDesks, testPassword, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { textOf } from '../referrals/two-desks.ts';

let desks: TestDesks;
let desk: TestDesk;
beforeAll(async () => {
  desks = await openDesks({ names: ['alder'], jobs: false });
  desk = desks.at('alder');
});
afterAll(async () => await desks[Symbol.asyncDispose]());

const cookieOf = (answer: DeskAnswer): string => answer.headers.getSetCookie().join('\n');
const wrong = 'not the password at all';

describe('signing in', () => {
  test('leads home, by role, with a cookie that only this desk reads', async () => {
    for (const role of ['doctor', 'administrator', 'auditor'] as const) {
      const client = await desk.client();
      const answer = await client.signIn(desk.users[role]);
      expect([answer.status, answer.location]).toEqual([
        303,
        { doctor: '/', administrator: '/admin', auditor: '/log' }[role],
      ]);
      expect(cookieOf(answer)).toMatch(
        /^__Host-fernpost-alder\.example=[A-Za-z0-9_-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
      );
    }
  });

  test.each([
    ['a page of the desk', '/account?saved=1', '/account?saved=1'],
    ['another host', 'https://evil.example/', '/'],
    ['another host without a scheme', '//evil.example/', '/'],
    ['another host with a backslash', '/\\evil.example/', '/'],
    ['a script', 'javascript:alert(1)', '/'],
    ['the sign-in itself', '/sign-in', '/'],
  ])('leads to %s only when it is ours', async (_, next, location) => {
    const client = await desk.client();
    const answer = await client.submit('/sign-in', '/sign-in', { ...desk.users.doctor, next });
    expect(answer.location).toBe(location);
  });

  test('says the same to a wrong password and to an unknown login, keeps the login, and sets no cookie', async () => {
    const [client, other] = [await desk.client(), await desk.client()];
    const known = desk.users.auditor.login;
    const first = await client.post('/sign-in', { login: known, password: wrong });
    const second = await other.post('/sign-in', { login: 'nobody.here', password: wrong });
    for (const answer of [first, second]) {
      expect([answer.status, cookieOf(answer)]).toEqual([422, '']);
      expect(answer.text).toContain('Login and password do not belong together');
      expect(answer.text).not.toContain(wrong);
    }
    expect(first.text.replaceAll(known, '')).toBe(second.text.replaceAll('nobody.here', ''));
    expect(first.text).toContain(`value="${known}"`);
  });

  test('says when a wait ends, on the page and to programs', async () => {
    const client = await desk.client();
    const given = { login: 'somebody.else', password: wrong };
    for (let tries = 0; tries < 4; tries += 1) await client.post('/sign-in', given);
    await expect.poll(async () => (await client.post('/sign-in', given)).status).toBe(429);
    const answer = await client.post('/sign-in', given);
    expect(answer.text).toMatch(
      /After wrong tries with this login the next has to wait\. Nothing was checked\. Try again in \d seconds?, at \d\d:\d\d:\d\d UTC/,
    );
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('shows what was typed as text, whatever it is', async () => {
    const client = await desk.client();
    const answer = await client.post('/sign-in', { login: '"><script>alert(1)</script>', password: wrong });
    expect(answer.text).not.toContain('<script>alert');
    expect(answer.text).toContain('&lt;script&gt;alert');
  });

  test('from another site is refused, with the right password too', async () => {
    const client = await desk.client();
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const answer = await client.post('/sign-in', desk.users.doctor, { headers });
    expect([answer.status, cookieOf(answer)]).toEqual([403, '']);
  });

  test('tells on the first page when and from where one signed in before, and what to do if it was not oneself', async () => {
    const client = await desk.client('coordinator');
    expect((await client.open('/')).text).toContain('This is your first sign-in here.');
    await client.signIn(desk.users.coordinator);
    const { text } = await client.open('/');
    expect(textOf(text)).toMatch(
      /Your last sign-in: \d\d-\w{3}-\d{4} \d\d:\d\d UTC , with a[a-z ]+, from 127\.0\.0\.1 \. Was that not you\? Change your password and tell an administrator\./,
    );
    expect(text).not.toContain('wrong password');
  });

  test('tells of wrong passwords since the last time', async () => {
    const { login } = desk.users.auditor;
    await eventually(async () => (await (await desk.client()).post('/sign-in', desk.users.auditor)).status === 303);
    await (await desk.client()).submit('/sign-in', '/sign-in', { login, password: wrong });
    await eventually(async () => {
      const client = await desk.client();
      const entered = await client.submit('/sign-in', '/sign-in', desk.users.auditor);
      if (entered.status !== 303) return false;
      expect((await client.open('/log')).text).toMatch(
        /Since you last signed in, (?:one wrong password was|\d+ wrong passwords were) typed for your login/,
      );
      return true;
    });
  });

  test('again while signed in leads on', async () => {
    const client = await desk.client('doctor');
    expect((await client.get('/sign-in?next=/account')).location).toBe('/account');
    expect((await client.get('/setup')).location).toBe('/sign-in');
  });
});

describe('signing out', () => {
  test('ends the session and takes the cookie back', async () => {
    const client = await desk.client('doctor');
    const before = client.cookie();
    const answer = await client.post('/sign-out', {});
    expect(answer.location).toBe('/sign-in?out=1');
    expect(cookieOf(answer)).toContain('Max-Age=0');
    const thief = openClient(desk.origin);
    expect((await thief.get('/account', { cookie: before })).location).toBe('/sign-in?next=%2Faccount');
  });

  test('without a session does no harm', async () => {
    expect((await openClient(desk.origin).post('/sign-out', {})).status).toBe(303);
  });

  test('is not done for another site', async () => {
    const client = await desk.client('doctor');
    await client.post('/sign-out', {}, { headers: { origin: 'https://evil.example' } });
    expect((await client.get('/account')).status).toBe(200);
  });
});

test('what was typed when the session ended is there after signing in again, without secrets', async () => {
  const client = await desk.client('administrator');
  const typed = {
    name: 'Zoë Zeller',
    login: 'zoe',
    department: 'Ward 3',
    roles: ['nurse'],
    'api-token': 'secret-thing',
  };
  await expireSessions();
  const sent = await client.post('/admin/users', typed, { headers: { referer: `${desk.origin}/admin/users/new` } });
  expect(sent.location).toBe('/sign-in?next=%2Fadmin%2Fusers%2Fnew&ended=1');
  expect((await client.get(sent.location ?? '')).text).toContain('Your session has ended');
  const back = await client.submit(sent.location ?? '', '/sign-in', desk.users.administrator);
  expect(back.location).toBe('/admin/users/new?draft=1');
  const page = await client.get(back.location ?? '');
  for (const value of ['Zoë Zeller', 'zoe', 'Ward 3']) expect(page.text).toContain(`value="${value}"`);
  expect(page.text).not.toContain('secret-thing');
  expect(page.text).toMatch(/value="nurse" checked/);
  const added = await client.submit('/admin/users/new?draft=1', '/admin/users', { ...typed, login: 'zoe.z' });
  expect(added.status).toBe(303);
  expect(await draftTime(client, '/admin/users/new')).toBeNull();
});

test('what is typed is kept while it is typed, for its user and its page', async () => {
  const [client, other] = [await desk.client('administrator'), await desk.client('doctor')];
  const fields = { 'draft-page': '/admin/users/new?draft=1', name: 'Half a na', password: testPassword };
  expect((await client.post('/drafts', fields, { headers: { 'x-fernpost': 'typed' } })).status).toBe(200);
  expect(await draftTime(client, '/admin/users/new')).toBeTypeOf('number');
  expect(await draftTime(client, '/admin/users')).toBeNull();
  expect(await draftTime(other, '/admin/users/new')).toBeNull();
  const page = await client.get('/admin/users/new?draft=1');
  expect(page.text).toContain('value="Half a na"');
  expect(page.text).not.toContain(testPassword);
  expect((await client.post('/drafts', { ...fields, 'draft-page': 'https://evil.example' })).status).toBe(400);
  expect((await client.post('/drafts', { ...fields, name: 'x'.repeat(600_000) })).status).toBe(413);
});

test('asking by a page itself keeps no session; asking by a person does', async () => {
  const client = await desk.client('nurse');
  const left = async (kind: string): Promise<number> => {
    const answer = await client.post('/account/stay', {}, { headers: { 'x-fernpost': kind } });
    return (JSON.parse(answer.text) as { msLeft: number }).msLeft;
  };
  const first = await left('quiet');
  await expect.poll(() => left('quiet')).toBeLessThan(first);
  expect(await left('typed')).toBe(900_000);
});

async function draftTime(client: Awaited<ReturnType<TestDesk['client']>>, page: string): Promise<number | null> {
  const answer = await client.get(`/drafts?page=${encodeURIComponent(page)}`, { 'x-fernpost': 'quiet' });
  return (JSON.parse(answer.text) as { savedAt: number | null }).savedAt;
}

const twelveHoursMs = 12 * 3_600_000;
const aged = statement<{ at: number }>()((db, values) =>
  db.updateTable('account_session').set({ created_at: values.at }),
);

/** Every session began twelve hours ago. */
async function expireSessions(): Promise<void> {
  const at = desk.node.clock.now() - twelveHoursMs;
  await desk.node.store.write((writer) => writer.run(aged, { at }));
}

test('behind a proxy that is named, whoever guesses waits, and nobody else does', async () => {
  const change = (config: NodeConfig): NodeConfig => ({ ...config, proxies: ['127.0.0.0/8', '::1/128'] });
  await using behind = await openDesks({ names: ['alder'], jobs: false, change });
  const { users, client } = behind.at('alder');
  const from = (address: string) => ({ headers: { 'x-forwarded-for': `10.9.9.9, ${address}` } });
  const guesser = await client();
  for (let n = 0; n <= freeFailuresOfAddress; n += 1)
    await guesser.post('/sign-in', { login: `guess.${n}`, password: wrong }, from('203.0.113.9'));
  const held = await guesser.post('/sign-in', { ...users.doctor }, from('203.0.113.9'));
  expect([held.status, held.text.includes('has to wait')]).toEqual([429, true]);
  const other = await client();
  expect((await other.post('/sign-in', { ...users.doctor }, from('203.0.113.10'))).status).toBe(303);
  const again = await client();
  await again.post('/sign-in', { ...users.doctor }, from('203.0.113.11'));
  expect(textOf((await again.get('/')).text)).toContain('from 203.0.113.10');
}, 60_000);
