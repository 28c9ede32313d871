import { expect, test } from 'vitest';
import { parseBlobName } from '../../../node/blobs/blob-store.ts';
import { openBlobHolds } from '../../../node/referrals/blob-holds.ts';

const name = parseBlobName('ab'.repeat(32));
const unused = async () => true;

test('what somebody holds is not removed, and what nobody holds is, once nothing uses it', async () => {
  const holds = openBlobHolds();
  const removed: string[] = [];
  const remove = async (word: string) => void removed.push(word);
  const [one, two] = [await holds.hold(name), await holds.hold(name)];
  one[Symbol.dispose]();
  expect(await holds.removeUnheld(name, unused, () => remove('held'))).toBe(false);
  two[Symbol.dispose]();
  expect(
    await holds.removeUnheld(
      name,
      async () => false,
      () => remove('used'),
    ),
  ).toBe(false);
  expect(await holds.removeUnheld(name, unused, () => remove('free'))).toBe(true);
  expect(removed).toEqual(['free']);
});

test('who comes while it is looked at keeps it; who comes while it goes waits until it has gone', async () => {
  const holds = openBlobHolds();
  const order: string[] = [];
  let late: Disposable | undefined;
  const isUnused = async () => {
    late = await holds.hold(name);
    return true;
  };
  expect(await holds.removeUnheld(name, isUnused, async () => void order.push('removed'))).toBe(false);
  late?.[Symbol.dispose]();
  const { promise, resolve } = Promise.withResolvers<void>();
  const removal = holds.removeUnheld(name, unused, async () => {
    await promise;
    order.push('removed');
  });
  await new Promise((next) => setImmediate(next));
  const held = holds.hold(name).then((hold) => {
    order.push('held');
    return hold;
  });
  await new Promise((next) => setImmediate(next));
  expect(order).toEqual([]);
  resolve();
  (await held)[Symbol.dispose]();
  expect([await removal, order]).toEqual([true, ['removed', 'held']]);
});

test('a removal that fails lets others go on', async () => {
  const holds = openBlobHolds();
  const fails = holds.removeUnheld(name, unused, async () => {
    throw new Error('the bucket');
  });
  await expect(fails).rejects.toThrow('the bucket');
  (await holds.hold(name))[Symbol.dispose]();
  expect(await holds.removeUnheld(name, unused, async () => undefined)).toBe(true);
});
