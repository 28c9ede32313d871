import { row, statement } from '../store/statement.ts';

/** Every query of the log's tables, compiled once. */
export const logQueries = {
  head: statement()((db) => db.selectFrom('log_head').selectAll()),
  putHead: statement<{
    origin: string;
    size: number;
    root: Uint8Array;
    edge: Uint8Array;
    checkpoint: string;
    signed_at: number;
  }>()((db, values) =>
    db
      .insertInto('log_head')
      .values(row(values, ['origin', 'size', 'root', 'edge', 'checkpoint', 'signed_at']))
      .onConflict((conflict) =>
        conflict.column('origin').doUpdateSet((eb) => ({
          size: eb.ref('excluded.size'),
          root: eb.ref('excluded.root'),
          edge: eb.ref('excluded.edge'),
          checkpoint: eb.ref('excluded.checkpoint'),
          signed_at: eb.ref('excluded.signed_at'),
        })),
      ),
  ),
  queue: statement<{ type: string; x: string; record: Uint8Array; peer: string | null }>()((db, values) =>
    db.insertInto('log_pending').values(row(values, ['type', 'x', 'record', 'peer'])),
  ),
  pending: statement()((db) => db.selectFrom('log_pending').selectAll().orderBy('id')),
  clearPending: statement()((db) => db.deleteFrom('log_pending')),
  putLeaf: statement<{
    idx: number;
    type: string;
    x: string;
    record: Uint8Array;
    peer: string | null;
    at: number;
  }>()((db, values) => db.insertInto('log_leaf').values(row(values, ['idx', 'type', 'x', 'record', 'peer', 'at']))),
  leafByX: statement<{ x: string }>()((db, values) => db.selectFrom('log_leaf').selectAll().where('x', '=', values.x)),
  leaves: statement<{ from: number; to: number }>()((db, values) =>
    db.selectFrom('log_leaf').selectAll().where('idx', '>=', values.from).where('idx', '<', values.to).orderBy('idx'),
  ),
  putTile: statement<{ level: number; n: number; hashes: Uint8Array }>()((db, values) =>
    db
      .insertInto('log_tile')
      .values(row(values, ['level', 'n', 'hashes']))
      .onConflict((conflict) =>
        conflict.columns(['level', 'n']).doUpdateSet((eb) => ({ hashes: eb.ref('excluded.hashes') })),
      ),
  ),
  tile: statement<{ level: number; n: number }>()((db, values) =>
    db.selectFrom('log_tile').select('hashes').where('level', '=', values.level).where('n', '=', values.n),
  ),
  putCheckpoint: statement<{ size: number; root: Uint8Array; note: string; at: number }>()((db, values) =>
    db.insertInto('log_checkpoint').values(row(values, ['size', 'root', 'note', 'at'])),
  ),
  /** The first checkpoint that covers a leaf: the one every proof of that leaf is made against, for ever. */
  checkpointCovering: statement<{ index: number }>()((db, values) =>
    db.selectFrom('log_checkpoint').selectAll().where('size', '>', values.index).orderBy('size').limit(1),
  ),
  checkpointAt: statement<{ size: number }>()((db, values) =>
    db.selectFrom('log_checkpoint').selectAll().where('size', '=', values.size),
  ),
  putCosignature: statement<{ size: number; witness: string; line: string; at: number }>()((db, values) =>
    db
      .insertInto('log_cosignature')
      .values(row(values, ['size', 'witness', 'line', 'at']))
      .onConflict((conflict) =>
        conflict
          .columns(['size', 'witness'])
          .doUpdateSet((eb) => ({ line: eb.ref('excluded.line'), at: eb.ref('excluded.at') })),
      ),
  ),
  cosignatures: statement<{ size: number; limit: number }>()((db, values) =>
    db.selectFrom('log_cosignature').selectAll().where('size', '=', values.size).orderBy('witness').limit(values.limit),
  ),
  newestCosigned: statement()((db) => db.selectFrom('log_cosignature').selectAll().orderBy('size', 'desc').limit(64)),
  putWitness: statement<{ peer: string; size: number; at: number }>()((db, values) =>
    db
      .insertInto('log_witness')
      .values(row(values, ['peer', 'size', 'at']))
      .onConflict((conflict) =>
        conflict.column('peer').doUpdateSet((eb) => ({ size: eb.ref('excluded.size'), at: eb.ref('excluded.at') })),
      ),
  ),
  witness: statement<{ peer: string }>()((db, values) =>
    db.selectFrom('log_witness').selectAll().where('peer', '=', values.peer),
  ),
  witnesses: statement()((db) => db.selectFrom('log_witness').selectAll().orderBy('peer')),
  witnessedLog: statement<{ origin: string }>()((db, values) =>
    db.selectFrom('witnessed_log').selectAll().where('origin', '=', values.origin),
  ),
  witnessedLogs: statement()((db) => db.selectFrom('witnessed_log').selectAll().orderBy('origin')),
  putWitnessedLog: statement<{
    origin: string;
    peer: string;
    size: number;
    root: Uint8Array;
    note: string;
    at: number;
  }>()((db, values) =>
    db
      .insertInto('witnessed_log')
      .values(row(values, ['origin', 'peer', 'size', 'root', 'note', 'at']))
      .onConflict((conflict) =>
        conflict.column('origin').doUpdateSet((eb) => ({
          size: eb.ref('excluded.size'),
          root: eb.ref('excluded.root'),
          note: eb.ref('excluded.note'),
          at: eb.ref('excluded.at'),
        })),
      ),
  ),
  putWitnessedHead: statement<{ origin: string; size: number; root: Uint8Array; at: number }>()((db, values) =>
    db
      .insertInto('witnessed_head')
      .values(row(values, ['origin', 'size', 'root', 'at']))
      .onConflict((conflict) => conflict.columns(['origin', 'size']).doNothing()),
  ),
  witnessedHead: statement<{ origin: string; size: number }>()((db, values) =>
    db.selectFrom('witnessed_head').selectAll().where('origin', '=', values.origin).where('size', '=', values.size),
  ),
  putEvidence: statement<{ id: string; kind: string; peer: string; at: number; body: string }>()((db, values) =>
    db.insertInto('evidence').values(row(values, ['id', 'kind', 'peer', 'at', 'body'])),
  ),
  evidenceById: statement<{ id: string }>()((db, values) =>
    db.selectFrom('evidence').select('id').where('id', '=', values.id),
  ),
  evidence: statement()((db) => db.selectFrom('evidence').selectAll().orderBy('at')),
  putToken: statement<{
    hash: Uint8Array;
    kind: 'auditor' | 'peer';
    label: string;
    created_at: number;
    created_by: string;
  }>()((db, values) =>
    db.insertInto('access_token').values({
      ...row(values, ['hash', 'kind', 'label', 'created_at', 'created_by']),
      revoked_at: null,
      revoked_by: '',
    }),
  ),
  liveToken: statement<{ kind: 'auditor' | 'peer'; label: string }>()((db, values) =>
    db
      .selectFrom('access_token')
      .select('label')
      .where('kind', '=', values.kind)
      .where('label', '=', values.label)
      .where('revoked_at', 'is', null),
  ),
  token: statement<{ hash: Uint8Array }>()((db, values) =>
    db.selectFrom('access_token').selectAll().where('hash', '=', values.hash).where('revoked_at', 'is', null),
  ),
  tokens: statement()((db) => db.selectFrom('access_token').selectAll().orderBy('created_at')),
  /** Auditors', the newest first, from a key on. */
  tokensBefore: statement<{ at: number; label: string; limit: number }>()((db, values) =>
    db
      .selectFrom('access_token')
      .selectAll()
      .where('kind', '=', 'auditor')
      .where((row) => row(row.refTuple('created_at', 'label'), '<', row.tuple(values.at, values.label)))
      .orderBy('created_at', 'desc')
      .orderBy('label', 'desc')
      .limit(values.limit),
  ),
  revokeToken: statement<{ kind: 'auditor' | 'peer'; label: string; now: number; by: string }>()((db, values) =>
    db
      .updateTable('access_token')
      .set({ revoked_at: values.now, revoked_by: values.by })
      .where('kind', '=', values.kind)
      .where('label', '=', values.label)
      .where('revoked_at', 'is', null),
  ),
  auditRecords: statement<{ from: number; to: number; after: number; limit: number }>()((db, values) =>
    db
      .selectFrom('log_leaf')
      .selectAll()
      .where('at', '>=', values.from)
      .where('at', '<=', values.to)
      .where('idx', '>', values.after)
      .orderBy('idx')
      .limit(values.limit),
  ),
  auditRecordsOfPeer: statement<{ peer: string; from: number; to: number; after: number; limit: number }>()(
    (db, values) =>
      db
        .selectFrom('log_leaf')
        .selectAll()
        .where('peer', '=', values.peer)
        .where('at', '>=', values.from)
        .where('at', '<=', values.to)
        .where('idx', '>', values.after)
        .orderBy('idx')
        .limit(values.limit),
  ),
};
