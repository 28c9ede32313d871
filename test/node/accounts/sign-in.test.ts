import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failuresToLock, freeFailuresOfAddress } from '../../../node/accounts/back-off.ts';
import { waitingMax } from '../../../node/accounts/passwords.ts';
import { temporaryMs } from '../../../node/accounts/temporary-password.ts';
import { operator } from '../../../node/accounts/users.ts';
import { address, entered, goodPassword, openPeople, otherPassword, type People } from './people.ts';

let people: People;
beforeEach(async () => {
  people = await openPeople();
});
afterEach(async () => await people[Symbol.asyncDispose]());

const wrong = 'not the password at all';
const secondMs = 1_000;

describe('the first administrator', () => {
  const given = { login: 'Ada', name: 'Ada Moore', password: goodPassword, address };

  test('signs up at an empty node, is signed in, and nobody signs up after them', async () => {
    expect(await people.accounts.isEmpty()).toBe(true);
    const { session, token } = entered(await people.accounts.signUpFirst(given));
    expect(session).toMatchObject({ state: 'live', step: 'done', previousSignIn: undefined });
    expect(session.user).toMatchObject({ login: 'ada', name: 'Ada Moore', roles: ['administrator'] });
    expect((await people.accounts.sessionOf(token))?.user).toEqual(session.user);
    expect(await people.accounts.isEmpty()).toBe(false);
    expect(await people.accounts.signUpFirst({ ...given, login: 'eve' })).toEqual({ state: 'not-empty' });
    expect(await people.told()).toMatchObject([{ act: 'user-added', user: session.user.id, roles: 'administrator' }]);
  });

  test('is one, however many try at the same moment', async () => {
    const tries = Array.from({ length: 8 }, (_, i) => people.accounts.signUpFirst({ ...given, login: `ada${i}` }));
    const states = (await Promise.all(tries)).map(({ state }) => state);
    expect(states.toSorted()).toEqual([...Array.from({ length: 7 }, () => 'not-empty'), 'signed-in']);
    expect(await people.accounts.users.list()).toHaveLength(1);
  });

  test('is told every fault at its field', async () => {
    const bad = { ...given, login: 'a b', name: '', password: 'short' };
    const result = await people.accounts.signUpFirst(bad);
    expect(result).toMatchObject({ state: 'invalid' });
    expect(result.state === 'invalid' && result.faults.map(({ field }) => field)).toEqual([
      'login',
      'name',
      'password',
    ]);
    expect(people.stretched()).toBe(0);
  });
});

describe('signing in', () => {
  beforeEach(async () => {
    await people.add('dora', ['doctor']);
  });

  test('gives a new session each time and says when and where one signed in before', async () => {
    const at = (from: string, agent: string) =>
      people.accounts.signIn({ login: 'dora', password: goodPassword, address: from, agent });
    const first = entered(await at('192.0.2.7', 'Firefox'));
    expect(first.session).toMatchObject({ previousSignIn: undefined, failedTries: 0 });
    people.clock.advance(60 * secondMs);
    const second = entered(await at('192.0.2.8', 'Chrome'));
    expect(second.token).not.toBe(first.token);
    const told = { at: first.session.createdAt, address: '192.0.2.7', agent: 'Firefox' };
    expect(second.session.previousSignIn).toEqual(told);
    expect((await people.accounts.sessionOf(second.token))?.previousSignIn).toEqual(told);
  });

  test('says how often a wrong password was tried since the last time, and no more afterwards', async () => {
    entered(await people.signIn('dora'));
    for (let n = 0; n < 3; n += 1) {
      expect(await people.signIn('dora', wrong)).toEqual({ state: 'refused' });
      people.clock.advance(900 * secondMs);
    }
    const second = entered(await people.signIn('dora'));
    expect(second.session.failedTries).toBe(3);
    expect((await people.accounts.sessionOf(second.token))?.failedTries).toBe(3);
    expect(entered(await people.signIn('dora')).session.failedTries).toBe(0);
  });

  test.each([
    ['a wrong password', 'dora', wrong],
    ['an empty password', 'dora', ''],
    ['a password of megabytes', 'dora', 'x'.repeat(1_000_000)],
    ['a login that nobody has', 'nobody', goodPassword],
    ['a login that no one could have', `'; DROP TABLE account; --`, goodPassword],
    ['an empty login', '', goodPassword],
  ])('with %s is refused in the same way, after the same work', async (_, login, password) => {
    const before = people.stretched();
    expect(await people.signIn(login, password)).toEqual({ state: 'refused' });
    expect(people.stretched() - before).toBe(1);
  });

  test('is refused to the deactivated as it is to strangers', async () => {
    const { id } = await people.add('lee', ['nurse']);
    await people.accounts.users.deactivate(operator, id);
    expect(await people.signIn('lee')).toEqual({ state: 'refused' });
  });

  test.each(['dora', 'nobody'])('as %s waits longer after each wrong try, and says until when', async (login) => {
    const waits: number[] = [];
    for (let tries = 0; tries < 12; tries += 1) {
      expect(await people.signIn(login, wrong, `192.0.2.${tries}`)).toEqual({ state: 'refused' });
      const held = await people.signIn(login, goodPassword, '203.0.113.9');
      if (held.state !== 'wait') throw new Error(held.state);
      expect(held.of).toBe('login');
      const waitMs = held.until - people.clock.now();
      waits.push(waitMs / secondMs);
      people.clock.advance(waitMs - 1);
      expect((await people.signIn(login, goodPassword, '203.0.113.9')).state).toBe('wait');
      people.clock.advance(1);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    expect(people.stretched()).toBe(12 + 1); // What has to wait is not looked at; one more made the user.
  });

  test('begins anew for a login after a right password', async () => {
    for (let tries = 0; tries < 3; tries += 1) {
      await people.signIn('dora', wrong);
      people.clock.advance(4 * secondMs);
    }
    entered(await people.signIn('dora'));
    expect(await people.signIn('dora', wrong)).toEqual({ state: 'refused' });
    people.clock.advance(secondMs);
    entered(await people.signIn('dora'));
  });

  test('side by side gains nothing: of twenty tries at once one is looked at', async () => {
    const before = people.stretched();
    const tries = await Promise.all(Array.from({ length: 20 }, (_, i) => people.signIn('dora', `${wrong} ${i}`)));
    expect(tries.filter(({ state }) => state === 'refused')).toHaveLength(1);
    expect(tries.filter(({ state }) => state === 'wait')).toHaveLength(19);
    expect(people.stretched() - before).toBe(1);
  });

  test.each([
    ['an IPv4 address', '198.51.100.4', '198.51.100.4', '198.51.100.5'],
    ['an IPv4 address, written as IPv6', '::ffff:198.51.100.4', '198.51.100.4', '::ffff:198.51.100.5'],
    ['a network of IPv6', '2001:db8:1:2::5', '2001:0db8:0001:2:a:b:c:d', '2001:db8:1:3::5'],
  ])('from %s waits after many wrong tries with other logins, and others do not', async (_, from, same, other) => {
    for (let tries = 0; tries <= freeFailuresOfAddress; tries += 1)
      expect(await people.signIn(`guess${tries}`, wrong, from)).toEqual({ state: 'refused' });
    expect(await people.signIn('dora', goodPassword, same)).toMatchObject({ state: 'wait', of: 'address' });
    entered(await people.signIn('dora', goodPassword, other));
    people.clock.advance(secondMs);
    entered(await people.signIn('dora', goodPassword, same));
  });

  test('through a proxy on this machine does not wait for the tries of others', async () => {
    for (const loopback of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
      for (let tries = 0; tries <= freeFailuresOfAddress; tries += 1)
        await people.signIn(`guess${tries}${loopback}`, wrong, loopback);
    entered(await people.signIn('dora', goodPassword, '127.0.0.1'));
  });

  test.each(['dora', 'nobody'])('as %s is locked after a hundred wrong tries in a row', async (login) => {
    for (let tries = 0; tries < failuresToLock; tries += 1) {
      expect(await people.signIn(login, wrong, `10.0.${tries}.1`)).toEqual({ state: 'refused' });
      people.clock.advance(900 * secondMs);
    }
    expect(await people.signIn(login, goodPassword)).toEqual({ state: 'locked' });
    people.clock.advance(25 * 3_600_000);
    await people.accounts.sweep();
    expect(await people.signIn(login, goodPassword)).toEqual({ state: 'locked' });
    expect(people.warned).toEqual(login === 'nobody' ? [] : ['sign-in-locked']);
    if (login === 'nobody') return;
    expect((await people.accounts.users.findByLogin(login))?.locked).toBe(true);
  });

  test('is unlocked by a new password from an administrator', async () => {
    for (let tries = 0; tries < failuresToLock; tries += 1) {
      await people.signIn('dora', wrong);
      people.clock.advance(900 * secondMs);
    }
    const ada = await people.add('ada', ['administrator']);
    const dora = await people.accounts.users.findByLogin('dora');
    const set = await people.accounts.users.setPassword(ada.id, dora?.id ?? '');
    if (set.state !== 'done') throw new Error(set.state);
    expect(set.user).toMatchObject({ locked: false, password: 'temporary' });
    expect(entered(await people.signIn('dora', set.password)).session.step).toBe('new-password');
    expect((await people.told()).at(-1)).toMatchObject({ act: 'user-password', by: ada.id, unlocked: 'yes' });
  });

  test('turns people away while more are signing in than can be checked', async () => {
    const release = people.hold();
    const many = Array.from({ length: waitingMax + 2 }, (_, i) => people.signIn(`guess${i}`, wrong, `10.1.${i}.1`));
    await expect.poll(() => people.stretched()).toBe(3);
    await expect.poll(async () => (await people.signIn('dora')).state).toBe('busy');
    release();
    await Promise.all(many);
    entered(await people.signIn('dora'));
  });
});

describe('a temporary password', () => {
  test('opens nothing but the choice of another one, for seven days', async () => {
    const given = { login: 'nia', name: 'Nia', roles: ['nurse'] as const, department: '' };
    const added = await people.accounts.users.add(operator, given);
    if (added.state !== 'done') throw new Error(added.state);
    const first = entered(await people.signIn('nia', added.password));
    expect(first.session.step).toBe('new-password');
    const choose = (token: string, next: string) =>
      people.accounts.changePassword(token, { current: '', next, address });
    expect(await choose(first.token, added.password)).toMatchObject({ state: 'invalid' });
    expect(await choose(first.token, 'too short')).toMatchObject({ state: 'invalid' });
    const second = entered(await choose(first.token, otherPassword));
    expect(second.session).toMatchObject({ step: 'done', previousSignIn: undefined });
    expect(await people.accounts.sessionOf(first.token)).toBeUndefined();
    expect((await people.accounts.users.get(added.user.id)).password).toBe('own');
    expect(await people.signIn('nia', added.password)).toEqual({ state: 'refused' });
  });

  test('opens nothing at all after that', async () => {
    const given = { login: 'nia', name: 'Nia', roles: ['nurse'] as const, department: '' };
    const added = await people.accounts.users.add(operator, given);
    if (added.state !== 'done') throw new Error(added.state);
    people.clock.advance(temporaryMs);
    expect(await people.signIn('nia', added.password)).toEqual({ state: 'refused' });
    expect((await people.accounts.users.get(added.user.id)).password).toBe('temporary-expired');
  });
});

describe("one's own password", () => {
  const change = (token: string, current: string, next: string) =>
    people.accounts.changePassword(token, { current, next, address });

  beforeEach(async () => {
    await people.add('dora', ['doctor']);
  });

  test('is changed by whoever knows the present one; every other session ends', async () => {
    const phone = entered(await people.signIn('dora'));
    const desk = entered(await people.signIn('dora'));
    const changed = entered(await change(desk.token, goodPassword, otherPassword));
    for (const { token } of [phone, desk]) expect(await people.accounts.sessionOf(token)).toBeUndefined();
    expect((await people.accounts.sessionOf(changed.token))?.state).toBe('live');
    expect(changed.session.previousSignIn).toEqual(desk.session.previousSignIn);
    expect(await people.signIn('dora', goodPassword)).toEqual({ state: 'refused' });
    people.clock.advance(secondMs);
    entered(await people.signIn('dora', otherPassword));
  });

  test('is not changed by whoever guesses the present one, and guessing counts', async () => {
    const { token } = entered(await people.signIn('dora'));
    expect(await change(token, wrong, otherPassword)).toMatchObject({ faults: [{ field: 'current' }] });
    expect(await change(token, goodPassword, otherPassword)).toMatchObject({ state: 'wait' });
    people.clock.advance(secondMs);
    entered(await change(token, goodPassword, otherPassword));
  });

  test('is not changed to itself, to a bad one, or without a session', async () => {
    const { token } = entered(await people.signIn('dora'));
    expect(await change(token, goodPassword, goodPassword)).toMatchObject({ faults: [{ field: 'password' }] });
    expect(await change(token, goodPassword, 'dora dora dora dora')).toMatchObject({ faults: [{ field: 'password' }] });
    await people.accounts.signOut(token);
    expect(await change(token, goodPassword, otherPassword)).toEqual({ state: 'refused' });
    entered(await people.signIn('dora'));
  });
});
