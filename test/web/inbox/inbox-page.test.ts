import { HtmlValidate } from 'html-validate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { instantOfMs } from '../../../protocol/instant.ts';
import { beginningLettersMax, beginningOf } from '../../../node/web/pages/inbox/referral-words.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { htmlRules } from '../../support/html-rules.ts';
import { makeReferrals, referralIdOf } from '../../support/many-referrals.ts';

let desks: TestDesks;
let birch: TestDesk;
const hourMs = 3_600_000;
const reason = `${'n'.repeat(beginningLettersMax - 1)}😀${'m'.repeat(5000)}`;

beforeAll(async () => {
  desks = await openDesks({ names: ['birch', 'alder'] });
  birch = desks.at('birch');
  const at = birch.node.clock.now();
  await makeReferrals(birch.node, [
    { id: referralIdOf(1), at: at - 60_000, priority: 'stat', name: 'Garcia, Ana', department: 'Cardiology' },
    { id: referralIdOf(2), at: at - 2 * hourMs, priority: 'urgent', name: '<b>Bold</b>, \u202eTurned', reason },
    ...Array.from({ length: 30 }, (_, n) => ({ id: referralIdOf(100 + n), at: at - n * hourMs, openedAt: at })),
    { id: referralIdOf(200), at, state: 'completed' },
  ]);
});

afterAll(() => desks[Symbol.asyncDispose]());

const tileCounts = (html: string) => [...html.matchAll(/tile-count">(\d+)</g)].map(([, count]) => Number(count));
const keysOf = (html: string) => [...html.matchAll(/data-key="([^"]+)"/g)].map(([, key]) => Number(key?.slice(-12)));

test('home shows what is to be decided, the most urgent first, and its tiles sum to all', async () => {
  const client = await birch.client('doctor');
  const { status, text } = await client.get('/');
  expect(status).toBe(200);
  expect(keysOf(text).slice(0, 3)).toEqual([1, 2, 129]);
  expect(tileCounts(text).reduce((sum, count) => sum + count, 0)).toBe(33);
  expect(text).toContain('33 in all');
  expect(text).toContain('<title>(2) Inbox – Birch Hospital</title>');
  expect(text).toContain('GARCIA, Ana');
  expect(text).toContain('✓ signature valid');
  expect(text).toContain('href="#inbox-list"');
  expect(text).toMatch(/<noscript><meta http-equiv="refresh" content="60; url=\/\?renewed=1"\/><\/noscript>/);
});

test('an overdue emergency is told by its own tile, and the other one says that it counts the rest', async () => {
  const client = await birch.client('doctor');
  expect((await client.get('/')).text).toContain('Other overdue');
  const { text } = await client.get('/?priority=routine');
  expect(text).toContain('Overdue');
  expect(text).not.toContain('Other overdue');
});

test('names of others are text: markup and turned letters are shown, not obeyed', async () => {
  const { text } = await (await birch.client('nurse')).get('/');
  expect(text).toContain('&lt;B&gt;BOLD&lt;/B&gt;, ⟨U+202E⟩Turned');
  expect(text).not.toContain('<b>');
});

test('a long reason is told by its beginning: the row stays a row', async () => {
  const { text } = await (await birch.client('nurse')).get('/');
  expect(text).toContain(`<bdi>${'n'.repeat(beginningLettersMax - 1)}…</bdi>`);
  expect(beginningOf('x'.repeat(beginningLettersMax))).toBe('x'.repeat(beginningLettersMax));
  expect(beginningOf('x'.repeat(beginningLettersMax + 1))).toBe(`${'x'.repeat(beginningLettersMax)}…`);
});

test('every page of the inbox is valid HTML', async () => {
  const client = await birch.client('coordinator');
  const paths = [
    '/',
    '/?group=closed&sort=newest',
    '/?scope=department',
    '/?peer=alder.example&priority=routine',
    '/outbox',
  ];
  for (const path of paths) {
    const report = await new HtmlValidate(htmlRules).validateString((await client.get(path)).text);
    const told = report.results.flatMap(({ messages }) =>
      messages.map((m) => `${path} ${m.line} ${m.ruleId}: ${m.message}`),
    );
    expect(told).toEqual([]);
  }
});

test('pages lead forth and back, and filters stay in every link', async () => {
  const client = await birch.client('doctor');
  const first = await client.get('/?priority=routine');
  const next = /rel="next" href="([^"]+)"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(next).toContain('priority=routine');
  const second = await client.get(next);
  expect(keysOf(first.text).length + keysOf(second.text).length).toBe(30);
  const back = /rel="prev" href="([^"]+)"/.exec(second.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(keysOf((await client.get(back)).text)).toEqual(keysOf(first.text));
});

test('a referral is taken and given back by a button, and stands under "Me" meanwhile', async () => {
  const client = await birch.client('doctor');
  const taken = await client.post('/inbox/assign', { referral: referralIdOf(105), to: 'me', back: '/?scope=me' });
  expect(taken).toMatchObject({ status: 303, location: '/?scope=me' });
  expect(keysOf((await client.get('/?scope=me')).text)).toEqual([105]);
  const elsewhere = await client.post('/inbox/assign', {
    referral: referralIdOf(105),
    to: '',
    back: 'https://evil.example/',
  });
  expect(elsewhere.location).toBe('/');
  const { text } = await client.get('/?scope=me');
  expect(keysOf(text)).toEqual([]);
  expect(text).toContain('No referral fits what you chose');
});

test('an empty inbox says whether the peers can be believed to reach it', async () => {
  const { text } = await (await desks.at('alder').client('doctor')).get('/');
  expect(text).toContain('Peers can reach you: 1 of 1.');
});

test('a peer whose key changed is told beside what it sent, and no longer as valid', async () => {
  const { directory, clock } = birch.node;
  const name = desks.at('alder').node.own.name;
  const before = directory.get(name);
  const since = instantOfMs(clock.now() - 50 * hourMs);
  await directory.change(name, (peer) => ({ ...peer, state: 'key-changed', since }));
  try {
    const { text } = await (await birch.client('doctor')).get('/');
    expect(text).toContain('! key changed 2 d ago');
    expect(text).not.toContain('✓ signature valid');
  } finally {
    await directory.change(name, () => before);
  }
});

test('an emergency stands above every clinical page until it is opened, without a name', async () => {
  const client = await birch.client('nurse');
  const { text } = await client.get('/help');
  expect(text).toContain('A new emergency referral');
  expect(text).toContain(`/received/${referralIdOf(1)}`);
  expect(text).not.toContain('Ana');
  for (const role of ['administrator', 'auditor'] as const)
    expect((await (await birch.client(role)).get('/help')).text).not.toContain('emergency referral');
});

test.each([
  ['administrator', '/inbox/rows'],
  ['administrator', '/inbox/news'],
  ['administrator', '/inbox/emergencies'],
  ['auditor', '/outbox'],
  ['nurse', '/outbox'],
  ['auditor', '/outbox/rows'],
] as const)('%s is refused at %s', async (role, path) => {
  expect((await (await birch.client(role)).get(path)).status).toBe(403);
});

test.each(['administrator', 'auditor'] as const)('%s is led from home to a page of their own', async (role) => {
  const answer = await (await birch.client(role)).get('/');
  expect(answer.status).toBe(303);
  expect(answer.location).not.toBe('/');
});

test('a list that renews itself, and its line, keep no session alive; a person does', async () => {
  const client = await birch.client('nurse');
  const lastSeen = async () =>
    Math.max(...(await birch.node.accounts.listSessions(birch.users.nurse.id)).map(({ lastSeenAt }) => lastSeenAt));
  const seen = await lastSeen();
  await client.get('/?renewed=1');
  await client.get('/inbox/news', { 'x-fernpost': 'fragment' });
  await (await client.fetch('/live', { headers: { accept: 'text/event-stream' } })).body?.cancel();
  expect(await lastSeen()).toBe(seen);
  await client.get('/');
  expect(await lastSeen()).toBeGreaterThan(seen);
});

test('rows and news are parts of the page for its script', async () => {
  const client = await birch.client('doctor');
  const rows = await client.get(`/inbox/rows?id=${referralIdOf(2)}&id=nonsense&id=${referralIdOf(999)}`);
  expect(keysOf(rows.text)).toEqual([2]);
  const news = await client.get('/inbox/news?since=0&priority=urgent');
  expect(news.text).toContain('1 new referral. Show');
  expect(news.text).toContain('data-part="list-tiles"');
});

test('at 10,000 referrals the first byte of the inbox comes within 50 ms', async () => {
  await using busy = await openDesks({ names: ['dogwood'], jobs: false });
  const { node } = busy.at('dogwood');
  const at = node.clock.now();
  const states = ['received', 'accepted', 'completed', 'completed', 'rejected'];
  await makeReferrals(
    node,
    Array.from({ length: 10_000 }, (_, n) => ({
      id: referralIdOf(n),
      at: at - n * 60_000,
      state: states[n % states.length] ?? 'received',
      priority: (['routine', 'urgent', 'stat'] as const)[n % 3] ?? 'routine',
      openedAt: at,
    })),
  );
  const client = await busy.at('dogwood').client('doctor');
  const times: number[] = [];
  for (let n = 0; n < 9; n += 1) {
    const begun = performance.now();
    const answer = await client.fetch('/', {});
    times.push(performance.now() - begun);
    expect(await answer.text()).toContain('10000 in all');
  }
  // The best of several: other tests share this machine.
  expect(Math.min(...times)).toBeLessThan(50);
}, 120_000);
