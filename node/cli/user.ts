import type { Command } from 'commander';
import { parseUtf8 } from '../../protocol/bytes.ts';
import { isRole, roles, type Role } from '../accounts/roles.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { UserView } from '../operations/users.ts';
import type { Caller } from './caller.ts';
import { addCommand, addGroup, collected, onCall } from './command.ts';
import { readInput } from './files.ts';
import { askPassphrase } from './passphrase.ts';
import { shown, tableLines } from './text.ts';

interface PasswordOptions {
  readonly passwordStdin?: true;
  readonly ask?: true;
}

interface AddOptions extends PasswordOptions {
  readonly name: string;
  readonly role: readonly string[];
  readonly department?: string;
}

const passwordBytesMax = 4096;

export function addUserCommands(program: Command): void {
  const group = addGroup(program, 'user', 'who may sign in at the desk');
  addAdd(group);

  const list = addCommand(group, 'list', 'users, their roles, and what they sign in with');
  onCall(list, async (caller) => {
    await using session = await caller.openSession();
    const found = await session.plain('user.list', {});
    const rows = found.users.map((user) => [
      user.login,
      stateWords(user),
      user.roles.join(', '),
      String(user.sessions),
      user.lastSignInAt ?? 'never',
      user.name,
    ]);
    caller.answer(found, tableLines(['login', 'state', 'roles', 'sessions', 'last sign-in', 'name'], rows));
  });

  const password = addPasswordOptions(
    addCommand(group, 'password', 'give a user a new password; unlocks, and ends every session').argument('<login>'),
  );
  onCall<PasswordOptions>(password, async (caller, options, login = '') => {
    const chosen = await readPassword(caller, options);
    await using session = await caller.openSession();
    const set = await session.plain('user.password', { login, ...chosen });
    caller.answer(set, [`${shown(set.user.login)} has a new password.`, ...temporaryLines(set.temporaryPassword)]);
  });

  const moves = [
    ['deactivate', 'end every session of a user and let nobody sign in with this login', 'user.deactivate'],
    ['activate', 'let a deactivated user sign in again', 'user.activate'],
  ] as const;
  for (const [name, description, operation] of moves) {
    const command = addCommand(group, name, description).argument('<login>');
    onCall(command, async (caller, _options, login = '') => {
      await using session = await caller.openSession();
      const moved = await session.plain(operation, { login });
      caller.answer(moved, [`${shown(moved.user.login)} is ${moved.user.active ? 'active' : 'deactivated'}.`]);
    });
  }
}

function addAdd(group: Command): void {
  const add = addCommand(group, 'add', 'add a user; without a password of your choice they get a temporary one')
    .argument('<login>', 'what they type to sign in; cannot be changed later')
    .requiredOption('--name <name>', 'as colleagues read it')
    .requiredOption('--role <role>', `${roles.join(', ')}; may be repeated`, collected)
    .option('--department <name>', 'where they work');
  onCall<AddOptions>(addPasswordOptions(add), async (caller, options, login = '') => {
    const chosen = await readPassword(caller, options);
    const { name, department = '' } = options;
    await using session = await caller.openSession();
    const added = await session.plain('user.add', { login, name, department, roles: rolesOf(options.role), ...chosen });
    const { user, temporaryPassword } = added;
    caller.answer(added, [
      `Added ${shown(user.login)} (${user.roles.join(', ')}).`,
      ...temporaryLines(temporaryPassword),
    ]);
  });
}

function addPasswordOptions(command: Command): Command {
  return command
    .option('--password-stdin', 'take the password from the first line of stdin')
    .option('--ask', 'type the password on the terminal');
}

/** Nothing where a temporary one is to be made. A password is never an argument: others on the machine could read it. */
async function readPassword(
  caller: Caller,
  { passwordStdin, ask }: PasswordOptions,
): Promise<{ readonly password?: string }> {
  if (passwordStdin === true) {
    const [line = ''] = parseUtf8(await readInput(caller, '-', passwordBytesMax)).split(/\r?\n/);
    return { password: line };
  }
  if (ask !== true) return {};
  const password = await askPassphrase('New password');
  if (password === undefined)
    throw new OperationError('invalid', 'no-terminal', 'Nobody can type a password here: use --password-stdin.');
  if ((await askPassphrase('The same once more')) === password) return { password };
  throw new OperationError('invalid', 'password-differs', 'The two differ. Nothing was changed.');
}

function rolesOf(given: readonly string[]): Role[] {
  const known = given.filter(isRole);
  if (known.length === given.length) return known;
  throw new OperationError('invalid', 'unknown-role', `A role is one of ${roles.join(', ')}. Nothing was changed.`);
}

function temporaryLines(password: string | null): readonly string[] {
  if (password === null) return [];
  return [
    `Temporary password: ${password}`,
    'It is shown this once and good for seven days: whoever signs in with it chooses a password of their own.',
  ];
}

function stateWords(user: UserView): string {
  if (!user.active) return 'deactivated';
  if (user.locked) return 'locked';
  return user.password === 'own' ? 'active' : user.password.replace('-', ' ');
}
