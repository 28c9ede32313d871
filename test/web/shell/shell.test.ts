import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeskClient } from '../../support/desk-client.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';

let desks: TestDesks;
let desk: TestDesk;
let doctor: DeskClient;

beforeAll(async () => {
  desks = await openDesks();
  desk = desks.at('alder');
  doctor = await desk.client('doctor');
});
afterAll(async () => await desks[Symbol.asyncDispose]());

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types fernpost";

test.each(['/', '/sign-in', '/help', '/no-such-page', '/assets/no-such-file.js'])(
  '%s goes out under the whole policy, and no cache keeps it',
  async (path) => {
    const { headers } = await doctor.get(path);
    expect(headers.get('content-security-policy')).toBe(policy);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('cache-control')).toBe('no-store');
  },
);

test('what a page brings with it is kept for ever, under a name of its content', async () => {
  const { text } = await doctor.open('/help');
  const paths = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
  expect(paths.length).toBeGreaterThanOrEqual(2);
  for (const path of paths) {
    const answer = await doctor.get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  }
});

test('a page that is not there says so in the frame, with a reference number and without a stack', async () => {
  const { status, text } = await doctor.get('/patients/../no-such-page?name=Sharma');
  expect(status).toBe(404);
  expect(text).toContain('There is no such page.');
  const reference = /reference number <strong[^>]*>([0-9A-F]{10})</.exec(text.replaceAll(/\s+/g, ' '))?.[1];
  expect(reference).toBeDefined();
  expect(desk.told.some((line) => line.includes(String(reference)))).toBe(true);
  expect(text).not.toMatch(/Sharma|node_modules|\.tsx?:\d/);
});

test('a fault of the program becomes a page with a reference, and the operator gets the cause', async () => {
  const { help } = desk.node.own as unknown as Record<string, unknown>;
  expect(help).toBeUndefined();
  const { status, text } = await doctor.get('/%E0%A4%A');
  expect([400, 404]).toContain(status);
  expect(text).not.toMatch(/URIError|at .*\(/);
});

test.each([
  ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['a program that does not say where it comes from', { origin: '', 'sec-fetch-site': '' }],
])('a post from %s does nothing, whatever its content type', async (_, headers) => {
  for (const type of [
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/json',
    'multipart/form-data; boundary=x',
  ]) {
    const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
    const answer = await doctor.fetch('/sign-out', {
      method: 'POST',
      body: 'x',
      headers: { ...given, 'content-type': type },
    });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('This came from another page than the desk itself.');
  }
  expect((await doctor.get('/help')).status).toBe(200);
});

test('who has not signed in is led to the sign-in and back', async () => {
  const nobody = await desk.client();
  const { status, location } = await nobody.get('/help?x=1');
  expect(status).toBe(303);
  expect(location).toBe(`/sign-in?next=${encodeURIComponent('/help?x=1')}`);
});

test('a program that has not signed in is told so in words', async () => {
  const nobody = await desk.client();
  const { status, text } = await nobody.get('/help', { 'x-fernpost': 'fragment' });
  expect(status).toBe(401);
  expect(text).toBe('Sign in first.\n');
});

test('the session cookie opens this node alone: named by it, and out of reach of scripts and other sites', async () => {
  const client = await desk.client();
  const { headers } = await client.signIn(desk.users.nurse);
  const [cookie = ''] = headers.getSetCookie();
  expect(cookie).toMatch(
    /^__Host-fernpost-alder\.example=[A-Za-z0-9_-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
  );
});

test.each([
  ['https://evil.example/', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['javascript:alert(1)', '/'],
])('after signing in nobody is sent to %s', async (next) => {
  const client = await desk.client();
  const answer = await client.submit(`/sign-in?next=${encodeURIComponent(next)}`, '/sign-in', {
    ...desk.users.doctor,
    next,
  });
  expect(answer.status).toBe(303);
  expect(answer.location).toMatch(/^\/(?![/\\])/);
  expect(answer.location).not.toContain('evil');
});

test('a path that tries to leave what is served gets no page of ours and breaks nothing', async () => {
  for (const path of ['/assets/..%2f..%2fpackage.json', '/assets/%00', `/${'x'.repeat(3000)}`]) {
    const { status, text } = await doctor.get(path);
    expect([400, 404]).toContain(status);
    expect(text).not.toContain('"dependencies"');
  }
});
