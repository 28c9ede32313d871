import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { StoreError } from '../../../node/store/store.ts';
import { testDirectory } from '../../support/test-directory.ts';
import { allNumbers, insert, insertNumber, numbersIn, openNumbers } from './numbers.ts';

test('changes of one turn share one commit, and each promise resolves after it', async () => {
  using directory = testDirectory();
  await using database = openNumbers(directory.file('x.db'));
  const seen: string[] = [];
  let sequenced = 0;
  database.beforeCommit(async () => {
    sequenced += 1;
    seen.push('before');
  });
  database.afterCommit(() => seen.push('after'));
  await Promise.all([1, 2, 3].map((n) => insert(database, n).then(() => seen.push(`done ${n}`))));
  expect(seen).toEqual(['before', 'after', 'done 1', 'done 2', 'done 3']);
  await insert(database, 4);
  expect(sequenced).toBe(2);
  expect(await numbersIn(database)).toEqual([1, 2, 3, 4]);
});

test('a change that throws is rolled back alone, and its neighbours are kept', async () => {
  using directory = testDirectory();
  await using database = openNumbers(directory.file('x.db'));
  const outcomes = await Promise.allSettled([
    insert(database, 1),
    database.write(async (writer) => {
      await writer.run(insertNumber, { n: 2, text: 'lost', bytes: null });
      throw new RangeError('changed my mind');
    }),
    insert(database, 1),
    insert(database, 3),
  ]);
  expect(outcomes.map((each) => each.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(RangeError);
  expect((outcomes[2] as PromiseRejectedResult).reason).toMatchObject({ name: 'StoreError', code: 'constraint' });
  expect(await numbersIn(database)).toEqual([1, 3]);
});

test.each([
  ['a timer', () => wait(1)],
  ['a promise that never settles', () => new Promise(() => undefined)],
])('a change that awaits %s fails with "waited" and changes nothing; the others are kept', async (_, something) => {
  using directory = testDirectory();
  await using database = openNumbers(directory.file('x.db'));
  let late: unknown;
  const waiting = database.write(async (writer) => {
    await writer.run(insertNumber, { n: 1, text: 'x', bytes: null });
    await something();
    late = await writer.run(insertNumber, { n: 9, text: 'x', bytes: null }).catch((error: unknown) => error);
  });
  const outcomes = await Promise.allSettled([insert(database, 0), waiting, insert(database, 2)]);
  expect((outcomes[1] as PromiseRejectedResult).reason).toMatchObject({ code: 'waited' });
  await wait(10);
  if (late !== undefined) expect(late).toMatchObject({ code: 'waited' });
  expect(await numbersIn(database)).toEqual([0, 2]);
});

test('a change that reads through the store instead of its writer fails with "waited"', async () => {
  using directory = testDirectory();
  await using database = openNumbers(directory.file('x.db'));
  await expect(database.write(() => numbersIn(database))).rejects.toMatchObject({ code: 'waited' });
});

test('a failing last step undoes the whole transaction, and the next one works', async () => {
  using directory = testDirectory();
  await using database = openNumbers(directory.file('x.db'));
  let isBroken = true;
  database.beforeCommit(async () => {
    if (isBroken) throw new StoreError('io', 'no signature');
  });
  const outcomes = await Promise.allSettled([insert(database, 1), insert(database, 2)]);
  expect(outcomes.map((each) => each.status)).toEqual(['rejected', 'rejected']);
  isBroken = false;
  await insert(database, 3);
  expect(await numbersIn(database)).toEqual([3]);
});

test('the last step runs once a transaction and not at all where every change failed', async () => {
  using directory = testDirectory();
  await using database = openNumbers(directory.file('x.db'));
  let runs = 0;
  database.beforeCommit(async (writer) => {
    runs += 1;
    await writer.run(insertNumber, { n: 100 + runs, text: 'leaf', bytes: null });
  });
  await expect(database.write(() => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);
  await Promise.all([insert(database, 1), insert(database, 2)]);
  expect(await numbersIn(database)).toEqual([1, 2, 101]);
});

test('a reader never sees half of a transaction, even one that is awakened in the middle of it', async () => {
  using directory = testDirectory();
  await using database = openNumbers(directory.file('x.db'));
  const middle = Promise.withResolvers<void>();
  const read = database.read(async (reader) => {
    await middle.promise;
    return (await reader.all(allNumbers, {})).length;
  });
  await database.write(async (writer) => {
    await writer.run(insertNumber, { n: 1, text: 'x', bytes: null });
    middle.resolve();
    for (let turn = 0; turn < 20; turn += 1) await writer.all(allNumbers, {});
    await writer.run(insertNumber, { n: 2, text: 'x', bytes: null });
  });
  expect(await read).toBe(2);
});

test('a reader is refused a statement that writes, a missing value is refused, and bytes come back as bytes', async () => {
  using directory = testDirectory();
  await using database = openNumbers(directory.file('x.db'));
  const values = { n: 1, text: 'x', bytes: new Uint8Array([1, 2, 3]) };
  await expect(database.read((reader) => reader.all(insertNumber, values))).rejects.toMatchObject({ code: 'misused' });
  const missing = { n: 1, text: 'x' } as unknown as typeof values;
  await expect(database.write((writer) => writer.run(insertNumber, missing))).rejects.toMatchObject({
    code: 'misused',
  });
  await database.write((writer) => writer.run(insertNumber, values));
  const [row] = await database.read((reader) => reader.all(allNumbers, {}));
  expect(row?.bytes).toStrictEqual(new Uint8Array([1, 2, 3]));
});

test('thousands of changes at once are all kept, in their order', async () => {
  using directory = testDirectory();
  await using database = openNumbers(directory.file('x.db'));
  const finished: number[] = [];
  await Promise.all(Array.from({ length: 3000 }, (_, n) => insert(database, n).then(() => finished.push(n))));
  expect(finished).toEqual(Array.from({ length: 3000 }, (_, n) => n));
  expect((await numbersIn(database)).length).toBe(3000);
});

test('closing commits what is queued and refuses what comes later', async () => {
  using directory = testDirectory();
  const database = openNumbers(directory.file('x.db'));
  const queued = insert(database, 1);
  const closed = database[Symbol.asyncDispose]();
  await expect(insert(database, 2)).rejects.toMatchObject({ code: 'closed' });
  await queued;
  await closed;
  await expect(numbersIn(database)).rejects.toMatchObject({ code: 'closed' });
  await using again = openNumbers(directory.file('x.db'));
  expect(await numbersIn(again)).toEqual([1]);
});
