import { toBase64Url, toHex, utf8 } from '../../protocol/bytes.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { Reader, Store, Writer } from '../store/store.ts';
import type { PreviousSignIn, Session, SignInStep, TextSize, UserId } from './accounts.ts';
import type { AccountRow } from './account-queries.ts';
import { parseRoles } from './roles.ts';
import { sessionQueries, type SessionRow } from './session-queries.ts';

/** One line of the list of a user's sessions. */
export interface SessionSummary {
  readonly id: string;
  readonly createdAt: Instant;
  readonly lastSeenAt: Instant;
  readonly expiresAt: Instant;
  readonly address: string;
  readonly agent: string;
}

export interface Sessions {
  /** A new session with a new secret, in the transaction that decided on it. */
  begin(
    writer: Writer,
    account: AccountRow,
    given: NewSession,
  ): Promise<{ readonly token: string; readonly session: Session }>;
  find(token: string, options?: { readonly quietly?: boolean }): Promise<Session | undefined>;
  /** The row of a session, for a change that depends on its being there still. */
  row(reader: Reader, token: string): Promise<SessionRow | undefined>;
  end(token: string): Promise<void>;
  list(reader: Reader, user: UserId): Promise<readonly SessionSummary[]>;
  /** How many live ones each user has. */
  count(reader: Reader): Promise<ReadonlyMap<UserId, number>>;
  forget(writer: Writer): Promise<void>;
}

export interface NewSession {
  readonly step: SignInStep;
  readonly address: string;
  readonly agent?: string;
  readonly before: Pick<SessionRow, 'previous_sign_in_at' | 'previous_address' | 'previous_agent' | 'failed_tries'>;
}

type SessionOwner = Pick<AccountRow, 'login' | 'name' | 'roles' | 'department' | 'shortcuts' | 'text_size'>;

/** Unused for so long, a session expires (Node §7). */
export const idleMsMax = 15 * 60_000;
/** And after so long in any case. */
export const sessionMsMax = 12 * 3_600_000;
/** An expired one still tells whose draft is to be kept. */
export const recognisedMs = 24 * 3_600_000;
/** More browsers of one user end the one that was used least recently. */
export const sessionsMax = 20;
/** A clock that was set back further than this ends sessions: it must not lengthen them (Node §4). */
const clockBackMsMax = 60_000;
/** How far the row may lag behind; a restart may shorten a session by so much. */
const writeSeenMs = 60_000;
const tokenBytes = 32;
const tokenForm = /^[A-Za-z0-9_-]{43}$/;
const addressLettersMax = 64;
const agentLettersMax = 200;

/**
 * Sessions as rows that can be ended at once; no secret of theirs lies on the disk (Node §7). When each was last seen is
 * exact in memory and written once a minute, so that showing a page does not wait for the disk.
 */
export function openSessions(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}): Sessions {
  const { store, clock, random } = ports;
  const seen = new Map<string, number>();
  const lastSeen = ({ hash, last_seen_at }: Pick<SessionRow, 'hash' | 'last_seen_at'>): number =>
    Math.max(last_seen_at, seen.get(toHex(hash)) ?? 0);
  const expiry = (row: SessionRow): number => Math.min(lastSeen(row) + idleMsMax, row.created_at + sessionMsMax);
  const isLive = (row: SessionRow): boolean =>
    clock.now() < expiry(row) && lastSeen(row) <= clock.now() + clockBackMsMax;
  const sessionOf = (row: SessionRow, account: SessionOwner): Session => ({
    id: row.id,
    user: {
      id: row.account,
      login: account.login,
      name: account.name,
      roles: parseRoles(account.roles),
      department: account.department,
    },
    state: isLive(row) ? 'live' : 'expired',
    step: row.step,
    createdAt: instantOfMs(row.created_at),
    lastSeenAt: instantOfMs(lastSeen(row)),
    expiresAt: instantOfMs(expiry(row)),
    previousSignIn: previousOf(row),
    failedTries: row.failed_tries,
    preferences: { shortcuts: account.shortcuts === 1, textSize: account.text_size as TextSize },
  });
  return {
    begin: async (writer, account, given) => {
      const token = toBase64Url(random.bytes(tokenBytes));
      const now = clock.now();
      const row: SessionRow = {
        hash: hashOf(token),
        id: random.uuid(),
        account: account.id,
        step: given.step,
        created_at: now,
        last_seen_at: now,
        previous_sign_in_at: given.before.previous_sign_in_at,
        previous_address: given.before.previous_address,
        previous_agent: given.before.previous_agent,
        failed_tries: given.before.failed_tries,
        ...placeOf(given),
      };
      const others = await writer.all(sessionQueries.ofAccount, { account: account.id });
      const kept = others.toSorted((a, b) => lastSeen(b) - lastSeen(a)).slice(0, sessionsMax - 1);
      for (const other of others.filter((each) => !kept.includes(each)))
        await writer.run(sessionQueries.remove, { hash: other.hash });
      await writer.run(sessionQueries.add, row);
      return { token, session: sessionOf(row, account) };
    },
    find: async (token, { quietly = false } = {}) => {
      if (!tokenForm.test(token)) return undefined;
      const hash = hashOf(token);
      const row = await store.read((reader) => reader.first(sessionQueries.byHash, { hash }));
      if (row === undefined || clock.now() >= expiry(row) + recognisedMs) return undefined;
      if (!quietly && isLive(row)) {
        const now = clock.now();
        seen.set(toHex(hash), now);
        if (now - row.last_seen_at >= writeSeenMs && !store.isFull())
          await store.write((writer) => writer.run(sessionQueries.seen, { hash, now }));
      }
      return sessionOf(row, row);
    },
    row: (reader, token) => reader.first(sessionQueries.byHash, { hash: hashOf(token) }),
    end: async (token) => {
      const hash = hashOf(token);
      await store.write((writer) => writer.run(sessionQueries.remove, { hash }), { essential: true });
      seen.delete(toHex(hash));
    },
    list: async (reader, user) => {
      const rows = await reader.all(sessionQueries.ofAccount, { account: user });
      const live = rows.filter(isLive).toSorted((a, b) => lastSeen(b) - lastSeen(a));
      return live.map((row) => ({
        id: row.id,
        createdAt: instantOfMs(row.created_at),
        lastSeenAt: instantOfMs(lastSeen(row)),
        expiresAt: instantOfMs(expiry(row)),
        address: row.address,
        agent: row.agent,
      }));
    },
    count: async (reader) => {
      const counts = new Map<UserId, number>();
      for (const row of await reader.all(sessionQueries.all, {}))
        if (isLive(row)) counts.set(row.account, (counts.get(row.account) ?? 0) + 1);
      return counts;
    },
    forget: async (writer) => {
      const now = clock.now();
      await writer.run(sessionQueries.forget, {
        seenBefore: now - writeSeenMs - idleMsMax - recognisedMs,
        createdBefore: now - sessionMsMax - recognisedMs,
      });
      for (const [hash, at] of seen) if (at < now - idleMsMax - recognisedMs) seen.delete(hash);
    },
  };
}

/** What the table holds of a session's secret. */
function hashOf(token: string): Uint8Array {
  return sha256(utf8(token));
}

/** From where, as it is kept: both are told by strangers too. */
export function placeOf({ address, agent = '' }: Pick<NewSession, 'address' | 'agent'>) {
  return { address: address.slice(0, addressLettersMax), agent: agent.slice(0, agentLettersMax) };
}

function previousOf(row: SessionRow): PreviousSignIn | undefined {
  if (row.previous_sign_in_at === null) return undefined;
  return { at: instantOfMs(row.previous_sign_in_at), address: row.previous_address, agent: row.previous_agent };
}
