import { parseUtf8, toBase64Url, utf8 } from '../../protocol/bytes.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import type { Sequencer } from '../exchange-log/sequencer.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Random } from '../platform/random.ts';
import type { Reader, Store, Writer } from '../store/store.ts';
import { accessQueries } from './access-queries.ts';
import type { SignedInUser, UserId } from './accounts.ts';
import { openAuditLeaves } from './audit-leaf.ts';
import { isClinical } from './roles.ts';

/** Whose data is looked at: a patient of this hospital, or a referral by its id. */
export interface Subject {
  readonly kind: 'patient' | 'referral';
  readonly id: string;
}

const lookingActs = ['view', 'print', 'export', 'download'] as const;
const changingActs = ['register', 'edit', 'consult', 'attach', 'import', 'refer', 'decide', 'link', 'alert'] as const;

/** What somebody does with a record. Who changes it has to do with it from then on, unless they broke the glass for it. */
export type AccessAct = (typeof lookingActs)[number] | (typeof changingActs)[number];

export type LookResult =
  /** The entry is durable: the data may be shown. `brokenUntil` while break-glass is what opens it. */
  | { readonly state: 'open'; readonly brokenUntil: Instant | undefined }
  /** A restricted record, and this user has nothing to do with it: break-glass is offered. */
  | { readonly state: 'restricted' };

export interface AccessEntry {
  /** Counts up; the journal goes on below it. */
  readonly number: number;
  readonly at: Instant;
  readonly user: UserId;
  readonly subject: Subject;
  readonly act: AccessAct | 'refused' | 'break-glass' | 'restrict' | 'unrestrict';
  /** Given with break-glass and restrictions; else empty. */
  readonly reason: string;
}

/** One opening of a restricted record, as administrators are told of it: nothing of the record but `reference`. */
export interface BrokenGlass {
  /** Counts up; the list goes on below it. */
  readonly number: number;
  readonly at: Instant;
  readonly user: UserId;
  readonly reason: string;
  /** What its entry in the exchange log calls the record; empty where it was not written down. */
  readonly reference: string;
}

/**
 * Who looked at which record, when and why. An entry is committed before anything is shown: no entry, no bytes. It may be
 * written on a full disk. Users without a clinical role are refused (`not-clinical`).
 */
export interface Access {
  look(user: SignedInUser, subject: Subject, act: AccessAct): Promise<LookResult>;
  /** As `look`, and fails with `restricted` (OperationError, denied) instead of saying so. */
  note(user: SignedInUser, subject: Subject, act: AccessAct): Promise<void>;
  /**
   * Opens one restricted record to one user for 60 minutes, and says until when; the exchange log tells that it happened,
   * without naming the patient.
   */
  breakGlass(user: SignedInUser, subject: Subject, reason: string): Promise<Instant>;
  /** Only people who have to do with the record open it from now on. Fails with `no-reason` where none is given. */
  restrict(user: SignedInUser, subject: Subject, reason: string): Promise<void>;
  unrestrict(user: SignedInUser, subject: Subject, reason: string): Promise<void>;
  isRestricted(subject: Subject): Promise<boolean>;
  /** The newest entries of one record. */
  ofSubject(subject: Subject, limit: number, before?: number): Promise<readonly AccessEntry[]>;
  /** Who broke the glass, the newest first; with `before`, those whose number is below it. */
  brokenGlass(asked: { readonly before?: number; readonly limit: number }): Promise<readonly BrokenGlass[]>;
}

export interface AccessPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Sequencer;
}

export const breakGlassMs = 60 * 60_000;
/** The same look of the same user is one entry for so long: a page with thirty pictures is one look. */
export const sameLookMs = 60_000;
export const reasonLettersMin = 5;
export const reasonLettersMax = 500;

const essential = { essential: true } as const;

export function openAccess(ports: AccessPorts): Access {
  const { store, keyring, clock } = ports;
  const tell = openAuditLeaves(ports);
  const entries = openEntries(keyring, clock);
  const look: Access['look'] = async (user, subject, act) => {
    checkClinical(user);
    return store.write(async (writer) => {
      const standing = await standingOf(writer, clock, user.id, subject);
      const isOwn = standing.state === 'open' && standing.brokenUntil === undefined;
      await entries.add(writer, user.id, subject, standing.state === 'open' ? act : 'refused', { isOwn });
      return standing;
    }, essential);
  };
  const change = async (
    user: SignedInUser,
    subject: Subject,
    reason: string,
    work: (writer: Writer, told: string) => Promise<void>,
  ): Promise<void> => {
    checkClinical(user);
    const told = readReason(reason);
    await store.write((writer) => work(writer, told), essential);
  };
  return {
    look,
    note: async (user, subject, act) => {
      if ((await look(user, subject, act)).state === 'restricted') throw restricted();
    },
    breakGlass: async (user, subject, reason) => {
      const now = clock.now();
      await change(user, subject, reason, async (writer, told) => {
        const salt = ports.random.bytes(32);
        const ref = toBase64Url(sha256(salt, utf8(`${subject.kind}/${subject.id}`)));
        await entries.add(writer, user.id, subject, 'break-glass', { reason: told, reference: ref });
        await tell(writer, 'break-glass', { user: user.id, ref, refSalt: toBase64Url(salt) });
      });
      return instantOfMs(now + breakGlassMs);
    },
    restrict: (user, subject, reason) =>
      change(user, subject, reason, async (writer, told) => {
        await mustBeOpen(writer, clock, user, subject);
        const { kind, id } = subject;
        await writer.run(accessQueries.restrict, { kind, subject: id, account: user.id, at: clock.now() });
        await entries.add(writer, user.id, subject, 'restrict', { reason: told });
      }),
    unrestrict: (user, subject, reason) =>
      change(user, subject, reason, async (writer, told) => {
        await mustBeOpen(writer, clock, user, subject);
        await writer.run(accessQueries.unrestrict, { kind: subject.kind, subject: subject.id });
        await entries.add(writer, user.id, subject, 'unrestrict', { reason: told });
      }),
    isRestricted: ({ kind, id }) =>
      store.read(
        async (reader) => (await reader.first(accessQueries.restriction, { kind, subject: id })) !== undefined,
      ),
    ofSubject: (subject, limit, before = Number.MAX_SAFE_INTEGER) =>
      store.read((reader) => entries.list(reader, subject, before, limit)),
    brokenGlass: ({ before = Number.MAX_SAFE_INTEGER, limit }) =>
      store.read((reader) => entries.brokenGlass(reader, before, limit)),
  };
}

type Told = AccessEntry['act'];

function openEntries(keyring: Keyring, clock: Clock) {
  const purposeOf = ({ kind, id }: Subject): string => `access-reason/${kind}/${id}`;
  const reasonOf = (subject: Subject, sealed: Uint8Array | null): string =>
    sealed === null ? '' : parseUtf8(keyring.openOwn(purposeOf(subject), sealed));
  return {
    /** What was done behind broken glass makes nobody one who has to do with the record: that ends after its hour. */
    add: async (
      writer: Writer,
      account: UserId,
      subject: Subject,
      act: Told,
      given: { readonly reason?: string; readonly isOwn?: boolean; readonly reference?: string },
    ): Promise<void> => {
      const at = clock.now();
      const { kind, id } = subject;
      const { reason = '', isOwn = false, reference = null } = given;
      const acted = isOwn && changingActs.some((each) => each === act) ? 1 : 0;
      const from = at - sameLookMs;
      const same = { kind, subject: id, account, act, from };
      const last = reason === '' ? await writer.first(accessQueries.last, same) : undefined;
      if (last !== undefined && last.at <= at) return;
      const sealed = reason === '' ? null : keyring.sealOwn(purposeOf(subject), utf8(reason));
      await writer.run(accessQueries.add, { at, account, kind, subject: id, act, acted, reason: sealed, reference });
    },
    list: async (
      reader: Reader,
      { kind, id }: Subject,
      before: number,
      limit: number,
    ): Promise<readonly AccessEntry[]> => {
      const subject = { kind, id };
      const rows = await reader.all(accessQueries.ofSubject, { kind, subject: id, before, limit });
      return rows.map((row) => ({
        number: row.id,
        at: instantOfMs(row.at),
        user: row.account,
        subject,
        act: row.act as Told,
        reason: reasonOf(subject, row.reason),
      }));
    },
    brokenGlass: async (reader: Reader, before: number, limit: number): Promise<readonly BrokenGlass[]> => {
      const rows = await reader.all(accessQueries.brokenGlass, { before, limit });
      return rows.map(({ id, at, account, kind, subject, reason, reference }) => ({
        number: id,
        at: instantOfMs(at),
        user: account,
        reason: reasonOf({ kind, id: subject }, reason),
        reference: reference ?? '',
      }));
    },
  };
}

/** Whether this user may open this record now: it is not restricted, they have to do with it, or they broke the glass. */
async function standingOf(reader: Reader, clock: Clock, account: UserId, subject: Subject): Promise<LookResult> {
  const { kind, id } = subject;
  const restriction = await reader.first(accessQueries.restriction, { kind, subject: id });
  if (restriction === undefined || restriction.account === account) return { state: 'open', brokenUntil: undefined };
  if ((await reader.first(accessQueries.acted, { kind, subject: id, account })) !== undefined)
    return { state: 'open', brokenUntil: undefined };
  const now = clock.now();
  const from = now - breakGlassMs + 1;
  const broken = await reader.first(accessQueries.last, { kind, subject: id, account, act: 'break-glass', from });
  if (broken === undefined || broken.at > now) return { state: 'restricted' };
  return { state: 'open', brokenUntil: instantOfMs(broken.at + breakGlassMs) };
}

async function mustBeOpen(writer: Writer, clock: Clock, user: SignedInUser, subject: Subject): Promise<void> {
  if ((await standingOf(writer, clock, user.id, subject)).state === 'restricted') throw restricted();
}

function checkClinical(user: SignedInUser): void {
  if (isClinical(user.roles)) return;
  throw new OperationError(
    'denied',
    'not-clinical',
    'Administrators and auditors see no patients. Nothing was shown. A doctor, nurse or coordinator can look.',
  );
}

function readReason(given: string): string {
  const reason = given.normalize('NFC').trim();
  const letters = [...reason].length;
  if (letters >= reasonLettersMin && letters <= reasonLettersMax) return reason;
  throw new OperationError(
    'invalid',
    'no-reason',
    `Give a reason of ${reasonLettersMin} to ${reasonLettersMax} characters. Nothing was opened or changed.`,
  );
}

function restricted(): OperationError {
  return new OperationError(
    'denied',
    'restricted',
    'This record is restricted to the people who treat this patient. Nothing was shown. In an emergency, break the glass.',
  );
}
