import { afterEach, beforeEach, expect, test } from 'vitest';
import { openOnce, type Once } from '../../../node/accounts/once.ts';
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
