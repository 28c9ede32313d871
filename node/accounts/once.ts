import { parseUtf8, utf8 } from '../../protocol/bytes.ts';
import { isUuid } from '../../protocol/ids.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import { OperationError } from '../platform/operation-error.ts';
import { row, statement } from '../store/statement.ts';
import type { Store } from '../store/store.ts';
import type { UserId } from './accounts.ts';

/** What was done under one form's UUID: a mark that tells the act from others, and where it led. */
export interface Acts {
  find(mark: string): string | undefined;
  note(mark: string, location: string): void;
}

/**
 * A form carries a UUID; who sends it twice gets the answer of the first time, also while the first is still at work.
 * Work that throws leaves no trace: the same form may be sent again.
 */
export interface Once {
  /**
   * Fails with `malformed-once` when `id` is no UUID, and with `sent-before` when the form had another content, `digest`,
   * the first time: a page that was gone back to and changed. The answer is remembered for a day: a location, sealed.
   * That the work began is remembered before it begins: where the node stopped in its middle, the form sent again fails
   * with `maybe-saved`, and nothing is made twice.
   */
  run(user: UserId, id: string, work: () => Promise<string>, digest?: string): Promise<string>;
  /**
   * For forms whose content is known only when it has streamed in: each of its parts is an act of its own. `work` runs
   * every time the form is sent, one after the other, and is told what was done before under this `id`. What it notes is
   * remembered for a day, also when it fails afterwards. Fails with `malformed-once`, `maybe-saved`, and with `sent-before`
   * once `actsMax` acts are noted.
   */
  gather<T>(user: UserId, id: string, work: (acts: Acts) => Promise<T>): Promise<T>;
  sweep(): Promise<void>;
}

const essential = { essential: true } as const;
export const onceKeptMs = 24 * 3_600_000;
/** A form holds at most twenty files; nobody sends one page so often. */
export const actsMax = 200;
/** Stands in place of a location where the acts themselves are listed. */
const gathered = 'acts';

const queries = {
  find: statement<{ account: string; id: string }>()((db, values) =>
    db.selectFrom('once').selectAll().where('account', '=', values.account).where('id', '=', values.id),
  ),
  put: statement<{ account: string; id: string; at: number; location: Uint8Array }>()((db, values) =>
    db
      .insertInto('once')
      .values(row(values, ['account', 'id', 'at', 'location']))
      .onConflict((conflict) =>
        conflict.columns(['account', 'id']).doUpdateSet((eb) => ({ location: eb.ref('excluded.location') })),
      ),
  ),
  remove: statement<{ account: string; id: string }>()((db, values) =>
    db.deleteFrom('once').where('account', '=', values.account).where('id', '=', values.id),
  ),
  forget: statement<{ before: number }>()((db, values) => db.deleteFrom('once').where('at', '<', values.before)),
};

export function openOnce(ports: { readonly store: Store; readonly keyring: Keyring; readonly clock: Clock }): Once {
  const { store, keyring, clock } = ports;
  const underWay = new Map<string, { readonly digest: string; readonly run: Promise<string> }>();
  const turns = new Map<string, Promise<unknown>>();
  const purposeOf = (account: UserId, id: string): string => `once/${account}/${id}`;
  const find = async (account: UserId, id: string) => {
    const found = await store.read((reader) => reader.first(queries.find, { account, id }));
    if (found === undefined) return undefined;
    const [led = '', given = ''] = parseUtf8(keyring.openOwn(purposeOf(account, id), found.location)).split('\n');
    return { led, given };
  };
  const mark = async (account: UserId, id: string, led: string, given: string): Promise<void> => {
    const location = keyring.sealOwn(purposeOf(account, id), utf8(`${led}\n${given}`));
    await store.write((writer) => writer.run(queries.put, { account, id, at: clock.now(), location }), essential);
  };
  const forget = (account: UserId, id: string) =>
    store.write((writer) => writer.run(queries.remove, { account, id }), essential);
  const runFirst = async (
    account: UserId,
    id: string,
    work: () => Promise<string>,
    digest: string,
  ): Promise<string> => {
    const found = await find(account, id);
    if (found !== undefined) {
      if (found.given !== digest) return refuseChanged();
      return found.led === '' ? refuseUnsure() : found.led;
    }
    await mark(account, id, '', digest);
    const location = await work().catch(async (error: unknown) => {
      await forget(account, id);
      throw error;
    });
    await mark(account, id, location, digest);
    return location;
  };
  const gatherNext = async <T>(account: UserId, id: string, work: (acts: Acts) => Promise<T>): Promise<T> => {
    const found = await find(account, id);
    if (found?.led === '') return refuseUnsure();
    const before = new Map(found === undefined ? [] : (JSON.parse(found.given) as [string, string][]));
    if (before.size >= actsMax) return refuseChanged();
    await mark(account, id, '', '');
    const now = new Map(before);
    try {
      return await work({
        find: (each) => before.get(each),
        note: (each, location) => now.set(each, location),
      });
    } finally {
      if (now.size === 0) await forget(account, id);
      else await mark(account, id, gathered, JSON.stringify([...now]));
    }
  };
  return {
    run: (user, id, work, digest = '') => {
      if (!isUuid(id)) return Promise.reject(malformed());
      const key = `${user}/${id}`;
      const first = underWay.get(key);
      if (first !== undefined) return first.digest === digest ? first.run : Promise.resolve().then(refuseChanged);
      const run = runFirst(user, id, work, digest).finally(() => underWay.delete(key));
      underWay.set(key, { digest, run });
      return run;
    },
    gather: (user, id, work) => {
      if (!isUuid(id)) return Promise.reject(malformed());
      const key = `${user}/${id}`;
      const run = (turns.get(key) ?? Promise.resolve()).then(() => gatherNext(user, id, work));
      const turn = run.then(
        () => undefined,
        () => undefined, // Told to whoever asked; the next one only waits for it.
      );
      turns.set(key, turn);
      void turn.then(() => turns.get(key) === turn && turns.delete(key));
      return run;
    },
    sweep: async () => {
      await store.write((writer) => writer.run(queries.forget, { before: clock.now() - onceKeptMs }));
    },
  };
}

function refuseChanged(): never {
  throw new OperationError(
    'conflict',
    'sent-before',
    'This form was sent before and saved as it was then. What was changed in it afterwards was not saved: open what was saved, and change it there.',
  );
}

function refuseUnsure(): never {
  throw new OperationError(
    'conflict',
    'maybe-saved',
    'The node stopped while this form was being saved: it is saved whole, or not at all. Look whether it is there before you send it again.',
  );
}

function malformed(): OperationError {
  return new OperationError(
    'invalid',
    'malformed-once',
    'The form is not whole. Nothing was changed. Load the page again and send it from there.',
  );
}
