import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statement } from '../../../node/store/statement.ts';
import { draftKeyOf } from '../../../node/web/draft-key.ts';
import { openDesks, testPassword, type TestDesk, type TestDesks } from '../../support/desk.ts';
import type { DeskClient } from '../../support/desk-client.ts';

let desks: TestDesks;
let desk: TestDesk;
let admin: DeskClient;
beforeAll(async () => {
  desks = await openDesks({ names: ['alder'], jobs: false });
  desk = desks.at('alder');
  admin = await desk.client('administrator');
});
afterAll(async () => await desks[Symbol.asyncDispose]());

const aged = statement<{ at: number }>()((db, values) =>
  db.updateTable('account_session').set({ created_at: values.at }),
);
const temporaryForm = /<b class="mono told-password">([a-z-]+)<\/b>/;
/** The first wrong try is followed by a second of waiting. */
const patience = { timeout: 5_000, interval: 200 };
const ownPassword = 'granite-violin-puddle-83';

async function addUser(login: string, roles: readonly string[] = ['nurse']) {
  const answer = await admin.submit('/admin/users/new', '/admin/users', { login, name: `Pat ${login}`, roles });
  if (answer.location === undefined) throw new Error(`adding ended with ${answer.status}`);
  const path = answer.location.replace(/\?.*/, '');
  const page = await admin.open(answer.location);
  return { path, page, login, password: temporaryForm.exec(page.text)?.[1] ?? '' };
}

describe('a first run', () => {
  test('leads to the sign-up, makes the first administrator, and is closed from then on', async () => {
    await using fresh = await openDesks({ names: ['birch'], jobs: false, users: false, paired: false });
    const client = await fresh.at('birch').client();
    expect((await client.open('/')).text).toContain('Set up Birch Hospital');
    const given = { name: 'Ada Moore', login: 'ada', password: testPassword, 'password-again': testPassword };
    const differs = await client.submit('/setup', '/setup', { ...given, 'password-again': 'other' });
    expect([differs.status, differs.text.includes('The two passwords differ')]).toEqual([422, true]);
    expect(differs.text).toContain('value="Ada Moore"');
    expect(differs.text).not.toContain(testPassword);
    const weak = await client.submit('/setup', '/setup', { ...given, password: 'short', 'password-again': 'short' });
    expect(weak.text).toContain('Use at least 15 characters');
    const done = await client.submit('/setup', '/setup', given);
    expect([done.status, done.location]).toEqual([303, '/admin/first-run']);
    expect((await client.get('/admin/users')).text).toContain('Ada Moore');
    const late = await fresh.at('birch').client();
    expect((await late.get('/setup')).location).toBe('/sign-in');
    expect((await late.post('/setup', { ...given, login: 'mallory' })).location).toBe('/sign-in');
    expect((await client.get('/admin/users')).text).not.toContain('mallory');
  });
});

describe('a user who is added', () => {
  test('gets a temporary password, shown to the administrator who made it until it is handed over', async () => {
    const { path, password } = await addUser('pat.one');
    expect(password).toMatch(/^[a-z]+(-[a-z]+){4}$/);
    expect((await admin.get(path)).text).toContain(password);
    await desk.node.accounts.users.add('operator', {
      login: 'second.admin',
      name: 'Second',
      roles: ['administrator'],
      department: '',
      password: testPassword,
    });
    const second = await desk.client();
    await second.signIn({ login: 'second.admin', password: testPassword });
    expect((await second.get(path)).text).not.toContain(password);
    await admin.submit(path, `${path}/password/told`, {});
    expect((await admin.get(path)).text).not.toContain(password);
  });

  test('chooses a password of their own before anything else, and is then where they wanted to go', async () => {
    const { login, password } = await addUser('pat.two');
    const client = await desk.client();
    const answer = await client.submit('/sign-in?next=/account', '/sign-in', { login, password });
    expect(answer.location).toBe('/account/password?next=%2Faccount');
    for (const path of ['/', '/account', '/patients', '/help'])
      expect((await client.get(path)).location).toBe('/account/password');
    const page = answer.location ?? '';
    const refuse = async (next: string, again = next) =>
      (await client.submit(page, '/account/password', { password: next, 'password-again': again })).status;
    expect([await refuse('short'), await refuse(password), await refuse(ownPassword, 'other')]).toEqual([
      422, 422, 422,
    ]);
    const chosen = await client.submit(page, '/account/password', {
      password: ownPassword,
      'password-again': ownPassword,
    });
    expect(chosen.location).toBe('/account');
    expect((await client.get('/account')).status).toBe(200);
  });

  test('is added once, however often the form is sent', async () => {
    const form = await admin.get('/admin/users/new');
    const once = /name="once" value="([^"]+)"/.exec(form.text)?.[1] ?? '';
    const fields = { once, login: 'pat.three', name: 'Pat', roles: 'nurse' };
    const answers = await Promise.all([admin.post('/admin/users', fields), admin.post('/admin/users', fields)]);
    expect(new Set(answers.map(({ location }) => location)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
  });

  test('is not added with faults; each is told at its field and what was typed stays', async () => {
    const bad = { login: 'Not A Login', name: '<b>Pat</b>', roles: ['administrator', 'doctor'], department: 'ENT' };
    const answer = await admin.submit('/admin/users/new', '/admin/users', bad);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('href="#f-login"');
    expect(answer.text).toContain('href="#f-roles"');
    for (const value of ['Not A Login', '&lt;b&gt;Pat&lt;/b&gt;', 'ENT'])
      expect(answer.text).toContain(`value="${value}"`);
    expect(answer.text).not.toContain('<b>Pat</b>');
    const mended = await admin.submit('/admin/users/new', '/admin/users', {
      ...bad,
      login: 'pat.four',
      roles: 'doctor',
    });
    expect(mended.status).toBe(303);
  });
});

describe('a leaver', () => {
  test('is removed in three clicks from home, and every session of theirs ends at once', async () => {
    const { path, login, password } = await addUser('pat.five');
    const pat = await desk.client();
    await pat.submit('/sign-in', '/sign-in', { login, password });
    await pat.submit('/account/password', '/account/password', {
      password: ownPassword,
      'password-again': ownPassword,
    });
    expect((await pat.get('/account')).status).toBe(200);
    expect((await admin.get('/admin')).text).toContain('href="/admin/users"'); // one
    expect((await admin.get('/admin/users')).text).toContain(`href="${path}"`); // two
    const answer = await admin.submitAndOpen(path, `${path}/deactivate`, {}); // three
    expect(answer.text).toContain('Every session has ended');
    expect((await pat.get('/account')).location).toBe('/sign-in?next=%2Faccount');
    expect((await pat.post('/sign-in', { login, password: ownPassword })).status).toBe(422);
    await admin.submit(path, `${path}/activate`, {});
    await expect
      .poll(async () => (await pat.post('/sign-in', { login, password: ownPassword })).status, patience)
      .toBe(303);
  });

  test('who is the last administrator stays', async () => {
    const path = `/admin/users/${desk.users.administrator.id}`;
    const second = await desk.node.accounts.users.findByLogin('second.admin');
    if (second !== undefined) await desk.node.accounts.users.deactivate('operator', second.id);
    const answer = await admin.submit(path, `${path}/deactivate`, {});
    expect([answer.status, answer.text.includes('last active administrator')]).toEqual([409, true]);
    expect((await admin.get('/admin/users')).status).toBe(200);
  });
});

test('changed roles hold at once', async () => {
  const { path, login, password } = await addUser('pat.six', ['nurse', 'coordinator']);
  const pat = await desk.client();
  await pat.submit('/sign-in', '/sign-in', { login, password });
  const saved = await admin.submitAndOpen(path, path, { name: 'Pat Six', department: '', roles: 'auditor' });
  expect(saved.text).toContain('Saved.');
  expect((await pat.get('/account/password')).location).toContain('/sign-in');
  const refused = await admin.submit(path, path, { name: 'Pat Six', department: '', roles: ['auditor', 'nurse'] });
  expect([refused.status, refused.text.includes('holds no other role')]).toEqual([422, true]);
});

test('a new password ends every session and is a temporary one', async () => {
  const { path, login } = await addUser('pat.seven');
  const page = await admin.submitAndOpen(path, `${path}/password`, {});
  const password = temporaryForm.exec(page.text)?.[1] ?? '';
  const pat = await desk.client();
  expect((await pat.submit('/sign-in', '/sign-in', { login, password })).location).toBe('/account/password');
});

describe('my security', () => {
  test('shows where one is signed in, ends another session and not this one', async () => {
    const [here, there] = [await desk.client('nurse'), await desk.client('nurse')];
    const page = await here.get('/account');
    expect(page.text).toContain('this one');
    const answer = await here.submitAndOpen('/account', '/account/sessions/end', { session: 'others' });
    expect(answer.text).toContain('That session has ended');
    expect((await here.get('/account')).status).toBe(200);
    expect((await there.get('/account')).status).toBe(303);
    const ids = [...page.text.matchAll(/name="session" value="([0-9a-f-]{36})"/g)].map((match) => match[1] ?? '');
    const stranger = await desk.client('doctor');
    for (const session of ids) await stranger.post('/account/sessions/end', { session });
    expect((await here.get('/account')).status).toBe(200);
  });

  test('changes the password with the present one alone, and the session goes on under a new cookie', async () => {
    const { login, password } = await addUser('pat.eight');
    const pat = await desk.client();
    await pat.submit('/sign-in', '/sign-in', { login, password });
    await pat.submit('/account/password', '/account/password', {
      password: ownPassword,
      'password-again': ownPassword,
    });
    const next = { password: 'otter-maple-brisk-candle-fog', 'password-again': 'otter-maple-brisk-candle-fog' };
    const refused = await pat.submit('/account/password', '/account/password', { 'current-password': 'no', ...next });
    expect([refused.status, refused.text.includes('This is not your password')]).toEqual([422, true]);
    const before = pat.cookie();
    await expect
      .poll(
        async () =>
          (await pat.submit('/account/password', '/account/password', { 'current-password': ownPassword, ...next }))
            .location,
        patience,
      )
      .toBe('/account?changed=1');
    expect(pat.cookie()).not.toBe(before);
    expect((await pat.get('/account?changed=1')).text).toContain('Your password is changed');
  });

  test('keeps how pages behave', async () => {
    const client = await desk.client('doctor');
    const answer = await client.submitAndOpen('/account', '/account/preferences', { 'text-size': 'larger' });
    expect(answer.text).toContain('class="text-larger"');
    expect(answer.text).toContain('data-shortcuts="off"');
    const back = await client.submitAndOpen('/account', '/account/preferences', { 'text-size': 'x', shortcuts: 'on' });
    expect(back.text).not.toContain('text-larger');
    expect(back.text).not.toContain('data-shortcuts');
  });
});

test('nobody but administrators sees or changes users', async () => {
  const id = desk.users.doctor.id;
  for (const role of ['doctor', 'nurse', 'coordinator', 'auditor'] as const) {
    const client = await desk.client(role);
    for (const path of ['/admin/users', '/admin/users/new', `/admin/users/${id}`])
      expect((await client.get(path)).status).toBe(403);
    for (const path of [
      '/admin/users',
      `/admin/users/${id}`,
      `/admin/users/${id}/deactivate`,
      `/admin/users/${id}/password`,
    ])
      expect((await client.post(path, {})).status).toBe(403);
  }
  const lost = await admin.get('/admin/users/00000000-0000-4000-8000-000000000000');
  expect([lost.status, lost.text.includes('There is no such user')]).toEqual([404, true]);
});

test('a password that is sent after the session ended is kept in no draft', async () => {
  const client = await desk.client('coordinator');
  const at = desk.node.clock.now() - 12 * 3_600_000;
  await desk.node.store.write((writer) => writer.run(aged, { at }));
  const typed = { 'current-password': testPassword, password: ownPassword, 'password-again': ownPassword, next: '' };
  const answer = await client.post('/account/password', typed);
  expect(answer.location).toContain('/sign-in');
  const draft = await desk.node.drafts.find(desk.users.coordinator.id, draftKeyOf('/account/password'));
  expect(draft?.fields).toEqual([['next', '']]);
});

test('an administrator sets no temporary password for themselves: it would end the session before it is read', async () => {
  await using own = await openDesks({ names: ['birch'], jobs: false });
  const { users, client } = own.at('birch');
  const only = await client('administrator');
  const path = `/admin/users/${users.administrator.id}`;
  const page = await only.open(path);
  expect(page.text).not.toContain(`action="${path}/password"`);
  expect(page.text).toContain('href="/account/password"');
  const refused = await only.post(`${path}/password`, { once: crypto.randomUUID() });
  expect([refused.status, refused.text.includes('change your password under your own name')]).toEqual([409, true]);
  expect((await only.get(path)).status).toBe(200);
  await client('administrator'); // The password is still the one that they have.
});
