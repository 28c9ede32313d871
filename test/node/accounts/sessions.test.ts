import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAccounts } from '../../../node/accounts/accounts.ts';
import { idleMsMax, recognisedMs, sessionMsMax, sessionsMax } from '../../../node/accounts/sessions.ts';
import { silentDiagnostics } from '../../../node/platform/diagnostics.ts';
import { systemRandom } from '../../../node/platform/random.ts';
import { statement } from '../../../node/store/statement.ts';
import { entered, openPeople, type People } from './people.ts';

let people: People;
beforeEach(async () => {
  people = await openPeople();
  await people.add('dora', ['doctor', 'coordinator']);
});
afterEach(async () => await people[Symbol.asyncDispose]());

const rows = statement()((db) => db.selectFrom('account_session').selectAll());
const stateOf = async (token: string) => (await people.accounts.sessionOf(token))?.state;

test('a session names its user, and its secret lies nowhere', async () => {
  const { token, session } = entered(await people.signIn('dora'));
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(session.user).toMatchObject({ login: 'dora', name: 'The dora', roles: ['doctor', 'coordinator'] });
  const stored = await people.hospital.node.store.read((reader) => reader.all(rows, {}));
  expect(JSON.stringify(stored)).not.toContain(token);
  expect(session.id).not.toContain(token);
});

test('it expires when nobody used it for a quarter of an hour, to the millisecond', async () => {
  const { token } = entered(await people.signIn('dora'));
  people.clock.advance(idleMsMax - 1);
  expect(await stateOf(token)).toBe('live');
  people.clock.advance(idleMsMax - 1);
  expect(await stateOf(token)).toBe('live');
  people.clock.advance(idleMsMax);
  expect(await stateOf(token)).toBe('expired');
  expect(await stateOf(token)).toBe('expired'); // Being asked does not bring it back.
});

test('what a page asks by itself keeps no session alive', async () => {
  const { token } = entered(await people.signIn('dora'));
  for (let minute = 0; minute < 15; minute += 1) {
    expect((await people.accounts.sessionOf(token, { quietly: true }))?.state).toBe('live');
    people.clock.advance(60_000);
  }
  expect(await stateOf(token)).toBe('expired');
});

test('it ends after twelve hours, however much it is used', async () => {
  const { token, session } = entered(await people.signIn('dora'));
  while (people.clock.now() - session.createdAt < sessionMsMax - idleMsMax) {
    people.clock.advance(idleMsMax / 2);
    expect(await stateOf(token)).toBe('live');
  }
  people.clock.advance(sessionMsMax - (people.clock.now() - session.createdAt) - 1);
  expect(await stateOf(token)).toBe('live');
  people.clock.advance(1);
  expect(await stateOf(token)).toBe('expired');
});

test('an expired one is recognised for a day and then forgotten', async () => {
  const { token } = entered(await people.signIn('dora'));
  people.clock.advance(idleMsMax + recognisedMs - 1);
  expect(await people.accounts.sessionOf(token)).toMatchObject({ state: 'expired', user: { login: 'dora' } });
  people.clock.advance(1);
  expect(await people.accounts.sessionOf(token)).toBeUndefined();
  people.clock.advance(60_001);
  await people.accounts.sweep();
  expect(await people.hospital.node.store.read((reader) => reader.all(rows, {}))).toEqual([]);
});

test('a restart ends nothing and lengthens nothing', async () => {
  const { token } = entered(await people.signIn('dora'));
  people.clock.advance(10 * 60_000);
  await people.accounts.sessionOf(token);
  const { node } = people.hospital;
  const again = openAccounts({
    store: node.store,
    keyring: node.keyring,
    log: node.log,
    clock: people.clock,
    random: systemRandom,
    diagnostics: silentDiagnostics,
    hospital: [],
  });
  people.clock.advance(idleMsMax - 1);
  expect((await again.sessionOf(token, { quietly: true }))?.state).toBe('live');
  people.clock.advance(1);
  expect((await again.sessionOf(token, { quietly: true }))?.state).toBe('expired');
});

test('a clock that is set back lengthens no session', async () => {
  const { token } = entered(await people.signIn('dora'));
  people.clock.setWall(-3_600_000);
  expect(await stateOf(token)).toBe('expired');
});

test.each([
  ['a secret that was never given out', 'A'.repeat(43)],
  ['nothing', ''],
  ['the hash instead of the secret', 'x'.repeat(64)],
  ['megabytes', 'A'.repeat(1_000_000)],
])('%s opens no session', async (_, token) => {
  expect(await people.accounts.sessionOf(token)).toBeUndefined();
});

test('one ends by signing out, another by its id, and only by its own user', async () => {
  const [one, two] = [entered(await people.signIn('dora')), entered(await people.signIn('dora'))];
  const lee = await people.add('lee', ['nurse']);
  await people.accounts.signOut(one.token);
  expect(await stateOf(one.token)).toBeUndefined();
  expect(await people.accounts.endSession(lee.id, two.session.id)).toBe(false);
  expect(await stateOf(two.token)).toBe('live');
  expect(await people.accounts.endSession(two.session.user.id, two.session.id)).toBe(true);
  expect(await stateOf(two.token)).toBeUndefined();
  await people.accounts.signOut('A'.repeat(43));
});

test('a user sees where they are signed in, the last used first, and no expired one', async () => {
  const old = entered(await people.signIn('dora'));
  people.clock.advance(idleMsMax);
  const [one, two] = [entered(await people.signIn('dora')), entered(await people.signIn('dora', undefined, '::1'))];
  people.clock.advance(1_000);
  await people.accounts.sessionOf(one.token);
  const listed = await people.accounts.listSessions(old.session.user.id);
  expect(listed.map(({ id }) => id)).toEqual([one.session.id, two.session.id]);
  expect(listed[1]).toMatchObject({ address: '::1', agent: 'Firefox' });
});

test('the one used least recently ends when a user has too many', async () => {
  const tokens: string[] = [];
  for (let i = 0; i < sessionsMax; i += 1) tokens.push(entered(await people.signIn('dora')).token);
  people.clock.advance(1_000);
  for (const token of tokens.slice(1)) await people.accounts.sessionOf(token);
  await people.accounts.sessionOf(tokens[0] ?? '', { quietly: true });
  entered(await people.signIn('dora'));
  expect(await stateOf(tokens[0] ?? '')).toBeUndefined();
  for (const token of tokens.slice(1)) expect(await stateOf(token)).toBe('live');
});

test('preferences are kept and come with every session', async () => {
  const { token, session } = entered(await people.signIn('dora'));
  expect(session.preferences).toEqual({ shortcuts: true, textSize: 'normal' });
  await people.accounts.setPreferences(session.user.id, { shortcuts: false, textSize: 'larger' });
  expect((await people.accounts.sessionOf(token))?.preferences).toEqual({ shortcuts: false, textSize: 'larger' });
});
