import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { OperationError } from '../../../node/platform/operation-error.ts';
import type { ReferralId } from '../../../protocol/ids.ts';
import { openTwoDesks, refer, addPatient, submitAt, textOf, type TwoDesks } from '../referrals/two-desks.ts';
import { hiddenFields, type DeskAnswer, type DeskClient } from '../../support/desk-client.ts';

const canary = 'Canaryname';
let desks: TwoDesks;
let patient: string;
let referral: string;
let administrator: DeskClient;

beforeAll(async () => {
  desks = await openTwoDesks();
  const id = await addPatient(desks.alder, { csvId: 'E-1', familyName: canary, notes: `${canary} notes` });
  patient = id;
  referral = await refer(desks, { patient: id, reason: `${canary} fell` });
  administrator = await desks.alder.client('administrator');
});
afterAll(async () => await desks[Symbol.asyncDispose]());

/** In the frame, with words and a number that the operator finds; no stack, no patient. */
function expectErrorPage(answer: DeskAnswer, status: number): void {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(answer.text).toMatch(/<link rel="stylesheet" href="\/assets\//);
  expect(answer.text.match(/<h1>/g)).toHaveLength(1);
  expect(answer.text).not.toMatch(/node_modules|\.tsx?:\d|\bat .+\(|SQLITE|Canaryname/);
  const reference = /reference number <strong[^>]*>([0-9A-F]{10})</.exec(answer.text.replaceAll(/\s+/g, ' '))?.[1];
  expect(reference).toBeDefined();
  const told = [...desks.alder.told, ...desks.birch.told].filter((line) => line.includes(String(reference)));
  expect(told).toHaveLength(1);
  expect(told.join()).not.toContain(canary);
}

test('403: a page of another role names the role, and nobody', async () => {
  expectErrorPage(await administrator.get(`/patients/${patient}`), 403);
  expectErrorPage(await desks.atAlder.get('/admin/users'), 403);
});

test.each([
  '/patients/00000000-0000-4000-8000-000000000000',
  `/patients/${canary}`,
  '/received/00000000-0000-4000-8000-000000000000',
  `/sent/${canary}/print`,
  '/attachments/00000000-0000-4000-8000-000000000000',
  '/alerts/00000000-0000-4000-8000-000000000000',
  '/referrals/drafts/00000000-0000-4000-8000-000000000000/why',
  '/patients/import/00000000-0000-4000-8000-000000000000',
  `/nowhere/${canary}?name=${canary}`,
])('404: %s is not there', async (path) => {
  expectErrorPage(await desks.atAlder.get(path), 404);
});

test.each(['PUT', 'DELETE', 'PATCH'])('405: %s on a page, which says what may be asked instead', async (method) => {
  const headers = { origin: desks.alder.origin, 'sec-fetch-site': 'same-origin' };
  const answer = await desks.atAlder.fetch(`/patients/${patient}/edit`, { method, headers });
  const read = { ...answer, status: answer.status, headers: answer.headers, text: await answer.text() };
  expectErrorPage({ ...read, location: undefined }, 405);
  expect(answer.headers.get('allow')?.split(', ').toSorted()).toEqual(['GET', 'POST']);
});

test.each([
  [() => `/patients/${patient}/break-glass`, () => `/patients/${patient}`],
  [() => `/sent/${referral}/withdraw`, () => `/sent/${referral}`],
  [() => '/peers/open', () => '/peers'],
  [() => `/alerts/${referral}/again`, () => `/alerts/${referral}`],
  [() => '/sign-out', () => '/'],
])('the address of a form that was posted, loaded as a page, leads to the nearest page', async (from, to) => {
  const answer = await desks.atAlder.get(from());
  expect([answer.status, answer.location]).toEqual([303, to()]);
});

test('413: a form above its limit', async () => {
  const page = await desks.atAlder.get('/patients/new');
  const fields = { csv_id: 'E-2', family_name: canary, notes: 'x'.repeat(1_100_000) };
  expectErrorPage(await submitAt(desks.atAlder, page, '/patients/new', fields), 413);
  const many = { ...fields, notes: '', allergies: Array.from({ length: 2_100 }, (_, i) => `A ${i}`) };
  expectErrorPage(await submitAt(desks.atAlder, page, '/patients/new', many), 413);
});

test('422: a form without its once token, and one of another shape', async () => {
  const { atAlder } = desks;
  expectErrorPage(await atAlder.post('/patients/new', { csv_id: 'E-3', family_name: canary }), 422);
  for (const once of ['x', 'x'.repeat(36), '-'.repeat(36)])
    expectErrorPage(await atAlder.post('/patients/new', { csv_id: 'E-3', family_name: canary, once }), 422);
  const headers = { origin: desks.alder.origin, 'sec-fetch-site': 'same-origin' };
  for (const type of ['application/json', 'text/plain', 'multipart/form-data', '']) {
    const init = {
      method: 'POST',
      body: new TextEncoder().encode(`{"a":"${canary}"}`),
      headers: { ...headers, 'content-type': type },
    };
    const answer = await atAlder.fetch('/patients/new', init);
    const read = { status: answer.status, headers: answer.headers, text: await answer.text(), location: undefined };
    expectErrorPage(read, 422);
  }
});

describe('where the node itself fails', () => {
  afterEach(() => void vi.restoreAllMocks());

  test('500: a fault of the program', async () => {
    vi.spyOn(desks.alder.node.patients, 'find').mockRejectedValue(new TypeError('a fault of the test'));
    const answer = await desks.atAlder.get(`/patients/${patient}`);
    expectErrorPage(answer, 500);
    expect(desks.alder.told.some((line) => line.includes('a fault of the test'))).toBe(true);
  });

  test('500: a database that cannot be read still gives a page, also to whoever has signed in', async () => {
    const { node } = desks.alder;
    const before = await desks.atAlder.get('/patients');
    expect(before.status).toBe(200);
    let asked = 0;
    const read = node.store.read.bind(node.store);
    vi.spyOn(node.store, 'read').mockImplementation((query) => {
      asked += 1;
      if (asked > 1) return Promise.reject(new TypeError('the disk is gone'));
      return read(query);
    });
    const answer = await desks.atAlder.get('/patients');
    expectErrorPage(answer, 500);
    expect(answer.text).not.toContain('the disk is gone');
  });

  test('503: a bucket or disk that does not answer', async () => {
    const error = new OperationError('unavailable', 'unreachable', 'The bucket does not answer. Nothing was changed.');
    vi.spyOn(desks.alder.node.patients, 'find').mockRejectedValue(error);
    const answer = await desks.atAlder.get(`/patients/${patient}`);
    expectErrorPage(answer, 503);
    expect(textOf(answer.text)).toContain('Not possible right now');
  });
});

test('a refused form says 422 or 409 and has no error page: what was typed stays', async () => {
  const { atAlder } = desks;
  const page = await atAlder.get('/patients/new');
  const hidden = hiddenFields(page.text, '/patients/new');
  const answer = await atAlder.post('/patients/new', { ...hidden, csv_id: 'E-1', family_name: 'Typed' });
  expect([answer.status, answer.text.includes('value="Typed"')]).toEqual([422, true]);
  expect((await desks.alder.node.referrals.show(referral as ReferralId)).state).not.toBe('');
});
