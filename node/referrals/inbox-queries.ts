import { row, statement } from '../store/statement.ts';

/** Every query of the inbox, compiled once. */
export const inboxQueries = {
  insert: statement<{
    sender: string;
    bundle: string;
    referral: string;
    kind: 'referral' | 'event' | 'notice';
    priority: 'routine' | 'urgent' | 'stat';
    deadline: number;
    manifest: Uint8Array;
    manifest_digest: Uint8Array;
    now: number;
    expires_at: number;
  }>()((db, values) =>
    db.insertInto('inbox').values({
      ...row(values, ['sender', 'bundle', 'referral', 'kind', 'priority', 'deadline', 'manifest', 'manifest_digest']),
      state: 'open',
      document: null,
      opened: null,
      fault: '',
      data_key: null,
      record: null,
      x: null,
      refusal_code: '',
      refusal_detail: '',
      opened_at: values.now,
      expires_at: values.expires_at,
      decided_at: null,
    }),
  ),
  /** The tombstone of a bundle that was withdrawn before anything of it came. */
  insertWithdrawn: statement<{ sender: string; bundle: string; now: number; nothing: Uint8Array }>()((db, values) =>
    db.insertInto('inbox').values({
      ...row(values, ['sender', 'bundle']),
      referral: '',
      kind: 'referral',
      priority: 'routine',
      deadline: 0,
      state: 'withdrawn',
      manifest: values.nothing,
      manifest_digest: values.nothing,
      document: null,
      opened: null,
      fault: '',
      data_key: null,
      record: null,
      x: null,
      refusal_code: '',
      refusal_detail: '',
      opened_at: values.now,
      expires_at: 0,
      decided_at: values.now,
    }),
  ),
  get: statement<{ sender: string; bundle: string }>()((db, values) =>
    db.selectFrom('inbox').selectAll().where('sender', '=', values.sender).where('bundle', '=', values.bundle),
  ),
  openCount: statement<{ sender: string }>()((db, values) =>
    db
      .selectFrom('inbox')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('sender', '=', values.sender)
      .where('state', '=', 'open'),
  ),
  putDocument: statement<{
    sender: string;
    bundle: string;
    document: Uint8Array;
    opened: Uint8Array | null;
    fault: string;
    data_key: string | null;
    expires_at: number;
  }>()((db, values) =>
    db
      .updateTable('inbox')
      .set({
        document: values.document,
        opened: values.opened,
        fault: values.fault,
        data_key: values.data_key,
        expires_at: values.expires_at,
      })
      .where('sender', '=', values.sender)
      .where('bundle', '=', values.bundle)
      .where('state', '=', 'open'),
  ),
  putChunk: statement<{
    sender: string;
    bundle: string;
    n: number;
    i: number;
    blob: string;
    size: number;
    leaf: Uint8Array;
  }>()((db, values) =>
    db.insertInto('inbox_chunk').values(row(values, ['sender', 'bundle', 'n', 'i', 'blob', 'size', 'leaf'])),
  ),
  extend: statement<{ sender: string; bundle: string; expires_at: number }>()((db, values) =>
    db
      .updateTable('inbox')
      .set({ expires_at: values.expires_at })
      .where('sender', '=', values.sender)
      .where('bundle', '=', values.bundle),
  ),
  chunk: statement<{ sender: string; bundle: string; n: number; i: number }>()((db, values) =>
    db
      .selectFrom('inbox_chunk')
      .selectAll()
      .where('sender', '=', values.sender)
      .where('bundle', '=', values.bundle)
      .where('n', '=', values.n)
      .where('i', '=', values.i),
  ),
  chunks: statement<{ sender: string; bundle: string }>()((db, values) =>
    db
      .selectFrom('inbox_chunk')
      .selectAll()
      .where('sender', '=', values.sender)
      .where('bundle', '=', values.bundle)
      .orderBy('n')
      .orderBy('i'),
  ),
  chunkCount: statement<{ sender: string; bundle: string }>()((db, values) =>
    db
      .selectFrom('inbox_chunk')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('sender', '=', values.sender)
      .where('bundle', '=', values.bundle),
  ),
  chunksOfAttachment: statement<{ sender: string; bundle: string; n: number }>()((db, values) =>
    db
      .selectFrom('inbox_chunk')
      .selectAll()
      .where('sender', '=', values.sender)
      .where('bundle', '=', values.bundle)
      .where('n', '=', values.n)
      .orderBy('i'),
  ),
  forgetChunks: statement<{ sender: string; bundle: string }>()((db, values) =>
    db.deleteFrom('inbox_chunk').where('sender', '=', values.sender).where('bundle', '=', values.bundle),
  ),
  decide: statement<{
    sender: string;
    bundle: string;
    state: 'received' | 'refused' | 'withdrawn';
    record: Uint8Array | null;
    x: string | null;
    refusal_code: string;
    refusal_detail: string;
    now: number;
  }>()((db, values) =>
    db
      .updateTable('inbox')
      .set({
        state: values.state,
        record: values.record,
        x: values.x,
        refusal_code: values.refusal_code,
        refusal_detail: values.refusal_detail,
        decided_at: values.now,
        document: null,
        opened: null,
      })
      .where('sender', '=', values.sender)
      .where('bundle', '=', values.bundle)
      .where('state', '=', 'open'),
  ),
  expired: statement<{ now: number }>()((db, values) =>
    db
      .selectFrom('inbox')
      .select(['sender', 'bundle'])
      .where('state', '=', 'open')
      .where('expires_at', '<', values.now)
      .limit(64),
  ),
  forget: statement<{ sender: string; bundle: string }>()((db, values) =>
    db
      .deleteFrom('inbox')
      .where('sender', '=', values.sender)
      .where('bundle', '=', values.bundle)
      .where('state', '=', 'open'),
  ),
  /** The key of an event of the same sender that was taken before its referral. */
  keyOfEarlier: statement<{ sender: string; referral: string }>()((db, values) =>
    db
      .selectFrom('inbox')
      .select('data_key')
      .where('sender', '=', values.sender)
      .where('referral', '=', values.referral)
      .where('kind', '=', 'event')
      .where('state', '=', 'received')
      .where('data_key', 'is not', null)
      .limit(1),
  ),
  putDataKey: statement<{ sender: string; bundle: string; data_key: string }>()((db, values) =>
    db
      .updateTable('inbox')
      .set({ data_key: values.data_key })
      .where('sender', '=', values.sender)
      .where('bundle', '=', values.bundle),
  ),
  seq: statement<{ peer: string; seq: number }>()((db, values) =>
    db.selectFrom('seq_received').selectAll().where('peer', '=', values.peer).where('seq', '=', values.seq),
  ),
  putSeq: statement<{ peer: string; seq: number; record_digest: Uint8Array }>()((db, values) =>
    db.insertInto('seq_received').values(row(values, ['peer', 'seq', 'record_digest'])),
  ),
  putAttachment: statement<{
    referral: string;
    sender: string;
    bundle: string;
    n: number;
    attachment: string;
    size: number;
    chunks: number;
    detail: Uint8Array;
  }>()((db, values) =>
    db
      .insertInto('received_attachment')
      .values(row(values, ['referral', 'sender', 'bundle', 'n', 'attachment', 'size', 'chunks', 'detail']))
      .onConflict((conflict) => conflict.columns(['referral', 'attachment']).doNothing()),
  ),
  attachments: statement<{ referral: string }>()((db, values) =>
    db
      .selectFrom('received_attachment')
      .selectAll()
      .where('referral', '=', values.referral)
      .orderBy('bundle')
      .orderBy('n'),
  ),
};
