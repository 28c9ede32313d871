import type { Instant } from '../../protocol/instant.ts';
import type { Invalid, UserId } from './accounts.ts';
import type { Role } from './roles.ts';

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

export interface NewUser {
  readonly login: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly department: string;
}

/** Who does it: a user, or whoever operates the machine through the command line. */
export type Actor = UserId | 'operator';

/** The password is told this once: nobody can read it again. */
export type WithPassword = { readonly state: 'done'; readonly user: User; readonly password: string } | Invalid;
export type WithUser = { readonly state: 'done'; readonly user: User } | Invalid;

/**
 * What administrators do with users. Each change is a `local` leaf of the exchange log in its own transaction. Fails with
 * `unknown-user`, `not-an-administrator` and `last-administrator` (OperationError).
 */
export interface Users {
  list(): Promise<readonly User[]>;
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
