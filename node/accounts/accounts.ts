import type { Instant } from '../../protocol/instant.ts';
import type { Sequencer } from '../exchange-log/sequencer.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import type { Random } from '../platform/random.ts';
import type { Store } from '../store/store.ts';
import { accountQueries } from './account-queries.ts';
import { openAuditLeaves, type TellLog } from './audit-leaf.ts';
import { openBackOff, type BackOff } from './back-off.ts';
import { openPasswords, type Passwords } from './passwords.ts';
import type { Role } from './roles.ts';
import { sessionQueries } from './session-queries.ts';
import { openSessions, type Sessions, type SessionSummary } from './sessions.ts';
import { openSignIn } from './sign-in.ts';
import { openUsers, type Users } from './users.ts';

/** Names one user of this hospital for ever, in the log too: a UUID. */
export type UserId = string;

/** The user behind a session, as pages and journals need them. */
export interface SignedInUser {
  readonly id: UserId;
  readonly login: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly department: string;
}

/**
 * A browser that somebody signed in with. `expired` ones are still recognised for a day, so that what was typed into a
 * form is kept for the same user; they open nothing else. `step` says what is still to be done: `done` is signed in,
 * `new-password` may only choose a password. Second factors are further steps of the same ladder.
 */
export interface Session {
  /** Names the session on pages; it opens nothing. */
  readonly id: string;
  readonly user: SignedInUser;
  readonly state: 'live' | 'expired';
  readonly step: SignInStep;
  readonly createdAt: Instant;
  readonly lastSeenAt: Instant;
  /** When it ends if nobody uses it: 15 minutes after it was last seen, at most 12 hours after it began. */
  readonly expiresAt: Instant;
  /** Where the same user signed in before, shown after signing in. */
  readonly previousSignIn: PreviousSignIn | undefined;
  /** Wrong passwords that were tried with this login between that and this sign-in. */
  readonly failedTries: number;
  readonly preferences: Preferences;
}

export interface PreviousSignIn {
  readonly at: Instant;
  /** Empty where it was not written down. */
  readonly address: string;
  readonly agent: string;
}

export type SignInStep = 'done' | 'new-password';

/** How a user wants pages to behave. */
export interface Preferences {
  readonly shortcuts: boolean;
  readonly textSize: TextSize;
}

export type TextSize = 'normal' | 'large' | 'larger';

export interface SignInAttempt {
  readonly login: string;
  readonly password: string;
  /** The network address that asks. */
  readonly address: string;
  /** What the browser calls itself, for the list of sessions. */
  readonly agent?: string;
}

export type SignInResult =
  /** `token` is the session's secret: the value of the cookie, told this once. Look at `session.step`. */
  | { readonly state: 'signed-in'; readonly token: string; readonly session: Session }
  /** Unknown login, wrong password, deactivated, temporary password too old: one answer for all. */
  | { readonly state: 'refused' }
  /** Too many wrong tries: nothing was looked at. The same for logins that nobody has. */
  | { readonly state: 'wait'; readonly until: Instant; readonly of: 'login' | 'address' }
  /** A hundred wrong tries in a row: only an administrator ends this, by setting a new password. */
  | { readonly state: 'locked' }
  /** More people sign in than can be checked: try again in a moment. */
  | { readonly state: 'busy' };

/** One thing that is wrong with what a person gave, at the field where it is to be said. */
export interface FieldFault {
  readonly field: 'login' | 'name' | 'password' | 'current' | 'roles' | 'department';
  readonly message: string;
}

export interface Invalid {
  readonly state: 'invalid';
  readonly faults: readonly FieldFault[];
}

export type SignUpResult =
  | { readonly state: 'signed-in'; readonly token: string; readonly session: Session }
  | Invalid
  /** Somebody was here first. */
  | { readonly state: 'not-empty' };

/** Who uses this hospital's desk: sign-in, sessions, and under `users` what administrators do (Node §7). */
export interface Accounts {
  readonly users: Users;
  /** Whether nobody was ever added: then, and only then, the first administrator signs up. */
  isEmpty(): Promise<boolean>;
  signUpFirst(given: {
    readonly login: string;
    readonly name: string;
    readonly password: string;
    readonly address: string;
    readonly agent?: string;
  }): Promise<SignUpResult>;
  signIn(attempt: SignInAttempt): Promise<SignInResult>;
  /**
   * The session of a cookie's value; `undefined` when it never was one, was ended, or expired more than a day ago. Being
   * asked keeps a live one alive, unless `quietly`: what a page does by itself is nobody's activity.
   */
  sessionOf(token: string, options?: { readonly quietly?: boolean }): Promise<Session | undefined>;
  /** Ends one session for ever; nothing happens when there is none. */
  signOut(token: string): Promise<void>;
  /** The user's own new password; every session ends and the one that asked begins anew, under a new token. */
  changePassword(
    token: string,
    given: { readonly current: string; readonly next: string; readonly address: string },
  ): Promise<SignInResult | Invalid>;
  setPreferences(user: UserId, preferences: Preferences): Promise<void>;
  /** The live sessions of a user, the last used first. */
  listSessions(user: UserId): Promise<readonly SessionSummary[]>;
  /** Ends one of a user's sessions by its id; false when there is none. */
  endSession(user: UserId, session: string): Promise<boolean>;
  /** Forgets what is over: expired sessions after a day, old failures. */
  sweep(): Promise<void>;
}

export interface AccountsPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Sequencer;
  readonly diagnostics: Diagnostics;
  /** The hospital's title and the node's name: words that no password may consist of. */
  readonly hospital: readonly string[];
  /** A test counts what is stretched. */
  readonly passwords?: Passwords;
}

/** What the parts of this folder share. */
export interface AccountParts extends Omit<AccountsPorts, 'passwords'> {
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly backOff: BackOff;
  readonly tell: TellLog;
}

export function openAccounts(ports: AccountsPorts): Accounts {
  const { store } = ports;
  const sessions = openSessions(ports);
  const backOff = openBackOff(ports);
  const passwords = ports.passwords ?? openPasswords(ports.random);
  const parts: AccountParts = { ...ports, sessions, backOff, passwords, tell: openAuditLeaves(ports) };
  return {
    ...openSignIn(parts),
    users: openUsers(parts),
    sessionOf: (token, options) => sessions.find(token, options),
    signOut: (token) => sessions.end(token),
    setPreferences: async (id, { shortcuts, textSize }) => {
      const values = { id, shortcuts: shortcuts ? 1 : 0, text_size: textSize };
      await store.write((writer) => writer.run(accountQueries.setPreferences, values));
    },
    listSessions: (user) => store.read((reader) => sessions.list(reader, user)),
    endSession: (account, id) =>
      store.write(async (writer) => (await writer.run(sessionQueries.removeOne, { account, id })).changes > 0, {
        essential: true,
      }),
    sweep: () =>
      store.write(async (writer) => {
        await sessions.forget(writer);
        await backOff.forget(writer);
      }),
  };
}
