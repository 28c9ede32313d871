import { createHash } from 'node:crypto';
import { openAccess, type Access } from '../../../node/accounts/access.ts';
import { openAccounts, type Accounts, type SignInResult } from '../../../node/accounts/accounts.ts';
import { openDrafts, type Drafts } from '../../../node/accounts/drafts.ts';
import { openOnce, type Once } from '../../../node/accounts/once.ts';
import { openPasswords } from '../../../node/accounts/passwords.ts';
import type { Role } from '../../../node/accounts/roles.ts';
import { operator, type User } from '../../../node/accounts/users.ts';
import { silentDiagnostics } from '../../../node/platform/diagnostics.ts';
import { systemRandom } from '../../../node/platform/random.ts';
import { parseLocalRecord } from '../../../protocol/log/record.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { nodeTables } from '../../support/node-tables.ts';
import { openHospitals, type TestHospital } from '../../support/two-hospitals.ts';

export const goodPassword = 'walrus-teapot-canyon-19';
export const otherPassword = 'granite-violin-puddle-83';
/** A documentation address (RFC 5737): loopback has no back-off of its own. */
export const address = '192.0.2.7';

/** The accounts of a real node whose clock stands still and whose argon2id is counted instead of run. */
export interface People extends AsyncDisposable {
  readonly hospital: TestHospital;
  readonly clock: ManualClock;
  readonly accounts: Accounts;
  readonly drafts: Drafts;
  readonly once: Once;
  readonly access: Access;
  /** What the operator was warned of. */
  readonly warned: readonly string[];
  /** How often a password was stretched. */
  stretched(): number;
  /** Stretching waits until it is let go. */
  hold(): () => void;
  add(login: string, roles: readonly Role[], name?: string): Promise<User>;
  signIn(login: string, password?: string, from?: string): Promise<SignInResult>;
  /** The acts of all `local` audit leaves with their members. */
  told(): Promise<readonly Readonly<Record<string, string | number>>[]>;
}

export async function openPeople(): Promise<People> {
  const hospitals = await openHospitals({ names: ['alder'], paired: false });
  const hospital = hospitals.at('alder');
  const { node } = hospital;
  const { clock } = hospitals;
  let runs = 0;
  let gate = Promise.resolve();
  const passwords = openPasswords(systemRandom, async (password, salt) => {
    runs += 1;
    await gate;
    return new Uint8Array(createHash('sha256').update(salt).update(password).digest());
  });
  const ports = { store: node.store, keyring: node.keyring, log: node.log, clock, random: systemRandom };
  const warned: string[] = [];
  const warn = (event: string): void => void warned.push(event);
  const diagnostics = { ...silentDiagnostics, warn };
  const accounts = openAccounts({
    ...ports,
    diagnostics,
    hospital: ['St. Alder Hospital', 'alder.example'],
    passwords,
  });
  return {
    hospital,
    clock,
    warned,
    accounts,
    drafts: openDrafts(ports),
    once: openOnce(ports),
    access: openAccess(ports),
    stretched: () => runs,
    hold: () => {
      const held = Promise.withResolvers<void>();
      gate = held.promise;
      return held.resolve;
    },
    add: async (login, roles, name = `The ${login}`) => {
      const added = await accounts.users.add(operator, { login, name, roles, department: '', password: goodPassword });
      if (added.state !== 'done') throw new Error(JSON.stringify(added.faults));
      return added.user;
    },
    signIn: (login, password = goodPassword, from = address) =>
      accounts.signIn({ login, password, address: from, agent: 'Firefox' }),
    told: async () => {
      const leaves = await node.store.read((reader) => reader.all(nodeTables.leaves, {}));
      return leaves
        .filter(({ type }) => type === 'local')
        .map(({ record }) => parseLocalRecord(record))
        .filter(({ kind }) => kind === 'audit')
        .map(({ members }) => members);
    },
    [Symbol.asyncDispose]: () => hospitals[Symbol.asyncDispose](),
  };
}

/** The session of a sign-in that succeeded. */
export function entered(result: { readonly state: string }): Extract<SignInResult, { readonly state: 'signed-in' }> {
  if (result.state !== 'signed-in') throw new Error(`signing in ended with ${JSON.stringify(result)}`);
  return result as Extract<SignInResult, { readonly state: 'signed-in' }>;
}
