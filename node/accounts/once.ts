import { parseUtf8, utf8 } from '../../protocol/bytes.ts';
import { isUuid } from '../../protocol/ids.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Clock } from '../platform/clock.ts';
import { OperationError } from '../platform/operation-error.ts';
import { row, statement } from '../store/statement.ts';
import type { Store } from '../store/store.ts';
import type { UserId } from './accounts.ts';

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
  sweep(): Promise<void>;
}

const essential = { essential: true } as const;
export const onceKeptMs = 24 * 3_600_000;

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
  const runFirst = async (
    account: UserId,
    id: string,
    work: () => Promise<string>,
    digest: string,
  ): Promise<string> => {
    const purpose = `once/${account}/${id}`;
    const found = await store.read((reader) => reader.first(queries.find, { account, id }));
    if (found !== undefined) {
      const [led = '', given = ''] = parseUtf8(keyring.openOwn(purpose, found.location)).split('\n');
      if (given !== digest) return refuseChanged();
      return led === '' ? refuseUnsure() : led;
    }
    const mark = async (led: string): Promise<void> => {
      const location = keyring.sealOwn(purpose, utf8(`${led}\n${digest}`));
      await store.write((writer) => writer.run(queries.put, { account, id, at: clock.now(), location }), essential);
    };
    await mark('');
    const location = await work().catch(async (error: unknown) => {
      await store.write((writer) => writer.run(queries.remove, { account, id }), essential);
      throw error;
    });
    await mark(location);
    return location;
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
