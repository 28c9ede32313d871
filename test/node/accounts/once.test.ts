import { afterEach, beforeEach, expect, test } from 'vitest';
import { actsMax, openOnce, type Once } from '../../../node/accounts/once.ts';
import { openPeople, type People } from './people.ts';

const id = '11111111-1111-4111-8111-111111111111';
let people: People;

beforeEach(async () => {
  people = await openPeople();
});
afterEach(async () => await people[Symbol.asyncDispose]());

/** The same node after it was killed: what was under way is known from the database alone. */
function restarted(): Once {
  const { store, keyring } = people.hospital.node;
  return openOnce({ store, keyring, clock: people.clock });
}

test('a form whose work a kill ended is not done again: whoever sends it is told to look', async () => {
  const begun = Promise.withResolvers<void>();
  void people.once.run('u1', id, () => {
    begun.resolve();
    return new Promise<never>(() => undefined);
  });
  await begun.promise;
  const again = restarted().run('u1', id, async () => '/twice');
  await expect(again).rejects.toMatchObject({ kind: 'conflict', code: 'maybe-saved' });
});

test('a form that was refused or done before a kill is the same after it', async () => {
  await expect(people.once.run('u1', id, () => Promise.reject(new TypeError('refused')))).rejects.toThrow('refused');
  expect(await restarted().run('u1', id, async () => '/done')).toBe('/done');
  expect(await restarted().run('u1', id, async () => '/twice')).toBe('/done');
});

test('a form that comes back with another content is refused, at once and after a kill', async () => {
  const both = await Promise.allSettled([
    people.once.run('u1', id, async () => '/done', 'a'),
    people.once.run('u1', id, async () => '/twice', 'b'),
  ]);
  expect(both).toMatchObject([{ value: '/done' }, { reason: { code: 'sent-before' } }]);
  await expect(restarted().run('u1', id, async () => '/twice', 'b')).rejects.toMatchObject({ code: 'sent-before' });
  expect(await restarted().run('u1', id, async () => '/twice', 'a')).toBe('/done');
});

test('a form whose parts are acts does each once, in turn, also after a kill', async () => {
  const done: string[] = [];
  const send = (once: Once, ...parts: readonly string[]) =>
    once.gather('u1', id, async (acts) => {
      for (const part of parts) {
        if (acts.find(part) !== undefined) continue;
        await Promise.resolve();
        done.push(part);
        acts.note(part, `/${part}`);
      }
      return parts.map((part) => acts.find(part));
    });
  await Promise.all([send(people.once, 'a', 'b'), send(people.once, 'a', 'b')]);
  expect(done).toEqual(['a', 'b']);
  await send(people.once, 'b', 'c');
  expect(await send(restarted(), 'a', 'c')).toEqual(['/a', '/c']);
  expect(done).toEqual(['a', 'b', 'c']);
});

test('an act that was noted stays noted when the rest fails; where none was, the form is as new', async () => {
  const failing = (mark?: string) =>
    people.once.gather('u1', id, (acts) => {
      if (mark !== undefined) acts.note(mark, '/');
      return Promise.reject(new TypeError('broke off'));
    });
  await expect(failing()).rejects.toThrow('broke off');
  expect(await people.once.run('u1', id, async () => '/done')).toBe('/done');
  const other = id.replaceAll('1', '2');
  const noted = people.once.gather('u1', other, (acts) => {
    acts.note('a', '/a');
    return Promise.reject(new TypeError('broke off'));
  });
  await expect(noted).rejects.toThrow('broke off');
  expect(await restarted().gather('u1', other, async (acts) => acts.find('a'))).toBe('/a');
});

test('acts that a kill interrupted are not begun again', async () => {
  const begun = Promise.withResolvers<void>();
  void people.once.gather('u1', id, () => {
    begun.resolve();
    return new Promise<never>(() => undefined);
  });
  await begun.promise;
  await expect(restarted().gather('u1', id, async () => 'twice')).rejects.toMatchObject({ code: 'maybe-saved' });
});

test.each([
  [actsMax - 1, true],
  [actsMax, false],
])('a form under which %i acts were noted may be sent again: %s', async (count, isTaken) => {
  await people.once.gather('u1', id, async (acts) => {
    for (let n = 0; n < count; n += 1) acts.note(`act ${n}`, '/');
  });
  const again = people.once.gather('u1', id, async () => 'sent');
  if (isTaken) expect(await again).toBe('sent');
  else await expect(again).rejects.toMatchObject({ code: 'sent-before' });
});
