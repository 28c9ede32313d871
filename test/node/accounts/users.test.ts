import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { operator, type NewUser, type User } from '../../../node/accounts/users.ts';
import { entered, goodPassword, openPeople, otherPassword, type People } from './people.ts';

let people: People;
let ada: User;
beforeEach(async () => {
  people = await openPeople();
  ada = await people.add('ada', ['administrator']);
});
afterEach(async () => await people[Symbol.asyncDispose]());

const nia: NewUser = { login: 'nia', name: 'Nia Nkosi', roles: ['nurse'], department: 'Ward 3' };

describe('a new user', () => {
  test('has what was typed, tidied, and a temporary password', async () => {
    const typed = { ...nia, login: ' NIA ', name: ' Nia Nkosi ', roles: ['nurse', 'doctor', 'nurse'] as const };
    const added = await people.accounts.users.add(ada.id, typed);
    expect(added).toMatchObject({
      state: 'done',
      user: { login: 'nia', name: 'Nia Nkosi', roles: ['doctor', 'nurse'], active: true, password: 'temporary' },
    });
    expect(await people.accounts.users.findByLogin('Nia')).toEqual(added.state === 'done' ? added.user : undefined);
    expect((await people.told()).at(-1)).toMatchObject({ act: 'user-added', by: ada.id, roles: 'doctor nurse' });
  });

  test.each<[string, Partial<NewUser> & { password?: string }, string]>([
    ['no name', { name: ' ' }, 'name'],
    ['a name that turns text round', { name: 'Nia \u202eisokN' }, 'name'],
    ['a name with a line break', { name: 'Nia\nadmin' }, 'name'],
    ['a name of a hundred and one letters', { name: 'x'.repeat(101) }, 'name'],
    ['a login with a space', { login: 'nia n' }, 'login'],
    ['a login of one letter', { login: 'n' }, 'login'],
    ['a login of sixty-five letters', { login: 'n'.repeat(65) }, 'login'],
    ['a login with markup', { login: '<b>' }, 'login'],
    ['a login that is taken', { login: 'ADA' }, 'login'],
    ['a department with a control character', { department: 'Ward\u0000' }, 'department'],
    ['no role', { roles: [] }, 'roles'],
    ['a role beside that of an auditor', { roles: ['auditor', 'doctor'] }, 'roles'],
    ['a password that is too short', { password: 'too short' }, 'password'],
    ['a password made of their name', { password: 'NiaNkosiNiaNkosi' }, 'password'],
  ])('with %s is refused at that field', async (_, members, field) => {
    const refused = await people.accounts.users.add(ada.id, { ...nia, ...members });
    expect(refused).toMatchObject({ state: 'invalid', faults: [{ field }] });
    expect(await people.accounts.users.list()).toHaveLength(1);
  });

  test('gets the login once, however many ask for it at the same moment', async () => {
    const asked = Array.from({ length: 4 }, () => people.accounts.users.add(ada.id, nia));
    const states = (await Promise.all(asked)).map(({ state }) => state);
    expect(states.toSorted()).toEqual(['done', 'invalid', 'invalid', 'invalid']);
  });
});

describe('what ends every session of a user at once', () => {
  const acts: readonly (readonly [string, (id: string) => Promise<unknown>])[] = [
    ['another role', (id) => people.accounts.users.change(ada.id, id, { ...nia, roles: ['doctor'] })],
    ['being deactivated', (id) => people.accounts.users.deactivate(ada.id, id)],
    ['a new password', (id) => people.accounts.users.setPassword(ada.id, id)],
    ['the button for it', (id) => people.accounts.users.endSessions(ada.id, id)],
  ];
  test.each(acts)('%s', async (_, act) => {
    const { id } = await people.add('nia', ['nurse']);
    const sessions = [entered(await people.signIn('nia')), entered(await people.signIn('nia'))];
    expect((await people.accounts.users.get(id)).liveSessions).toBe(2);
    const before = (await people.told()).length;
    await act(id);
    for (const { token } of sessions) expect(await people.accounts.sessionOf(token)).toBeUndefined();
    expect((await people.accounts.users.get(id)).liveSessions).toBe(0);
    expect((await people.told()).slice(before)).toMatchObject([{ by: ada.id, user: id }]);
  });

  test('a new name ends none, and stands in no log', async () => {
    const { id } = await people.add('nia', ['nurse']);
    const { token } = entered(await people.signIn('nia'));
    const before = (await people.told()).length;
    await people.accounts.users.change(ada.id, id, { ...nia, name: 'Nia Dlamini' });
    expect((await people.accounts.sessionOf(token))?.user).toMatchObject({ name: 'Nia Dlamini', department: 'Ward 3' });
    expect(await people.told()).toHaveLength(before);
  });

  test('a session that is being made while its user is deactivated does not come to be', async () => {
    const { id } = await people.add('nia', ['nurse']);
    const release = people.hold();
    const signingIn = people.signIn('nia');
    await expect.poll(() => people.stretched()).toBe(3);
    await people.accounts.users.deactivate(ada.id, id);
    release();
    expect(await signingIn).toEqual({ state: 'refused' });
  });
});

describe('the last active administrator', () => {
  const removals: readonly (readonly [string, (id: string) => Promise<unknown>])[] = [
    ['is not deactivated', (id) => people.accounts.users.deactivate(operator, id)],
    ['does not deactivate themselves', (id) => people.accounts.users.deactivate(id, id)],
    ['does not become something else', (id) => people.accounts.users.change(id, id, { ...nia, roles: ['doctor'] })],
  ];
  test.each(removals)('%s', async (_, remove) => {
    const gone = await people.add('gus', ['administrator']);
    await people.accounts.users.deactivate(ada.id, gone.id);
    await expect(remove(ada.id)).rejects.toMatchObject({ kind: 'conflict', code: 'last-administrator' });
    expect(await people.accounts.users.get(ada.id)).toMatchObject({ active: true, roles: ['administrator'] });
    await people.accounts.users.activate(ada.id, gone.id);
    await remove(ada.id);
  });

  test('is left when two deactivate each other at the same moment', async () => {
    const eve = await people.add('eve', ['administrator']);
    const both = await Promise.allSettled([
      people.accounts.users.deactivate(ada.id, eve.id),
      people.accounts.users.deactivate(eve.id, ada.id),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const active = (await people.accounts.users.list()).filter((user) => user.active);
    expect(active).toHaveLength(1);
  });
});

test('whoever is no administrator any more, or never was, changes nobody', async () => {
  const eve = await people.add('eve', ['administrator']);
  const dora = await people.add('dora', ['doctor']);
  await people.accounts.users.deactivate(ada.id, eve.id);
  const before = await people.told();
  const { users } = people.accounts;
  for (const by of [eve.id, dora.id, '', 'nobody']) {
    const denied = { kind: 'denied', code: 'not-an-administrator' };
    await expect(users.add(by, nia)).rejects.toMatchObject(denied);
    await expect(users.change(by, dora.id, nia)).rejects.toMatchObject(denied);
    await expect(users.setPassword(by, dora.id, otherPassword)).rejects.toMatchObject(denied);
    await expect(users.deactivate(by, dora.id)).rejects.toMatchObject(denied);
    await expect(users.activate(by, eve.id)).rejects.toMatchObject(denied);
    await expect(users.endSessions(by, dora.id)).rejects.toMatchObject(denied);
  }
  expect(await people.told()).toEqual(before);
  await expect(users.deactivate(ada.id, 'nobody')).rejects.toMatchObject({ kind: 'not-found', code: 'unknown-user' });
});

test('the list says of each user how they stand, the active ones first', async () => {
  const nurse = await people.accounts.users.add(ada.id, nia);
  const gone = await people.add('abe', ['doctor']);
  await people.accounts.users.deactivate(ada.id, gone.id);
  entered(await people.signIn('ada'));
  const listed = await people.accounts.users.list();
  expect(listed.map(({ login }) => login)).toEqual(['nia', 'ada', 'abe']);
  expect(listed[1]).toMatchObject({ liveSessions: 1, password: 'own', lastSignInAt: people.clock.now() });
  expect(nurse.state === 'done' && listed[0]).toEqual(nurse.state === 'done' && nurse.user);
});

test('nothing of a name, a login or a password is in the exchange log', async () => {
  const { id } = await people.add('nia', ['nurse'], 'Nia Nkosi');
  await people.accounts.users.setPassword(ada.id, id, otherPassword);
  const told = JSON.stringify(await people.told());
  for (const secret of ['nia', 'Nkosi', goodPassword, otherPassword]) expect(told).not.toContain(secret);
});
