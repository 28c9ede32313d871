import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { breakGlassMs, reasonLettersMax, sameLookMs, type Subject } from '../../../node/accounts/access.ts';
import type { SignedInUser } from '../../../node/accounts/accounts.ts';
import type { Role } from '../../../node/accounts/roles.ts';
import { statement } from '../../../node/store/statement.ts';
import { openPeople, type People } from './people.ts';

let people: People;
beforeEach(async () => {
  people = await openPeople();
});
afterEach(async () => await people[Symbol.asyncDispose]());

const subject: Subject = { kind: 'patient', id: '22222222-2222-4222-8222-222222222222' };
const user = (login: string, ...roles: readonly Role[]): SignedInUser => ({
  id: login,
  login,
  name: login,
  roles,
  department: '',
});
const dora = user('dora', 'doctor');
const nia = user('nia', 'nurse');
const raw = statement()((db) => db.selectFrom('access_entry').selectAll().orderBy('id'));
const entries = () => people.hospital.node.store.read((reader) => reader.all(raw, {}));
const acts = async () => (await entries()).map(({ account, act }) => `${account} ${act}`);

test('a look is in the journal before anything is shown', async () => {
  expect(await people.access.look(dora, subject, 'view')).toEqual({ state: 'open', brokenUntil: undefined });
  expect(await entries()).toMatchObject([
    { account: 'dora', kind: 'patient', subject: subject.id, act: 'view', acted: 0 },
  ]);
});

test('the same look of the same user is one entry a minute; another act, user or record is another', async () => {
  await people.access.note(dora, subject, 'view');
  people.clock.advance(sameLookMs);
  await people.access.note(dora, subject, 'view');
  await people.access.note(dora, subject, 'print');
  await people.access.note(nia, subject, 'view');
  await people.access.note(dora, { ...subject, kind: 'referral' }, 'view');
  expect(await acts()).toEqual(['dora view', 'dora print', 'nia view', 'dora view']);
  people.clock.advance(1);
  await people.access.note(dora, subject, 'view');
  expect(await entries()).toHaveLength(5);
});

test.each<Role>(['administrator', 'auditor'])('an %s is shown nothing', async (role) => {
  const refused = { kind: 'denied', code: 'not-clinical' };
  await expect(people.access.look(user('x', role), subject, 'view')).rejects.toMatchObject(refused);
  await expect(people.access.breakGlass(user('x', role), subject, 'an emergency')).rejects.toMatchObject(refused);
  await expect(people.access.restrict(user('x', role), subject, 'a colleague')).rejects.toMatchObject(refused);
});

describe('a restricted record', () => {
  beforeEach(async () => {
    await people.access.restrict(dora, subject, 'works in this hospital');
  });

  test('opens to whoever restricted it, and to no other; the refusal is in the journal', async () => {
    expect(await people.access.isRestricted(subject)).toBe(true);
    expect(await people.access.look(dora, subject, 'view')).toMatchObject({ state: 'open' });
    expect(await people.access.look(nia, subject, 'view')).toEqual({ state: 'restricted' });
    await expect(people.access.note(nia, subject, 'edit')).rejects.toMatchObject({
      kind: 'denied',
      code: 'restricted',
    });
    expect(await acts()).toEqual(['dora restrict', 'dora view', 'nia refused']);
    // A refused act makes nobody one who has to do with the record.
    expect(await people.access.look(nia, subject, 'view')).toEqual({ state: 'restricted' });
  });

  test('opens for sixty minutes to whoever breaks the glass and says why, to them alone, whatever they do meanwhile', async () => {
    const until = await people.access.breakGlass(nia, subject, '  unconscious in the emergency room ');
    expect(until).toBe(people.clock.now() + breakGlassMs);
    expect(await people.access.look(nia, subject, 'view')).toEqual({ state: 'open', brokenUntil: until });
    expect(await people.access.look(user('ben', 'doctor'), subject, 'view')).toEqual({ state: 'restricted' });
    expect(await people.access.look(nia, { ...subject, kind: 'referral' }, 'view')).toMatchObject({ state: 'open' });
    await people.access.note(nia, subject, 'consult');
    people.clock.advance(breakGlassMs - 1);
    expect(await people.access.look(nia, subject, 'view')).toMatchObject({ state: 'open' });
    people.clock.advance(1);
    expect(await people.access.look(nia, subject, 'view')).toEqual({ state: 'restricted' });
  });

  test('tells the exchange log that the glass was broken, without saying whose record it is or why', async () => {
    const before = (await people.told()).length;
    await people.access.breakGlass(nia, subject, 'unconscious in the emergency room');
    const [leaf, ...more] = (await people.told()).slice(before);
    expect(more).toEqual([]);
    expect(leaf).toMatchObject({ act: 'break-glass', user: 'nia' });
    const salt = Buffer.from(String(leaf?.['refSalt']), 'base64url');
    const ref = createHash('sha256').update(salt).update(`patient/${subject.id}`).digest('base64url');
    expect(leaf?.['ref']).toBe(ref);
    expect(await people.access.brokenGlass({ limit: 1 })).toMatchObject([
      { at: people.clock.now(), user: 'nia', reason: 'unconscious in the emergency room', reference: ref },
    ]);
    expect(JSON.stringify(leaf)).not.toContain(subject.id);
    expect(JSON.stringify(leaf)).not.toContain('unconscious');
  });

  test.each([
    ['no reason', '   '],
    ['a reason of four letters', 'oops'],
    ['a reason without end', 'x'.repeat(reasonLettersMax + 1)],
  ])('is not opened with %s', async (_, reason) => {
    await expect(people.access.breakGlass(nia, subject, reason)).rejects.toMatchObject({ code: 'no-reason' });
    expect(await people.access.look(nia, subject, 'view')).toEqual({ state: 'restricted' });
  });

  test('stays open to whoever wrote in it before', async () => {
    const other: Subject = { ...subject, id: '33333333-3333-4333-8333-333333333333' };
    await people.access.note(nia, other, 'consult');
    await people.access.restrict(dora, other, 'works in this hospital');
    expect(await people.access.look(nia, other, 'view')).toEqual({ state: 'open', brokenUntil: undefined });
  });

  test('is opened to all again by somebody to whom it is open, and by nobody else', async () => {
    await expect(people.access.unrestrict(nia, subject, 'let me in')).rejects.toMatchObject({ code: 'restricted' });
    expect(await people.access.isRestricted(subject)).toBe(true);
    await people.access.unrestrict(dora, subject, 'left the hospital');
    expect(await people.access.look(nia, subject, 'view')).toMatchObject({ state: 'open' });
  });

  test('tells who looked, when and why, the newest first; the reasons lie sealed', async () => {
    people.clock.advance(1_000);
    await people.access.breakGlass(nia, subject, 'unconscious in the emergency room');
    const [newest, oldest] = await people.access.ofSubject(subject, 10);
    expect(newest).toEqual({
      number: 2,
      at: people.clock.now(),
      user: 'nia',
      subject,
      act: 'break-glass',
      reason: 'unconscious in the emergency room',
    });
    expect(oldest).toMatchObject({ user: 'dora', act: 'restrict', reason: 'works in this hospital' });
    expect(await people.access.ofSubject(subject, 1)).toHaveLength(1);
    const stored = (await entries()).map(({ reason }) => Buffer.from(reason ?? []).toString('latin1')).join();
    expect(stored).not.toMatch(/unconscious|works/);
  });
});

test('a clock that was set back neither hides a look nor keeps the glass broken', async () => {
  await people.access.restrict(dora, subject, 'works in this hospital');
  await people.access.breakGlass(nia, subject, 'unconscious in the emergency room');
  await people.access.note(dora, subject, 'view');
  people.clock.setWall(-3 * breakGlassMs);
  expect(await people.access.look(nia, subject, 'view')).toEqual({ state: 'restricted' });
  await people.access.note(dora, subject, 'view');
  people.clock.setWall(3 * breakGlassMs);
  people.clock.advance(sameLookMs + 1);
  await people.access.note(dora, subject, 'view');
  expect((await acts()).filter((act) => act === 'dora view')).toHaveLength(3);
});
