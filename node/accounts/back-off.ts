import { toHex } from '../../protocol/bytes.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import { statement } from '../store/statement.ts';
import type { Reader, Writer } from '../store/store.ts';

/** How long somebody waits after wrong tries: doubling from one second to a quarter of an hour (Node §7). */
export const waitSecondsMax = 900;
/** So many wrong tries in a row lock an account until an administrator sets a new password. */
export const failuresToLock = 100;
/** A whole hospital may share one address: so many wrong tries are nobody's fault. */
export const freeFailuresOfAddress = 20;
/** And one of them is forgiven in so much time. */
export const addressForgivesMs = 30_000;
/** Failures are remembered for a day after the last one; those that lock, for a month. */
export const rememberedMs = 24 * 3_600_000;
export const lockRememberedMs = 30 * rememberedMs;
/** More names and addresses than these push out the oldest: strangers choose them (Node §6). */
export const rememberedMax = 10_000;

export type Held =
  { readonly state: 'wait'; readonly until: Instant; readonly of: 'login' | 'address' } | { readonly state: 'locked' };

/**
 * Wrong tries by login and by address, whether or not anybody has that login, so that waiting tells nothing about who
 * exists. A try is counted before it is checked and taken back when it was right: tries side by side gain nothing.
 */
export interface BackOff {
  check(reader: Reader, login: string, address: string): Promise<Held | undefined>;
  count(writer: Writer, login: string, address: string): Promise<void>;
  /** The try was right: the login begins anew, the address gets this one back. */
  forgive(writer: Writer, login: string, address: string): Promise<void>;
  /** An administrator unlocks. */
  clear(writer: Writer, login: string): Promise<void>;
  forget(writer: Writer): Promise<void>;
}

const queries = {
  find: statement<{ key: string }>()((db, values) =>
    db.selectFrom('sign_in_failure').selectAll().where('key', '=', values.key),
  ),
  put: statement<{ key: string; failures: number; now: number; until: number }>()((db, values) =>
    db
      .insertInto('sign_in_failure')
      .values({ key: values.key, failures: values.failures, last_at: values.now, until: values.until })
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet((eb) => ({
          failures: eb.ref('excluded.failures'),
          last_at: eb.ref('excluded.last_at'),
          until: eb.ref('excluded.until'),
        })),
      ),
  ),
  remove: statement<{ key: string }>()((db, values) => db.deleteFrom('sign_in_failure').where('key', '=', values.key)),
  count: statement()((db) => db.selectFrom('sign_in_failure').select((eb) => eb.fn.countAll<number>().as('rows'))),
  oldest: statement<{ rows: number }>()((db, values) =>
    db.selectFrom('sign_in_failure').select('key').orderBy('last_at').limit(values.rows),
  ),
  forget: statement<{ before: number; locked: number; lockedBefore: number }>()((db, values) =>
    db
      .deleteFrom('sign_in_failure')
      .where('last_at', '<', values.before)
      .where((eb) => eb.or([eb('failures', '<', values.locked), eb('last_at', '<', values.lockedBefore)])),
  ),
};

export function openBackOff({ clock, keyring }: { readonly clock: Clock; readonly keyring: Keyring }): BackOff {
  // A keyed hash: people type passwords into the wrong field.
  const loginKey = (login: string): string => `login:${toHex(keyring.blindTerm('sign-in', login))}`;
  const left = (row: { readonly failures: number; readonly last_at: number }): number =>
    Math.max(0, row.failures - Math.floor(Math.max(0, clock.now() - row.last_at) / addressForgivesMs));
  const hold = (until: number, of: 'login' | 'address'): Held | undefined => {
    const now = clock.now();
    const end = Math.min(until, now + waitSecondsMax * 1000); // A clock set back must not lengthen it.
    return end > now ? { state: 'wait', until: instantOfMs(end), of } : undefined;
  };
  return {
    check: async (reader, login, address) => {
      const ofLogin = await reader.first(queries.find, { key: loginKey(login) });
      if (ofLogin !== undefined && ofLogin.failures >= failuresToLock) return { state: 'locked' };
      const key = addressKey(address);
      const ofAddress = key === undefined ? undefined : await reader.first(queries.find, { key });
      return hold(ofAddress?.until ?? 0, 'address') ?? hold(ofLogin?.until ?? 0, 'login');
    },
    count: async (writer, login, address) => {
      const now = clock.now();
      const ofLogin = await writer.first(queries.find, { key: loginKey(login) });
      const failures = (ofLogin?.failures ?? 0) + 1;
      await writer.run(queries.put, { key: loginKey(login), failures, now, until: now + waitMs(failures) });
      const key = addressKey(address);
      if (key !== undefined) {
        const ofAddress = await writer.first(queries.find, { key });
        const counted = (ofAddress === undefined ? 0 : left(ofAddress)) + 1;
        const until = now + waitMs(counted - freeFailuresOfAddress);
        await writer.run(queries.put, { key, failures: counted, now, until });
      }
      await pushOut(writer);
    },
    forgive: async (writer, login, address) => {
      await writer.run(queries.remove, { key: loginKey(login) });
      const key = addressKey(address);
      const ofAddress = key === undefined ? undefined : await writer.first(queries.find, { key });
      if (key === undefined || ofAddress === undefined) return;
      const now = clock.now();
      await writer.run(queries.put, { key, failures: Math.max(0, left(ofAddress) - 1), now, until: 0 });
    },
    clear: async (writer, login) => {
      await writer.run(queries.remove, { key: loginKey(login) });
    },
    forget: async (writer) => {
      const now = clock.now();
      const [before, lockedBefore] = [now - rememberedMs, now - lockRememberedMs];
      await writer.run(queries.forget, { before, locked: failuresToLock, lockedBefore });
    },
  };
}

function waitMs(failures: number): number {
  return failures <= 0 ? 0 : Math.min(waitSecondsMax, 2 ** Math.min(failures - 1, 20)) * 1000;
}

async function pushOut(writer: Writer): Promise<void> {
  const over = ((await writer.first(queries.count, {}))?.rows ?? 0) - rememberedMax;
  if (over <= 0) return;
  for (const { key } of await writer.all(queries.oldest, { rows: over })) await writer.run(queries.remove, { key });
}

/**
 * Whose tries are counted together: one IPv4 address, or an IPv6 network of 64 bits, which one household has whole.
 * `undefined` for loopback: behind a proxy everybody comes from there, and one stranger must not make all wait.
 */
function addressKey(address: string): string | undefined {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  if (plain === '' || plain === '::1' || plain.startsWith('127.')) return undefined;
  if (!plain.includes(':')) return `address:${plain}`;
  const [head = '', tail] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? 0 : tail.split(':').length;
  while (tail !== undefined && groups.length < 8 - after && groups.length < 4) groups.push('0');
  const network = tail === undefined ? groups : [...groups, ...tail.split(':')];
  return `address:${network
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
