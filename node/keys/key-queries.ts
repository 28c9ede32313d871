import { statement } from '../store/statement.ts';

export const createKeyring = statement<{ wrapped_index_key: Uint8Array }>()((db, values) =>
  db.insertInto('keyring').values({ id: 1, wrapped_index_key: values.wrapped_index_key }),
);

export const findKeyring = statement<Record<string, never>>()((db) =>
  db.selectFrom('keyring').select('wrapped_index_key').where('id', '=', 1),
);

export const insertDataKey = statement<{ id: string; wrapped: Uint8Array; created_at: number }>()((db, values) =>
  db
    .insertInto('data_key')
    .values({ id: values.id, wrapped: values.wrapped, created_at: values.created_at, shredded_at: null }),
);

export const findDataKey = statement<{ id: string }>()((db, values) =>
  db.selectFrom('data_key').select('wrapped').where('id', '=', values.id),
);

/** Keys that were not destroyed, in the order of their ids. */
export const liveDataKeys = statement<{ after: string; limit: number }>()((db, values) =>
  db
    .selectFrom('data_key')
    .select('id')
    .where('id', '>', values.after)
    .where('wrapped', 'is not', null)
    .orderBy('id')
    .limit(values.limit),
);

export const destroyDataKey = statement<{ id: string; shredded_at: number }>()((db, values) =>
  db
    .updateTable('data_key')
    .set({ wrapped: null, shredded_at: values.shredded_at })
    .where('id', '=', values.id)
    .where('wrapped', 'is not', null),
);

export const insertNodeKey = statement<{
  use: string;
  public_key: Uint8Array;
  wrapped_seed: Uint8Array;
  from_at: number;
  until_at: number;
}>()((db, values) =>
  db.insertInto('node_key').values({
    use: values.use as NodeKeyUse,
    public_key: values.public_key,
    wrapped_seed: values.wrapped_seed,
    from_at: values.from_at,
    until_at: values.until_at,
    revoked_at: null,
  }),
);

/** Newest first within each use. */
export const allNodeKeys = statement<Record<string, never>>()((db) =>
  db.selectFrom('node_key').selectAll().orderBy('use').orderBy('from_at', 'desc').orderBy('public_key'),
);

export type NodeKeyUse = 'identity' | 'http' | 'log' | 'cosign' | 'box' | 'xwing';
