import type { Instant } from '../../protocol/instant.ts';
import type { SignedInUser, UserId } from './accounts.ts';

/** Whose data is looked at: a patient of this hospital, or a referral by its id. */
export interface Subject {
  readonly kind: 'patient' | 'referral';
  readonly id: string;
}

/** What somebody does with a record. All but the first four change it, and make the user one who has to do with it. */
export const accessActs = [
  'view',
  'print',
  'export',
  'download',
  'register',
  'edit',
  'consult',
  'attach',
  'import',
  'refer',
  'decide',
  'link',
  'alert',
] as const;
export type AccessAct = (typeof accessActs)[number];

export type LookResult =
  /** The entry is durable: the data may be shown. */
  | { readonly state: 'open'; readonly brokenUntil: Instant | undefined }
  /** A restricted record, and this user has nothing to do with it: break-glass is offered. */
  | { readonly state: 'restricted' };

export interface AccessEntry {
  readonly at: Instant;
  readonly user: UserId;
  readonly subject: Subject;
  readonly act: AccessAct | 'refused' | 'break-glass' | 'restrict' | 'unrestrict';
  /** Given with break-glass and restrictions. */
  readonly reason: string;
}

/**
 * Who looked at which record, when and why. An entry is committed before anything is shown: no entry, no bytes. It may be
 * written on a full disk. Users without a clinical role are refused (`not-clinical`).
 */
export interface Access {
  look(user: SignedInUser, subject: Subject, act: AccessAct): Promise<LookResult>;
  /** As `look`, and fails with `restricted` (OperationError, denied) instead of saying so. */
  note(user: SignedInUser, subject: Subject, act: AccessAct): Promise<void>;
  /** Opens one restricted record to one user for 60 minutes; the exchange log says so, without naming anybody. */
  breakGlass(user: SignedInUser, subject: Subject, reason: string): Promise<Instant>;
  /** Only people who have to do with the record open it from now on. */
  restrict(user: SignedInUser, subject: Subject, reason: string): Promise<void>;
  unrestrict(user: SignedInUser, subject: Subject, reason: string): Promise<void>;
  isRestricted(subject: Subject): Promise<boolean>;
  /** The newest entries of one record. */
  ofSubject(subject: Subject, limit: number): Promise<readonly AccessEntry[]>;
}
