import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Reader, Writer } from '../store/store.ts';
import { accountQueries, type AccountRow } from './account-queries.ts';
import type { AccountParts, FieldFault, Invalid, UserId } from './accounts.ts';
import { failuresToLock } from './back-off.ts';
import { parseRoles, type Role } from './roles.ts';
import { sessionQueries } from './session-queries.ts';
import { makeTemporaryPassword, temporaryMs } from './temporary-password.ts';
import { fault, invalid, passwordFaults, tidyLogin, tidyUser, userFaults } from './user-form.ts';

/** One user as administrators see them. */
export interface User {
  readonly id: UserId;
  readonly login: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly department: string;
  readonly active: boolean;
  readonly createdAt: Instant;
  readonly lastSignInAt: Instant | undefined;
  /** A hundred wrong tries in a row: a new password unlocks. */
  readonly locked: boolean;
  /** What they sign in with: `temporary` until they have chosen a password of their own. */
  readonly password: 'own' | 'temporary' | 'temporary-expired';
  readonly liveSessions: number;
}

export interface UserPage {
  readonly users: readonly User[];
  readonly hasMore: boolean;
  readonly all: number;
  readonly active: number;
}

export interface NewUser {
  readonly login: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly department: string;
}

/** Who does it: the id of a user, or `operator`. */
export type Actor = string;

/** Whoever operates the machine, through the command line. */
export const operator: Actor = 'operator';

/** The password is told this once: nobody can read it again. */
export type WithPassword = { readonly state: 'done'; readonly user: User; readonly password: string } | Invalid;
export type WithUser = { readonly state: 'done'; readonly user: User } | Invalid;

/**
 * What administrators do with users. Each change is a `local` leaf of the exchange log in its own transaction. Fails with
 * `unknown-user`, `not-an-administrator` and `last-administrator` (OperationError).
 */
export interface Users {
  list(): Promise<readonly User[]>;
  /** A page of that list, behind the user that `after` names; how many there are, and how many of them may sign in. */
  page(asked: { readonly limit: number; readonly after?: UserId | undefined }): Promise<UserPage>;
  get(id: UserId): Promise<User>;
  findByLogin(login: string): Promise<User | undefined>;
  /**
   * Adds a user. Without `password` they get a temporary one, good for seven days, to be handed over in person or by
   * telephone; they choose their own when they first sign in.
   */
  add(by: Actor, given: NewUser & { readonly password?: string }): Promise<WithPassword>;
  /** Name, department and roles; changed roles end every session of the user. */
  change(by: Actor, id: UserId, given: Omit<NewUser, 'login'>): Promise<WithUser>;
  /** Ends every session and lets nobody sign in; the record stays, because journals name it. */
  deactivate(by: Actor, id: UserId): Promise<User>;
  activate(by: Actor, id: UserId): Promise<User>;
  /** A new password, temporary unless given; unlocks and ends every session. */
  setPassword(by: Actor, id: UserId, password?: string): Promise<WithPassword>;
  endSessions(by: Actor, id: UserId): Promise<void>;
}

const administrator = 'administrator';

export function openUsers(parts: AccountParts): Users {
  const { store, clock, sessions } = parts;
  const view = async (reader: Reader, row: AccountRow): Promise<User> => {
    const password = await reader.first(accountQueries.password, { account: row.id });
    const live = await sessions.list(reader, row.id);
    return userOf(row, password?.until ?? null, live.length, clock.now());
  };
  /** One change of one user: the actor is checked, the leaf queued and the user read again in the same transaction. */
  const act = (by: Actor, id: UserId, work: (writer: Writer, row: AccountRow) => Promise<void>): Promise<User> =>
    store.write(async (writer) => {
      await checkActor(writer, by);
      await work(writer, await getRow(writer, id));
      return await view(writer, await getRow(writer, id));
    });
  return {
    list: () =>
      store.read(async (reader) => {
        const live = await sessions.count(reader);
        const passwords = new Map(
          (await reader.all(accountQueries.passwords, {})).map((row) => [row.account, row.until]),
        );
        const rows = await reader.all(accountQueries.all, {});
        return rows.map((row) => userOf(row, passwords.get(row.id) ?? null, live.get(row.id) ?? 0, clock.now()));
      }),
    page: ({ limit, after }) =>
      store.read(async (reader) => {
        const behind = after === undefined ? undefined : await reader.first(accountQueries.byId, { id: after });
        const { active, name, login } = behind ?? { active: 2, name: '', login: '' };
        const rows = await reader.all(accountQueries.page, { active, name, login, limit: limit + 1 });
        const users: User[] = [];
        for (const row of rows.slice(0, limit)) users.push(await view(reader, row));
        const counts = await reader.first(accountQueries.counts, {});
        return { users, hasMore: rows.length > limit, all: counts?.all ?? 0, active: counts?.active ?? 0 };
      }),
    get: (id) => store.read(async (reader) => view(reader, await getRow(reader, id))),
    findByLogin: (login) =>
      store.read(async (reader) => {
        const row = await reader.first(accountQueries.byLogin, { login: tidyLogin(login) });
        return row === undefined ? undefined : await view(reader, row);
      }),
    add: (by, given) => addUser(parts, by, given, view),
    change: async (by, id, given) => {
      const tidy = tidyUser(given);
      const faults = userFaults(tidy);
      if (faults.length > 0) return invalid(...faults);
      const roles = tidy.roles.join(' ');
      const user = await act(by, id, async (writer, row) => {
        if (row.roles === administrator && roles !== administrator) await checkNotLast(writer, row);
        await writer.run(accountQueries.describe, { id, name: tidy.name, department: tidy.department, roles });
        if (roles === row.roles) return;
        await writer.run(sessionQueries.removeAll, { account: id });
        await parts.tell(writer, 'user-roles', { by, user: id, before: row.roles, roles });
      });
      return { state: 'done', user };
    },
    deactivate: (by, id) =>
      act(by, id, async (writer, row) => {
        if (row.active === 0) return;
        if (row.roles === administrator) await checkNotLast(writer, row);
        await writer.run(accountQueries.setActive, { id, active: 0 });
        await writer.run(sessionQueries.removeAll, { account: id });
        await parts.tell(writer, 'user-deactivated', { by, user: id });
      }),
    activate: (by, id) =>
      act(by, id, async (writer, row) => {
        if (row.active === 1) return;
        await writer.run(accountQueries.setActive, { id, active: 1 });
        await parts.tell(writer, 'user-activated', { by, user: id });
      }),
    setPassword: (by, id, password) => setPassword(parts, by, id, password, act),
    endSessions: async (by, id) => {
      await act(by, id, async (writer) => {
        await writer.run(sessionQueries.removeAll, { account: id });
        await parts.tell(writer, 'user-sessions-ended', { by, user: id });
      });
    },
  };
}

/** Puts a new user into the table with a hash that was made before the transaction; `undefined` when the login is taken. */
export async function insertUser(
  writer: Writer,
  parts: AccountParts,
  by: Actor,
  given: NewUser & { readonly secret: string; readonly until: number | null },
): Promise<AccountRow | undefined> {
  const { login, name, department } = given;
  if ((await writer.first(accountQueries.byLogin, { login })) !== undefined) return undefined;
  const row: AccountRow = {
    id: parts.random.uuid(),
    login,
    name,
    department,
    roles: given.roles.join(' '),
    active: 1,
    created_at: parts.clock.now(),
    last_sign_in_at: null,
    last_sign_in_address: '',
    last_sign_in_agent: '',
    failures: 0,
    shortcuts: 1,
    text_size: 'normal',
  };
  await writer.run(accountQueries.add, row);
  const { secret, until } = given;
  await writer.run(accountQueries.putPassword, { account: row.id, secret, until, set_at: row.created_at });
  await parts.tell(writer, 'user-added', { by: by === '' ? row.id : by, user: row.id, roles: row.roles });
  return row;
}

async function addUser(
  parts: AccountParts,
  by: Actor,
  given: NewUser & { readonly password?: string },
  view: (reader: Reader, row: AccountRow) => Promise<User>,
): Promise<WithPassword> {
  const { password: chosen, ...rest } = given;
  const tidy = tidyUser(rest);
  const faults: FieldFault[] = [...userFaults(tidy)];
  if (chosen !== undefined) faults.push(...passwordFaults(chosen, tidy, parts.hospital));
  if (faults.length > 0) return invalid(...faults);
  const password = chosen ?? makeTemporaryPassword(parts.random);
  const secret = await parts.passwords.hash(password);
  const until = chosen === undefined ? parts.clock.now() + temporaryMs : null;
  return parts.store.write(async (writer) => {
    await checkActor(writer, by);
    const row = await insertUser(writer, parts, by, { ...tidy, secret, until });
    if (row === undefined) return invalid(fault('login', 'somebody has this login already: choose another'));
    return { state: 'done', user: await view(writer, row), password };
  });
}

async function setPassword(
  parts: AccountParts,
  by: Actor,
  id: UserId,
  chosen: string | undefined,
  act: (by: Actor, id: UserId, work: (writer: Writer, row: AccountRow) => Promise<void>) => Promise<User>,
): Promise<WithPassword> {
  const found = await parts.store.read((reader) => getRow(reader, id));
  const faults = chosen === undefined ? [] : passwordFaults(chosen, found, parts.hospital);
  if (faults.length > 0) return invalid(...faults);
  const password = chosen ?? makeTemporaryPassword(parts.random);
  const secret = await parts.passwords.hash(password);
  const now = parts.clock.now();
  const until = chosen === undefined ? now + temporaryMs : null;
  const user = await act(by, id, async (writer, row) => {
    await writer.run(accountQueries.putPassword, { account: id, secret, until, set_at: now });
    await writer.run(accountQueries.setFailures, { id, failures: 0 });
    await parts.backOff.clear(writer, row.login);
    await writer.run(sessionQueries.removeAll, { account: id });
    const unlocked = row.failures >= failuresToLock ? { unlocked: 'yes' } : {};
    await parts.tell(writer, 'user-password', { by, user: id, ...unlocked });
  });
  return { state: 'done', user, password };
}

/** Whoever was an administrator when the page was made may be none any more when the form arrives. */
async function checkActor(writer: Writer, by: Actor): Promise<void> {
  if (by === operator) return;
  const row = await writer.first(accountQueries.byId, { id: by });
  if (row?.active === 1 && row.roles === administrator) return;
  throw new OperationError(
    'denied',
    'not-an-administrator',
    'Only an administrator may do this. Nothing was changed. Ask one.',
  );
}

async function checkNotLast(writer: Writer, row: AccountRow): Promise<void> {
  const other = await writer.first(accountQueries.otherAdministrator, { id: row.id, roles: administrator });
  if (row.active === 0 || other !== undefined) return;
  throw new OperationError(
    'conflict',
    'last-administrator',
    'This is the last active administrator: without one nobody could add users. Nothing was changed. Make another first.',
  );
}

async function getRow(reader: Reader, id: UserId): Promise<AccountRow> {
  const row = await reader.first(accountQueries.byId, { id });
  if (row !== undefined) return row;
  throw new OperationError('not-found', 'unknown-user', 'There is no such user. Nothing was changed.');
}

function userOf(row: AccountRow, until: number | null, liveSessions: number, now: number): User {
  return {
    id: row.id,
    login: row.login,
    name: row.name,
    roles: parseRoles(row.roles),
    department: row.department,
    active: row.active === 1,
    createdAt: instantOfMs(row.created_at),
    lastSignInAt: row.last_sign_in_at === null ? undefined : instantOfMs(row.last_sign_in_at),
    locked: row.failures >= failuresToLock,
    password: until === null ? 'own' : until > now ? 'temporary' : 'temporary-expired',
    liveSessions,
  };
}
