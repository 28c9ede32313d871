import { describe, expect, test } from 'vitest';
import { passwordFault, passwordLettersMax } from '../../../node/accounts/password-rules.ts';
import {
  openPasswords,
  passwordCost,
  runsAtOnceMax,
  waitingMax,
  type PasswordCost,
} from '../../../node/accounts/passwords.ts';
import { makeTemporaryPassword } from '../../../node/accounts/temporary-password.ts';
import { systemRandom } from '../../../node/platform/random.ts';

const context = { login: 'a.okafor', name: 'Dr Adaeze Okafor', hospital: ['St. Alder Hospital', 'alder.example'] };

describe('a password is taken when it', () => {
  test.each([
    ['is fifteen letters of no meaning', 'vqxjmzkwhtbydgp'],
    ['is a passphrase', 'walrus teapot canyon puddle'],
    ['is a passphrase with a name in it', 'okafor walrus teapot canyon'],
    ['is in another script', 'кошка играет на рояле'],
    ['has spaces at its ends', '  walrus teapot canyon  '],
    ['is as long as it may be', `walrus teapot canyon ${'q7'.repeat(200)}`.slice(0, passwordLettersMax)],
    ['counts letters, not bytes or UTF-16 units', '🐘🦊🐢🦉🐙🦀🐳🦜🐝🦋🐿🦔🐊🦩🐫'],
  ])('%s', (_, password) => {
    expect(passwordFault(password, context)).toBeUndefined();
  });
});

describe('a password is refused when it', () => {
  test.each([
    ['has fourteen letters', 'vqxjmzkwhtbydg', /at least 15/],
    ['has letters that are one when composed', `vqxjmzkwhtbyd${'e\u0301'}`, /at least 15/],
    ['is longer than it may be', 'q7'.repeat(passwordLettersMax), /at most/],
    ['is on the list', 'correcthorsebatterystaple', /lists/],
    ['is on the list, with other signs and letters', 'Correct Horse-Battery_Staple', /lists/],
    ['is on the list, with signs for letters', 'P@ssw0rdPassw0rd', /lists|names and words/],
    ['repeats one letter', 'zzzzzzzzzzzzzzzzz', /repeats|lists/],
    ['repeats three', 'qxzqxzqxzqxzqxzqxz', /repeats/],
    ['counts', '123456789012345678', /lists|names and words/],
    ['runs along the keyboard', 'qwertyuiopasdfghjkl', /lists|names and words/],
    ['runs back along it', 'poiuytrewqlkjhgfdsa', /lists|names and words/],
    ['is the login and a year', 'a.okafor-a.okafor-2026', /names and words/],
    ['is the name', 'AdaezeOkaforAdaeze', /names and words/],
    ['is the hospital', 'St.AlderHospital2026!', /names and words/],
    ['is the product', 'fernpostfernpost1', /repeats|names and words/],
    ['is made of common words', 'Welcome-Hospital-2026', /names and words/],
  ])('%s', (_, password, why) => {
    expect(passwordFault(password, context)).toMatch(why);
  });
});

test('a temporary password passes the rules, is easy to read out, and another one each time', () => {
  const made = Array.from({ length: 200 }, () => makeTemporaryPassword(systemRandom));
  expect(new Set(made).size).toBe(made.length);
  for (const password of made) {
    expect(password).toMatch(/^[a-z]{3,8}(-[a-z]{3,8}){4}$/);
    expect(password.length).toBeGreaterThanOrEqual(15);
  }
});

describe('hashes', () => {
  test('are argon2id with the cost of the design, verify what was typed, and nothing else', async () => {
    const passwords = openPasswords(systemRandom);
    const stored = await passwords.hash('walrus teapot café');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await passwords.hash('walrus teapot café')).not.toBe(stored);
    expect(await passwords.verify('walrus teapot cafe\u0301', stored)).toBe(true);
    expect(await passwords.verify('walrus teapot cafe', stored)).toBe(false);
    expect(await passwords.verify('walrus teapot café', undefined)).toBe(false);
  });

  test.each([
    ['nothing', ''],
    [
      'another algorithm',
      '$argon2i$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    ],
    [
      'a cost that would take the machine',
      '$argon2id$v=19$m=99999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    ],
    [
      'a tag that is not canonical',
      '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB',
    ],
  ])('with %s verify no password, and cost what a real one does', async (_, stored) => {
    const costs: PasswordCost[] = [];
    const passwords = openPasswords(systemRandom, async (_password, _salt, cost) => {
      costs.push(cost);
      return new Uint8Array(32);
    });
    expect(await passwords.verify('anything', stored)).toBe(false);
    expect(costs).toEqual([passwordCost]);
  });

  test('are made two at a time, in line, and beyond the line nobody is taken', async () => {
    let running = 0;
    let most = 0;
    const gate = Promise.withResolvers<void>();
    const passwords = openPasswords(systemRandom, async () => {
      running += 1;
      most = Math.max(most, running);
      await gate.promise;
      running -= 1;
      return new Uint8Array(32);
    });
    const taken = Array.from({ length: runsAtOnceMax + waitingMax }, () => passwords.hash('x'));
    expect(passwords.isBusy()).toBe(true);
    await expect(passwords.hash('x')).rejects.toMatchObject({ code: 'busy' });
    gate.resolve();
    await Promise.all(taken);
    expect([most, running, passwords.isBusy()]).toEqual([runsAtOnceMax, 0, false]);
    await passwords.hash('x');
  });
});
