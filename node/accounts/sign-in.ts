import { OperationError } from '../platform/operation-error.ts';
import type { Writer } from '../store/store.ts';
import { accountQueries, type AccountRow } from './account-queries.ts';
import type { AccountParts, Accounts, Invalid, SignInAttempt, SignInResult } from './accounts.ts';
import { failuresToLock, type Held } from './back-off.ts';
import { passwordLettersMax } from './password-rules.ts';
import { sessionQueries } from './session-queries.ts';
import { placeOf, type NewSession } from './sessions.ts';
import { fault, invalid, passwordFaults, tidyLogin, tidyUser, userFaults } from './user-form.ts';
import { insertUser } from './users.ts';

type SignIn = Pick<Accounts, 'isEmpty' | 'signUpFirst' | 'signIn' | 'changePassword'>;

interface Checking {
  readonly state: 'checking';
  readonly account: AccountRow | undefined;
  readonly secret: string | undefined;
  readonly until: number | null;
}

/** May be written on a full disk: who cannot sign in can read nothing (Node §4). */
const essential = { essential: true } as const;

/**
 * Signing in as steps: each that succeeds gives a new session id. A password is the first step, and the last unless it is
 * a temporary one; a second factor takes its place between the two. Every try is counted before it is looked at, costs one
 * run of argon2id whether or not the login exists, and every wrong one gets the same answer (Node §7).
 */
export function openSignIn(parts: AccountParts): SignIn {
  const { store, passwords, sessions } = parts;
  const isEmpty = (): Promise<boolean> =>
    store.read(async (reader) => (await reader.first(accountQueries.any, {})) === undefined);
  return {
    isEmpty,
    signUpFirst: async (given) => {
      const tidy = tidyUser({ login: given.login, name: given.name, department: '', roles: ['administrator'] });
      const faults = [...userFaults(tidy), ...passwordFaults(given.password, tidy, parts.hospital)];
      if (!(await isEmpty())) return { state: 'not-empty' };
      if (faults.length > 0) return invalid(...faults);
      const secret = await passwords.hash(given.password);
      return store.write(async (writer) => {
        if ((await writer.first(accountQueries.any, {})) !== undefined) return { state: 'not-empty' };
        const row = await insertUser(writer, parts, '', { ...tidy, secret, until: null });
        if (row === undefined) return { state: 'not-empty' };
        return await enter(writer, parts, row, { ...given, step: 'done' });
      });
    },
    signIn: async (attempt) => {
      const login = tidyLogin(attempt.login);
      const begun = await begin(parts, login, attempt.address);
      if (begun.state !== 'checking') return begun;
      const right = await verify(parts, attempt.password, begun.secret);
      if (right === 'busy') return { state: 'busy' };
      if (!right) {
        tellWhenLocked(parts, begun);
        return { state: 'refused' };
      }
      return store.write((writer) => admit(writer, parts, login, attempt, begun), essential);
    },
    changePassword: async (token, given) => {
      const session = await sessions.find(token);
      if (session?.state !== 'live') return { state: 'refused' };
      const { login, name } = session.user;
      const isFirst = session.step === 'new-password';
      const begun = isFirst ? await look(parts, login) : await begin(parts, login, given.address);
      if (begun.state !== 'checking') return begun;
      const { account, secret } = begun;
      if (account === undefined) return { state: 'refused' };
      if (!isFirst) {
        const right = await verify(parts, given.current, secret);
        if (right === 'busy') return { state: 'busy' };
        if (!right) {
          tellWhenLocked(parts, begun);
          return invalid(fault('current', 'this is not your password'));
        }
        await store.write((writer) => forgive(writer, parts, account, given.address), essential);
      }
      const faults = passwordFaults(given.next, { login, name }, parts.hospital);
      if (faults.length > 0) return invalid(...faults);
      const same = await verify(parts, given.next, secret);
      if (same === 'busy') return { state: 'busy' };
      if (same) return invalid(fault('password', 'this is the password that you have: choose another'));
      const next = await passwords.hash(given.next);
      return store.write((writer) => renew(writer, parts, token, account, { ...given, secret: next, old: secret }));
    },
  };
}

/** Judges and counts a try in one transaction, and reads what it will be held against. */
async function begin(
  parts: AccountParts,
  login: string,
  address: string,
): Promise<Checking | Held | { readonly state: 'busy' }> {
  if (parts.passwords.isBusy()) return { state: 'busy' };
  return parts.store.write(async (writer): Promise<Checking | Held> => {
    const found = await find(writer, login);
    if (found.account !== undefined && found.account.failures >= failuresToLock) return { state: 'locked' };
    const held = await parts.backOff.check(writer, login, address);
    if (held !== undefined) return held;
    await parts.backOff.count(writer, login, address);
    const { account } = found;
    if (account !== undefined)
      await writer.run(accountQueries.setFailures, { id: account.id, failures: account.failures + 1 });
    return found;
  }, essential);
}

/** The try was wrong, and is counted already: one more than this, and the account is locked. */
function tellWhenLocked({ diagnostics }: AccountParts, { account }: Checking): void {
  if (account?.failures === failuresToLock - 1) diagnostics.warn('sign-in-locked', { user: account.id });
}

function look(parts: AccountParts, login: string): Promise<Checking> {
  return parts.store.read((reader) => find(reader, login));
}

async function find(reader: Pick<Writer, 'first'>, login: string): Promise<Checking> {
  const account = await reader.first(accountQueries.byLogin, { login });
  const id = account?.id ?? ''; // Nobody's: the same reads for a login that does not exist.
  const password = await reader.first(accountQueries.password, { account: id });
  return { state: 'checking', account, secret: password?.secret, until: password?.until ?? null };
}

async function verify(parts: AccountParts, password: string, secret: string | undefined): Promise<boolean | 'busy'> {
  const isLong = password.length > passwordLettersMax * 4;
  try {
    return (await parts.passwords.verify(isLong ? '' : password, secret)) && !isLong;
  } catch (error) {
    if (error instanceof OperationError && error.code === 'busy') return 'busy';
    throw error;
  }
}

/** The password was right: what was read before is judged again, because time has passed. */
async function admit(
  writer: Writer,
  parts: AccountParts,
  login: string,
  attempt: SignInAttempt,
  checked: Checking,
): Promise<SignInResult> {
  const { account, secret, until } = await find(writer, login);
  if (account === undefined || account.active === 0 || secret !== checked.secret) return { state: 'refused' };
  if (until !== null && until <= parts.clock.now()) return { state: 'refused' };
  await forgive(writer, parts, account, attempt.address);
  const { address, agent } = attempt;
  const step = until === null ? 'done' : 'new-password';
  return await enter(writer, parts, account, { address, step, ...(agent === undefined ? {} : { agent }) });
}

async function forgive(writer: Writer, parts: AccountParts, account: AccountRow, address: string): Promise<void> {
  await parts.backOff.forgive(writer, account.login, address);
  await writer.run(accountQueries.setFailures, { id: account.id, failures: 0 });
}

async function enter(
  writer: Writer,
  parts: AccountParts,
  account: AccountRow,
  given: { readonly address: string; readonly agent?: string; readonly step: 'done' | 'new-password' },
  before: NewSession['before'] = beforeOf(account),
): Promise<Extract<SignInResult, { readonly state: 'signed-in' }>> {
  const begun = await parts.sessions.begin(writer, account, { ...given, before });
  if (given.step === 'done')
    await writer.run(accountQueries.signedIn, { id: account.id, now: parts.clock.now(), ...placeOf(given) });
  return { state: 'signed-in', ...begun };
}

/** Of an account whose failures count the try that was right. */
function beforeOf(account: AccountRow): NewSession['before'] {
  return {
    previous_sign_in_at: account.last_sign_in_at,
    previous_address: account.last_sign_in_address,
    previous_agent: account.last_sign_in_agent,
    failed_tries: Math.max(0, account.failures - 1),
  };
}

/** Every session ends, the one that asked too: it goes on under a new id (Node §7). */
async function renew(
  writer: Writer,
  parts: AccountParts,
  token: string,
  before: AccountRow,
  given: { readonly address: string; readonly secret: string; readonly old: string | undefined },
): Promise<SignInResult | Invalid> {
  const row = await parts.sessions.row(writer, token);
  const { account, secret } = await find(writer, before.login);
  if (row === undefined || account === undefined || account.active === 0 || secret !== given.old)
    return { state: 'refused' };
  const now = parts.clock.now();
  await writer.run(accountQueries.putPassword, { account: account.id, secret: given.secret, until: null, set_at: now });
  await writer.run(sessionQueries.removeAll, { account: account.id });
  await parts.tell(writer, 'user-password', { by: account.id, user: account.id });
  return await enter(writer, parts, account, { address: given.address, agent: row.agent, step: 'done' }, row);
}
