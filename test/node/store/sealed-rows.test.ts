import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { migrations } from '../../../node/store/migrations.ts';
import { sealedColumns } from '../../../node/store/sealed-rows.ts';

/** Bytes that the keyring did not seal: digests, public keys, terms, and what is sealed for a peer or by the root key. */
const otherBytes = new Set([
  'account_session.hash',
  'access_token.hash',
  'alert.sha256',
  'alert.patient_term',
  'alert.referral_term',
  'draft.form',
  'evidence.body',
  'import_draft.file_term',
  'inbox.manifest',
  'inbox.manifest_digest',
  'inbox.document',
  'inbox.record',
  'inbox_chunk.leaf',
  'keyring.wrapped_index_key',
  'data_key.wrapped',
  'log_checkpoint.root',
  'log_head.root',
  'log_head.edge',
  'log_leaf.record',
  'log_pending.record',
  'log_tile.hashes',
  'node_key.public_key',
  'node_key.wrapped_seed',
  'nonce.nonce',
  'outbox.manifest',
  'outbox.token',
  'outbox.record',
  'outbox_attachment.root',
  'outbox_chunk.leaf',
  'outbox_chunk.digest',
  'pairing.own_random',
  'pairing.peer_random',
  'pairing.peer_commit',
  'pairing.transcript',
  'patient.csv_term',
  'patient.terms',
  'patient_import_change.csv_term',
  'patient_import_change.terms',
  'patient_term.term',
  'peer_card.sha256',
  'received_patient.csv_term',
  'referral.department',
  'referral_event.digest',
  'referral_event.prev',
  'referral_event.seen',
  'seq_received.record_digest',
  'upload.tail', // A chunk under the attachment's own key.
  'witnessed_head.root',
  'witnessed_log.root',
]);

test('every column of bytes is either opened by a restore drill or named here with why it is not', () => {
  const sqlite = new Sqlite(':memory:');
  for (const { statements } of migrations) for (const sql of statements) sqlite.exec(sql);
  const columns = sqlite
    .prepare<[], { name: string }>(
      `SELECT t.name || '.' || c.name AS name FROM sqlite_schema t, pragma_table_info(t.name) c
        WHERE t.type = 'table' AND c.type = 'BLOB' ORDER BY 1`,
    )
    .all()
    .map(({ name }) => name);
  sqlite.close();
  const opened = new Set(sealedColumns.map(({ table, column }) => `${table}.${column}`));
  expect([...opened].filter((name) => !columns.includes(name))).toEqual([]);
  expect(columns.filter((name) => !opened.has(name) && !otherBytes.has(name))).toEqual([]);
});
