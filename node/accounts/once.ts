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
  /** Fails with `malformed-once` when `id` is no UUID. The answer is remembered for a day: a location, sealed. */
  run(user: UserId, id: string, work: () => Promise<string>): Promise<string>;
  sweep(): Promise<void>;
}

export const onceKeptMs = 24 * 3_600_000;

const queries = {
  find: statement<{ account: string; id: string }>()((db, values) =>
    db.selectFrom('once').selectAll().where('account', '=', values.account).where('id', '=', values.id),
  ),
  put: statement<{ account: string; id: string; at: number; location: Uint8Array }>()((db, values) =>
    db
      .insertInto('once')
      .values(row(values, ['account', 'id', 'at', 'location']))
      .onConflict((conflict) => conflict.columns(['account', 'id']).doNothing()),
  ),
  forget: statement<{ before: number }>()((db, values) => db.deleteFrom('once').where('at', '<', values.before)),
};

export function openOnce(ports: { readonly store: Store; readonly keyring: Keyring; readonly clock: Clock }): Once {
  const { store, keyring, clock } = ports;
  const underWay = new Map<string, Promise<string>>();
  const runFirst = async (account: UserId, id: string, work: () => Promise<string>): Promise<string> => {
    const purpose = `once/${account}/${id}`;
    const found = await store.read((reader) => reader.first(queries.find, { account, id }));
    if (found !== undefined) return parseUtf8(keyring.openOwn(purpose, found.location));
    const location = await work();
    const sealed = keyring.sealOwn(purpose, utf8(location));
    await store.write((writer) => writer.run(queries.put, { account, id, at: clock.now(), location: sealed }), {
      essential: true,
    });
    return location;
  };
  return {
    run: (user, id, work) => {
      if (!isUuid(id)) return Promise.reject(malformed());
      const key = `${user}/${id}`;
      const first = underWay.get(key);
      if (first !== undefined) return first;
      const run = runFirst(user, id, work).finally(() => underWay.delete(key));
      underWay.set(key, run);
      return run;
    },
    sweep: async () => {
      await store.write((writer) => writer.run(queries.forget, { before: clock.now() - onceKeptMs }));
    },
  };
}

function malformed(): OperationError {
  return new OperationError(
    'invalid',
    'malformed-once',
    'The form is not whole. Nothing was changed. Load the page again and send it from there.',
  );
}
