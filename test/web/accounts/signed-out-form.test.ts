import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keptTextMax, packForm, unpackForm } from '../../../node/web/kept-form.ts';
import { unescape, type DeskClient } from '../../support/desk-client.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';

let desks: TestDesks;
let desk: TestDesk;
beforeAll(async () => {
  desks = await openDesks({ names: ['alder'], jobs: false });
  desk = desks.at('alder');
});
afterAll(async () => await desks[Symbol.asyncDispose]());

const form = '/admin/stations/new';
const typed = { name: 'Half a station', telephone: '+91 11 5550 0100', address: '1 <b>Road</b>' };

async function signedOut(): Promise<DeskClient> {
  const client = await desk.client('administrator');
  await client.open(form);
  await client.post('/sign-out', {});
  return client;
}

const keptIn = (html: string): string => unescape(/name="kept" value="([^"]*)"/.exec(html)?.[1] ?? '');

describe('a form that is sent after the session has gone', () => {
  test('is not saved, is said so, and lies in the form again after the sign-in, also after a wrong try', async () => {
    const client = await signedOut();
    const refused = await client.post(form, typed, {
      headers: { referer: new URL(form, client.origin).href },
    });
    expect(refused.status).toBe(401);
    expect(refused.text).toContain('You were signed out before this was sent');
    expect(refused.headers.getSetCookie()).toEqual([]);
    const { login, password } = desk.users.administrator;
    const next = unescape(/name="next" value="([^"]*)"/.exec(refused.text)?.[1] ?? '');
    const wrong = await client.post('/sign-in', { login, password: 'wrong', next, kept: keptIn(refused.text) });
    expect(wrong.status).toBe(422);
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // The wait after a wrong try.
    const entered = await client.post('/sign-in', { login, password, next, kept: keptIn(wrong.text) });
    expect(entered.location).toBe(`${form}?draft=1`);
    const restored = await client.open(`${form}?draft=1`);
    expect(restored.text).toContain('value="Half a station"');
    expect(restored.text).toContain('1 &lt;b&gt;Road&lt;/b&gt;');
    expect(await desk.node.stations.list()).toEqual([]);
  });

  test('with nothing typed leads to the sign-in as every page does', async () => {
    const client = await signedOut();
    const answer = await client.post(form, { name: '', once: crypto.randomUUID() });
    expect([answer.status, answer.location?.startsWith('/sign-in?next=')]).toEqual([303, true]);
  });

  test.each([20_000, 40_000])('that is too long to be kept (%i letters) is said to be lost', async (letters) => {
    const client = await signedOut();
    const answer = await client.post(form, { name: 'x'.repeat(letters) });
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('too long to be kept here');
    expect(keptIn(answer.text)).toBe('');
  });

  test('from another site does nothing', async () => {
    const client = await signedOut();
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const answer = await client.post(form, typed, { headers });
    expect([answer.status, keptIn(answer.text)]).toEqual([403, '']);
  });
});

describe('the text that keeps a form', () => {
  test('gives back every field but secrets and what is empty', () => {
    const fields = [
      ['a', 'é\n'],
      ['b', ''],
      ['password', 'hidden'],
      ['a', '2'],
    ] as const;
    expect(unpackForm(packForm(fields) ?? '')).toEqual([fields[0], fields[3]]);
  });

  test('has a limit', () => {
    const overhead = JSON.stringify([['a', '']]).length;
    const most = (keptTextMax / 4) * 3 - overhead;
    expect(packForm([['a', 'x'.repeat(most)]])).toHaveLength(keptTextMax);
    expect(packForm([['a', 'x'.repeat(most + 1)]])).toBeUndefined();
  });

  test.each(['%', 'x'.repeat(keptTextMax + 1), 'e30', 'W1siYSIsMV1d', 'gA'])('is nothing where it is %.20s', (text) => {
    expect(unpackForm(text)).toEqual([]);
  });
});
