import { row, statement } from '../../store/statement.ts';

export interface UploadRow {
  readonly id: string;
  readonly patient: string;
  readonly consultation: string | null;
  readonly by_user: string;
  readonly by_name: string;
  readonly size: number;
  readonly received: number;
  readonly created_at: number;
  readonly changed_at: number;
  readonly expires_at: number;
  readonly token: Uint8Array;
  readonly attachment: string | null;
}

const shown = [
  'id',
  'patient',
  'consultation',
  'by_user',
  'by_name',
  'size',
  'received',
  'created_at',
  'changed_at',
  'expires_at',
  'token',
  'attachment',
] as const;

export const insertUpload = statement<Omit<UploadRow, 'attachment' | 'received'>>()((db, values) =>
  db.insertInto('upload').values({
    ...row(values, [
      'id',
      'patient',
      'consultation',
      'by_user',
      'by_name',
      'size',
      'created_at',
      'changed_at',
      'expires_at',
      'token',
    ]),
    received: 0,
    tail_bundle: null,
    tail: null,
    attachment: null,
  }),
);

export const uploadById = statement<{ id: string }>()((db, values) =>
  db.selectFrom('upload').select(shown).where('id', '=', values.id),
);

export const unfinishedOf = statement<{ patient: string }>()((db, values) =>
  db
    .selectFrom('upload')
    .select(shown)
    .where('patient', '=', values.patient)
    .where('attachment', 'is', null)
    .orderBy('created_at')
    .orderBy('id'),
);

export const countOfUser = statement<{ user: string }>()((db, values) =>
  db
    .selectFrom('upload')
    .select((q) => q.fn.countAll<number>().as('count'))
    .where('by_user', '=', values.user)
    .where('attachment', 'is', null),
);

export const tailOf = statement<{ id: string }>()((db, values) =>
  db.selectFrom('upload').select(['received', 'tail_bundle', 'tail']).where('id', '=', values.id),
);

/** So many bytes are durable now, with or without a tail. */
export const noteReceived = statement<{
  id: string;
  received: number;
  now: number;
  expiresAt: number;
  tailBundle: string | null;
  tail: Uint8Array | null;
}>()((db, values) =>
  db
    .updateTable('upload')
    .set({
      received: values.received,
      changed_at: values.now,
      expires_at: values.expiresAt,
      tail_bundle: values.tailBundle,
      tail: values.tail,
    })
    .where('id', '=', values.id)
    .where('attachment', 'is', null),
);

/** The file is whole: what it became, and no byte of it here any more. */
export const markFinished = statement<{ id: string; attachment: string; now: number }>()((db, values) =>
  db
    .updateTable('upload')
    .set({ attachment: values.attachment, changed_at: values.now, tail: null, tail_bundle: null })
    .where('id', '=', values.id)
    .where('attachment', 'is', null),
);

export const deleteUpload = statement<{ id: string }>()((db, values) =>
  db.deleteFrom('upload').where('id', '=', values.id),
);

export const expiredUploads = statement<{ now: number }>()((db, values) =>
  db.selectFrom('upload').select(['id', 'attachment']).where('expires_at', '<=', values.now),
);

/** All bytes are there, and the machine stopped before they became an attachment. */
export const wholeUploads = statement<Record<never, never>>()((db) =>
  db
    .selectFrom('upload')
    .select('id')
    .where('attachment', 'is', null)
    .whereRef('received', '=', 'size')
    .where('size', '>', 0),
);
