import { utf8 } from '../../protocol/bytes.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import { parseJsonObject, type JsonRules } from '../../protocol/json.ts';
import { KeyError, type Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import { row, statement } from '../store/statement.ts';
import type { Store, WriteOptions } from '../store/store.ts';
import type { UserId } from './accounts.ts';

export interface Draft {
  readonly form: string;
  readonly savedAt: Instant;
  /** Names and values in the order of the form; a name may stand more than once. */
  readonly fields: readonly (readonly [string, string])[];
}

/**
 * What a user has typed into a form and not yet sent, sealed: it may be about a patient. `form` names the form, best its
 * path. Each user has at most 20, the oldest go; each is kept for seven days.
 */
export interface Drafts {
  /** False when it is more than a draft may hold; the earlier draft then stays. */
  save(user: UserId, form: string, fields: Draft['fields'], options?: WriteOptions): Promise<boolean>;
  find(user: UserId, form: string): Promise<Draft | undefined>;
  /** The form succeeded, or the user wants none. */
  remove(user: UserId, form: string): Promise<void>;
  sweep(): Promise<void>;
}

export const draftBytesMax = 512 * 1024;
export const draftFieldsMax = 1_000;
export const draftsOfUserMax = 20;
export const draftKeptMs = 7 * 24 * 3_600_000;

const rules: JsonRules = {
  bytesMax: draftBytesMax,
  depthMax: 4,
  nodesMax: 4 * draftFieldsMax,
  stringBytesMax: draftBytesMax,
  decimals: false,
};

interface Key extends Record<string, string | Uint8Array> {
  account: string;
  form: Uint8Array;
}

const queries = {
  put: statement<{ account: string; form: Uint8Array; saved_at: number; token: Uint8Array }>()((db, values) =>
    db
      .insertInto('draft')
      .values(row(values, ['account', 'form', 'saved_at', 'token']))
      .onConflict((conflict) =>
        conflict
          .columns(['account', 'form'])
          .doUpdateSet((eb) => ({ saved_at: eb.ref('excluded.saved_at'), token: eb.ref('excluded.token') })),
      ),
  ),
  find: statement<Key>()((db, values) =>
    db.selectFrom('draft').selectAll().where('account', '=', values.account).where('form', '=', values.form),
  ),
  ofAccount: statement<{ account: string }>()((db, values) =>
    db.selectFrom('draft').select('form').where('account', '=', values.account).orderBy('saved_at', 'desc'),
  ),
  remove: statement<Key>()((db, values) =>
    db.deleteFrom('draft').where('account', '=', values.account).where('form', '=', values.form),
  ),
  forget: statement<{ before: number }>()((db, values) => db.deleteFrom('draft').where('saved_at', '<', values.before)),
};

export function openDrafts(ports: { readonly store: Store; readonly keyring: Keyring; readonly clock: Clock }): Drafts {
  const { store, keyring, clock } = ports;
  const keyOf = (account: UserId, form: string): Key => ({
    account,
    form: keyring.blindTerm(`draft/${account}`, form),
  });
  const purposeOf = (account: UserId, form: string): string => `draft/${account}/${form}`;
  return {
    save: async (user, form, fields, options = {}) => {
      const content = utf8(JSON.stringify({ v: 1, fields }));
      if (fields.length > draftFieldsMax || content.length > draftBytesMax) return false;
      const token = keyring.sealOwn(purposeOf(user, form), content);
      const key = keyOf(user, form);
      await store.write(async (writer) => {
        await writer.run(queries.put, { account: key.account, form: key.form, token, saved_at: clock.now() });
        const kept = await writer.all(queries.ofAccount, { account: user });
        for (const old of kept.slice(draftsOfUserMax)) await writer.run(queries.remove, { ...key, form: old.form });
      }, options);
      return true;
    },
    find: async (user, form) => {
      const found = await store.read((reader) => reader.first(queries.find, keyOf(user, form)));
      if (found === undefined || found.saved_at < clock.now() - draftKeptMs) return undefined;
      const fields = openFields(keyring, purposeOf(user, form), found.token);
      return fields === undefined ? undefined : { form, savedAt: instantOfMs(found.saved_at), fields };
    },
    remove: async (user, form) => {
      await store.write((writer) => writer.run(queries.remove, keyOf(user, form)), { essential: true });
    },
    sweep: async () => {
      await store.write((writer) => writer.run(queries.forget, { before: clock.now() - draftKeptMs }));
    },
  };
}

/** A damaged draft is no draft: whoever typed it begins with an empty form, and nothing that was sent is lost. */
function openFields(keyring: Keyring, purpose: string, token: Uint8Array): Draft['fields'] | undefined {
  try {
    const { v, fields } = parseJsonObject(keyring.openOwn(purpose, token), rules);
    if (v !== 1 || !Array.isArray(fields)) return undefined;
    return fields.flatMap((field: unknown) => (isField(field) ? [field] : []));
  } catch (error) {
    if (error instanceof KeyError) return undefined;
    throw error;
  }
}

function isField(field: unknown): field is readonly [string, string] {
  return Array.isArray(field) && field.length === 2 && field.every((part) => typeof part === 'string');
}
