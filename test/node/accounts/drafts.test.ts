import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { draftBytesMax, draftFieldsMax, draftKeptMs, draftsOfUserMax } from '../../../node/accounts/drafts.ts';
import { onceKeptMs } from '../../../node/accounts/once.ts';
import { statement } from '../../../node/store/statement.ts';
import { openPeople, type People } from './people.ts';

let people: People;
beforeEach(async () => {
  people = await openPeople();
});
afterEach(async () => await people[Symbol.asyncDispose]());

const canary = 'Zyxwvutsrqp';
const form = `/patients/${canary}/edit`;
const fields = [
  ['family_name', canary],
  ['allergies', 'latex'],
  ['allergies', 'nuts'],
] as const;

const rawDrafts = statement()((db) => db.selectFrom('draft').selectAll());
const rawOnce = statement()((db) => db.selectFrom('once').selectAll());
const damage = statement<{ token: Uint8Array }>()((db, values) => db.updateTable('draft').set({ token: values.token }));

const rawText = async (table: typeof rawDrafts | typeof rawOnce): Promise<string> => {
  const rows = await people.hospital.node.store.read<readonly Record<string, unknown>[]>((reader) =>
    reader.all(table as typeof rawDrafts, {}),
  );
  return rows
    .flatMap((row) => Object.values(row))
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)))
    .join('\n');
};

describe('a draft', () => {
  test('comes back as it was typed, to its user and its form alone', async () => {
    expect(await people.drafts.save('u1', form, fields)).toBe(true);
    expect(await people.drafts.find('u1', form)).toEqual({ form, savedAt: people.clock.now(), fields });
    expect(await people.drafts.find('u2', form)).toBeUndefined();
    expect(await people.drafts.find('u1', '/patients/new')).toBeUndefined();
    await people.drafts.save('u1', form, [['family_name', 'Other']]);
    expect((await people.drafts.find('u1', form))?.fields).toEqual([['family_name', 'Other']]);
    await people.drafts.remove('u1', form);
    expect(await people.drafts.find('u1', form)).toBeUndefined();
  });

  test('cannot be read in the database, nor which form it is of', async () => {
    await people.drafts.save('u1', form, fields);
    expect(await rawText(rawDrafts)).not.toContain(canary);
  });

  test('is kept for seven days', async () => {
    await people.drafts.save('u1', form, fields);
    people.clock.advance(draftKeptMs);
    expect(await people.drafts.find('u1', form)).toBeDefined();
    people.clock.advance(1);
    expect(await people.drafts.find('u1', form)).toBeUndefined();
    await people.drafts.sweep();
    expect(await rawText(rawDrafts)).toBe('');
  });

  test('has limits; what is beyond them leaves the earlier draft as it was', async () => {
    await people.drafts.save('u1', form, fields);
    expect(await people.drafts.save('u1', form, [['notes', 'x'.repeat(draftBytesMax)]])).toBe(false);
    const many = Array.from({ length: draftFieldsMax + 1 }, (_, i) => [`f${i}`, ''] as const);
    expect(await people.drafts.save('u1', form, many)).toBe(false);
    expect((await people.drafts.find('u1', form))?.fields).toEqual(fields);
    expect(await people.drafts.save('u1', form, many.slice(1))).toBe(true);
    expect((await people.drafts.find('u1', form))?.fields).toHaveLength(draftFieldsMax);
  });

  test('pushes out the oldest of its user when there are too many', async () => {
    for (let i = 0; i <= draftsOfUserMax; i += 1) {
      await people.drafts.save('u1', `/form/${i}`, fields);
      people.clock.advance(1);
    }
    await people.drafts.save('u2', form, fields);
    expect(await people.drafts.find('u1', '/form/0')).toBeUndefined();
    expect(await people.drafts.find('u1', '/form/1')).toBeDefined();
  });

  test('that was damaged is none', async () => {
    await people.drafts.save('u1', form, fields);
    await people.hospital.node.store.write((writer) => writer.run(damage, { token: new Uint8Array(80) }));
    expect(await people.drafts.find('u1', form)).toBeUndefined();
  });
});

describe('a form sent twice', () => {
  const id = '11111111-1111-4111-8111-111111111111';

  test('does its work once, and both get the same answer', async () => {
    let done = 0;
    const work = async () => `/patients/${canary}${(done += 1)}`;
    const answers = await Promise.all([people.once.run('u1', id, work), people.once.run('u1', id, work)]);
    expect([...answers, await people.once.run('u1', id, work)]).toEqual(answers.concat(answers[0] ?? ''));
    expect([answers[0], answers[1], done]).toEqual([`/patients/${canary}1`, `/patients/${canary}1`, 1]);
    expect(await people.once.run('u2', id, work)).toBe(`/patients/${canary}2`);
    expect(await rawText(rawOnce)).not.toContain(canary);
  });

  test('may be sent again when its work failed', async () => {
    const failing = people.once.run('u1', id, () => Promise.reject(new TypeError('refused')));
    await expect(failing).rejects.toThrow('refused');
    expect(await people.once.run('u1', id, async () => '/done')).toBe('/done');
  });

  test('is remembered for a day', async () => {
    await people.once.run('u1', id, async () => '/first');
    people.clock.advance(onceKeptMs);
    await people.once.sweep();
    expect(await people.once.run('u1', id, async () => '/second')).toBe('/first');
    people.clock.advance(1);
    await people.once.sweep();
    expect(await people.once.run('u1', id, async () => '/second')).toBe('/second');
  });

  test.each(['', 'x', id.toUpperCase().replace('1', 'A'), `${id}0`])(
    'is refused with %j instead of its UUID',
    async (token) => {
      await expect(people.once.run('u1', token, async () => '/done')).rejects.toMatchObject({ code: 'malformed-once' });
    },
  );
});
