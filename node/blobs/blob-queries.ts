import { statement } from '../store/statement.ts';

export const insertBlob = statement<{ name: string; size: number; stored_at: number; next_try_at: number }>()(
  (db, values) =>
    db
      .insertInto('blob')
      .values({
        name: values.name,
        size: values.size,
        stored_at: values.stored_at,
        verified_at: null,
        attempts: 0,
        next_try_at: values.next_try_at,
        failure: '',
      })
      .onConflict((conflict) => conflict.column('name').doNothing()),
);

/** What is not in the bucket yet, due first. */
export const duePending = statement<{ limit: number }>()((db, values) =>
  db
    .selectFrom('blob')
    .select(['name', 'attempts', 'next_try_at'])
    .where('verified_at', 'is', null)
    .orderBy('next_try_at')
    .limit(values.limit),
);

export const countPending = statement<Record<string, never>>()((db) =>
  db
    .selectFrom('blob')
    .select((select) => select.fn.countAll<number>().as('pending'))
    .where('verified_at', 'is', null),
);

/** Every blob by name, a page after the other. */
export const blobsAfter = statement<{ after: string; limit: number }>()((db, values) =>
  db
    .selectFrom('blob')
    .select(['name', 'size', 'verified_at'])
    .where('name', '>', values.after)
    .orderBy('name')
    .limit(values.limit),
);

export const findBlob = statement<{ name: string }>()((db, values) =>
  db.selectFrom('blob').select('size').where('name', '=', values.name),
);

export const markVerified = statement<{ name: string; verified_at: number }>()((db, values) =>
  db.updateTable('blob').set({ verified_at: values.verified_at, failure: '' }).where('name', '=', values.name),
);

export const markFailed = statement<{ name: string; failure: string; next_try_at: number }>()((db, values) =>
  db
    .updateTable('blob')
    .set((update) => ({
      failure: values.failure,
      next_try_at: values.next_try_at,
      attempts: update('attempts', '+', 1),
    }))
    .where('name', '=', values.name),
);

export const removeBlob = statement<{ name: string }>()((db, values) =>
  db.deleteFrom('blob').where('name', '=', values.name),
);
