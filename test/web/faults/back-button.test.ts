import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { request } from 'undici';
import { hiddenFields, type DeskClient } from '../../support/desk-client.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';

let desks: TestDesks;
let alder: TestDesk;

beforeAll(async () => {
  desks = await openDesks({ names: ['alder'], jobs: false });
  alder = desks.at('alder');
});
afterAll(async () => await desks[Symbol.asyncDispose]());

/** As a browser posts a form of its window; `fetch` says of itself that it is none. */
async function postFromWindow(desk: DeskClient, path: string, fields: Record<string, string>) {
  const { statusCode, headers, body } = await request(new URL(path, desk.origin), {
    method: 'POST',
    headers: {
      cookie: desk.cookie(),
      origin: desk.origin,
      referer: `${desk.origin}${path}`,
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    },
    body: new URLSearchParams(fields).toString(),
  });
  return { status: statusCode, location: headers['location']?.toString(), text: await body.text() };
}

describe('a page that answers a form in a browser’s window', () => {
  const refuse = async (desk: DeskClient) => {
    const hidden = hiddenFields((await desk.get('/patients/new')).text, '/patients/new');
    return await postFromWindow(desk, '/patients/new', { ...hidden, family_name: '', city: 'Keptville' });
  };

  test('is led to, for the session that posted alone, and is the form without what was typed to everybody else', async () => {
    const desk = await alder.client('nurse');
    const refused = await refuse(desk);
    expect([refused.status, refused.location]).toEqual([
      303,
      expect.stringMatching(/^\/patients\/new\?kept=[\w-]{22}$/),
    ]);
    const at = refused.location ?? '';
    for (const _ of ['opened', 'reloaded']) {
      const shown = await desk.get(at);
      expect([shown.status, shown.text.includes('Keptville')]).toEqual([422, true]);
      expect(shown.headers.get('cache-control')).toBe('no-store');
      expect(shown.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
    const other = await alder.client('nurse');
    const plain = await other.get(at);
    expect([plain.status, plain.text.includes('Keptville')]).toEqual([200, false]);
    expect((await desk.get(at.replace('/patients/new', '/patients'))).text).not.toContain('Keptville');
    const nobody = await (await alder.client()).get(at);
    expect([nobody.status, nobody.text.includes('Keptville')]).toEqual([303, false]);
    await other.post('/sign-out', {});
    expect((await other.get(at)).text).not.toContain('Keptville');
  });

  test('is no longer shown once its session has ended', async () => {
    const desk = await alder.client('nurse');
    const { location = '' } = await refuse(desk);
    await desk.post('/sign-out', {});
    const after = await desk.get(location);
    expect([after.status, after.text.includes('Keptville')]).toEqual([303, false]);
  });

  test('of somebody who has not signed in is led to as well, and to nobody else', async () => {
    const desk = await alder.client();
    const given = hiddenFields((await desk.get('/sign-in')).text, '/sign-in');
    const wrong = await postFromWindow(desk, '/sign-in', { ...given, login: 'Keptlogin', password: 'wrong' });
    expect([wrong.status, wrong.location]).toEqual([303, expect.stringMatching(/^\/sign-in\?kept=/)]);
    expect((await desk.get(wrong.location ?? '')).text).toContain('Keptlogin');
    expect((await (await alder.client('nurse')).get(wrong.location ?? '')).text).not.toContain('Keptlogin');
  });

  test('answers by itself where it shows a secret once', async () => {
    const desk = await alder.client('administrator');
    const given = { ...hiddenFields((await desk.get('/admin/auditors')).text, '/admin/auditors'), label: 'window' };
    const made = await postFromWindow(desk, '/admin/auditors', given);
    expect([made.status, /id="token">\s*([A-Za-z0-9_-]{43})/.test(made.text)]).toEqual([200, true]);
  });
});
