import * as v from 'valibot';
import type { Invalid } from '../accounts/accounts.ts';
import { roles } from '../accounts/roles.ts';
import { operator, type User } from '../accounts/users.ts';
import { OperationError } from '../platform/operation-error.ts';
import { text, timeText } from './fields.ts';
import type { NodeServices } from './node-services.ts';
import { plain } from './operation.ts';

/** A user as JSON. */
export interface UserView {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly department: string;
  readonly roles: readonly string[];
  readonly active: boolean;
  readonly locked: boolean;
  readonly password: User['password'];
  readonly sessions: number;
  readonly createdAt: string;
  readonly lastSignInAt: string | null;
}

const role = v.picklist(roles, `expected one of ${roles.join(', ')}`);
const login = v.strictObject({ login: text });

/** Who may sign in at the desk, for whoever operates the machine: the way back in when nobody can (Node §7). */
export const userOperations = {
  'user.list': plain(v.strictObject({}), async ({ accounts }) => ({
    users: (await accounts.users.list()).map(userView),
  })),

  /** Without a password the user gets a temporary one, which the answer tells this once. */
  'user.add': plain(
    v.strictObject({
      login: text,
      name: text,
      roles: v.pipe(v.array(role), v.minLength(1, 'names no role')),
      department: v.optional(v.string(), ''),
      password: v.optional(text),
    }),
    async ({ accounts }, { password, ...given }) => {
      const chosen = password === undefined ? {} : { password };
      const added = done(await accounts.users.add(operator, { ...given, ...chosen }));
      return { user: userView(added.user), temporaryPassword: password === undefined ? added.password : null };
    },
  ),

  /** Unlocks as well, and ends every session. */
  'user.password': plain(
    v.strictObject({ login: text, password: v.optional(text) }),
    async (services, { login: named, password }) => {
      const { id } = await getUser(services, named);
      const set = done(await services.accounts.users.setPassword(operator, id, password));
      return { user: userView(set.user), temporaryPassword: password === undefined ? set.password : null };
    },
  ),

  'user.deactivate': plain(login, async (services, { login: named }) => {
    const { id } = await getUser(services, named);
    return { user: userView(await services.accounts.users.deactivate(operator, id)) };
  }),

  'user.activate': plain(login, async (services, { login: named }) => {
    const { id } = await getUser(services, named);
    return { user: userView(await services.accounts.users.activate(operator, id)) };
  }),
};

async function getUser({ accounts }: NodeServices, named: string): Promise<User> {
  const found = await accounts.users.findByLogin(named);
  if (found !== undefined) return found;
  throw new OperationError('not-found', 'unknown-user', 'No user has this login. Nothing was changed.');
}

function done<Done extends { readonly state: 'done' }>(result: Done | Invalid): Done {
  if (result.state === 'done') return result;
  const faults = result.faults.map(({ field, message }) => `${field}: ${message}`);
  throw new OperationError('invalid', 'bad-user', `${faults.join('; ')}. Nothing was changed.`);
}

function userView(user: User): UserView {
  const { id, login: named, name, department, active, locked, password, liveSessions, createdAt, lastSignInAt } = user;
  return {
    id,
    login: named,
    name,
    department,
    roles: user.roles,
    active,
    locked,
    password,
    sessions: liveSessions,
    createdAt: timeText(createdAt),
    lastSignInAt: lastSignInAt === undefined ? null : timeText(lastSignInAt),
  };
}
