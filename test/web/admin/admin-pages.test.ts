import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { unescape, type DeskClient } from '../../support/desk-client.ts';

let desks: TestDesks;
let alder: TestDesk;
let admin: DeskClient;

beforeAll(async () => {
  desks = await openDesks({ names: ['alder', 'birch'] });
  alder = desks.at('alder');
  admin = await alder.client('administrator');
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
});

const elm = {
  name: 'Elm Street',
  address: '12 Elm Street; 1010 Alder',
  telephone: '+1 555 0110',
  email: 'desk@elm.station.test',
  latitude: '47.5',
  longitude: '19.1',
  active: 'yes',
};

async function upload(text: string, name = 'stations.csv') {
  const body = new FormData();
  body.set('file', new File([text], name, { type: 'text/csv' }));
  const headers = { origin: alder.origin, 'sec-fetch-site': 'same-origin' };
  const answer = await admin.fetch('/admin/stations/import', { method: 'POST', body, headers });
  return { status: answer.status, location: answer.headers.get('location') ?? '', text: unescape(await answer.text()) };
}

describe('police stations', () => {
  test('are added, changed and told with their distance', async () => {
    await admin.submit('/admin/settings', '/admin/settings', { latitude: '47.5', longitude: '19' });
    const listed = await admin.submitAndOpen('/admin/stations/new', '/admin/stations/new', elm);
    expect(listed.text).toContain('Saved.');
    expect(listed.text).toContain('7.5 km away');
    const path = /href="(\/admin\/stations\/[0-9a-f-]{36})"/.exec(listed.text)?.[1] ?? '';
    const changed = await admin.submitAndOpen(path, path, { ...elm, telephone: '+1 555 0111', active: 'no' });
    expect(changed.text).toContain('+1 555 0111');
    expect(changed.text).toContain('not in use');
    expect((await admin.get('/admin/changes')).text).toContain('+1 555 0110');
  });

  test('two people who change one station: the second is told, and nothing of the first is lost', async () => {
    const [station] = await alder.node.stations.list();
    const path = `/admin/stations/${station?.id}`;
    const fields = { ...elm, version: String(station?.version) };
    expect((await admin.submit(path, path, { ...fields, telephone: '+1 555 0121' })).status).toBe(303);
    expect((await admin.submit(path, path, { ...fields, telephone: '+1 555 0131' })).status).toBe(409);
    expect((await alder.node.stations.list())[0]?.telephone).toBe('+1 555 0121');
  });

  test('a form with faults comes back with what was typed, and each fault leads to its field', async () => {
    const typed = { ...elm, name: 'Other, Station', telephone: '12', email: 'a@b.test, evil@example.org' };
    const answer = await admin.submit('/admin/stations/new', '/admin/stations/new', typed);
    expect(answer.status).toBe(422);
    for (const field of ['name', 'telephone', 'email']) expect(answer.text).toContain(`href="#f-${field}"`);
    expect(answer.text).toContain('value="Other, Station"');
    expect(await alder.node.stations.list()).toHaveLength(1);
  });

  test('come from a CSV file, all or none', async () => {
    const header = 'name,address,telephone,email,latitude,longitude,active';
    const bad = await upload(
      `${header}\nA,1 Road,+1 555 0120,a@b.test,,,\nB,2 Road,x,"b@c.test, evil@example.org",,,\n`,
    );
    expect(bad.status).toBe(422);
    expect(bad.text).toContain('must be a telephone number');
    expect(bad.text).not.toContain('evil');
    expect(await alder.node.stations.list()).toHaveLength(1);
    const good = await upload(`${header}\nA,1 Road,+1 555 0120,a@b.test,,,\n`);
    expect(good.status).toBe(303);
    expect((await admin.open(good.location)).text).toContain('1 added, 0 changed, 0 were the same');
  });

  test.each([
    ['no CSV', '"open quote', /cannot be read/],
    ['an executable', '\u0000\u0001\u0002MZ', /cannot be read|faults/],
    ['a file larger than 10 MiB', 'x'.repeat(10 * 1024 * 1024 + 1), /10 MiB/],
  ])('a file that is %s changes nothing', async (_, text, words) => {
    const before = await alder.node.stations.list();
    const answer = await upload(text);
    expect(answer.status).toBe(422);
    expect(answer.text).toMatch(words);
    expect(await alder.node.stations.list()).toEqual(before);
  });

  test('without a file the form says so, and the template is a file that imports', async () => {
    expect((await upload('', '')).text).toContain('Choose a file');
    const template = await admin.get('/admin/stations/template');
    expect(template.headers.get('content-disposition')).toContain('police-stations.csv');
    expect((await upload(template.text)).status).toBe(303);
  });
});

test('departments are added, changed and taken out of use', async () => {
  const cardiology = { code: 'card', name: 'Cardiology <b>', answer_hours: '24', active: 'yes' };
  const listed = await admin.submitAndOpen('/admin/departments/new', '/admin/departments/new', cardiology);
  expect(listed.text).toContain('Cardiology &lt;b&gt;');
  expect(listed.text).toContain('24 h');
  const path = '/admin/departments/CARD';
  const changed = await admin.submitAndOpen(path, path, { ...cardiology, active: 'no' });
  expect(changed.text).toContain('not in use');
  const wrong = await admin.submit('/admin/departments/new', '/admin/departments/new', {
    ...cardiology,
    answer_hours: 'soon',
  });
  expect(wrong.status).toBe(422);
  expect(wrong.text).toContain('Usual answer time must be a whole number');
  expect((await admin.get('/admin/departments/NONE')).status).toBe(404);
});

test('settings are saved together, told with old and new value, and stand in the log', async () => {
  const before = alder.node.log.head().size;
  const fields = { callBackNumber: '+1 555 0100', caseNumberPrefix: 'ald' };
  const saved = await admin.submitAndOpen('/admin/settings', '/admin/settings', fields);
  expect(saved.text).toContain('Saved.');
  expect(saved.text).toContain('Ada Admin');
  expect(alder.node.log.head().size).toBe(before + 2);
  expect(saved.text).toContain('<span>call back number</span>');
  const wrong = await admin.submit('/admin/settings', '/admin/settings', { mailFrom: 'x\r\nBcc: evil@example.org' });
  expect(wrong.status).toBe(422);
  expect(wrong.text).toContain('Sender’s address must be one plain address');
  expect(alder.node.log.head().size).toBe(before + 2);
  const same = await admin.submitAndOpen('/admin/settings', '/admin/settings', fields);
  expect(same.text).toContain('nothing changed');
});

test('health says what works, what does not, and what that means for patients', async () => {
  const page = await admin.get('/admin');
  expect(page.status).toBe(200);
  for (const words of ['Peer birch.example', 'Jobs', 'Disk', 'Database', 'Clock', 'No mail server is configured'])
    expect(page.text).toContain(words);
  expect(page.text).toContain('Doctors are told to telephone.');
  expect(page.text).toContain('Nobody has confirmed that the keys are in a safe');
  expect((await admin.get('/admin?database=search')).text).toContain('No damage found');
});

test('a peer that is down is a red line with its meaning, and the page still comes', async () => {
  await using others = await openDesks({ names: ['cedar', 'doyle'] });
  const cedar = await others.at('cedar').client('administrator');
  await others.at('doyle').node[Symbol.asyncDispose]();
  const page = await cedar.get('/admin');
  expect(page.text).toContain('✕ fails');
  expect(page.text).toContain('wait in the outbox');
});

test('the first-run checks hold six results, and a person confirms the safe', async () => {
  const page = await admin.get('/admin/first-run');
  expect([...page.text.matchAll(/id="check-\d-title"/g)]).toHaveLength(6);
  expect(page.text).toContain('Put a copy of root.key into a safe');
  const unticked = await admin.submit('/admin/first-run', '/admin/first-run/keys', {});
  expect(unticked.status).toBe(422);
  const confirmed = await admin.submitAndOpen('/admin/first-run', '/admin/first-run/keys', { safe: 'yes' });
  expect(confirmed.text).toContain('by user administrator.alder');
  expect(confirmed.text).toContain('of 6 hold, 1 wants a look.');
  expect((await admin.get('/admin')).text).not.toContain('Nobody has confirmed');
});

test.each(['doctor', 'nurse', 'coordinator', 'auditor'] as const)('a %s reaches none of these pages', async (role) => {
  const client = await alder.client(role);
  for (const path of ['/admin', '/admin/first-run', '/admin/stations', '/admin/departments', '/admin/settings'])
    expect((await client.get(path)).status).toBe(403);
  expect((await client.post('/admin/settings', { callBackNumber: '1' })).status).toBe(403);
});
