import { row, statement } from '../store/statement.ts';

const peerColumns = [
  'name',
  'state',
  'since',
  'title',
  'url',
  'identity_vkey',
  'card_serial',
  'card_seen_at',
  'suite_floor',
  'detail',
  'last_spoke_at',
  'transcript',
] as const;

/** Every query of the peers' tables, compiled once. */
export const peerQueries = {
  all: statement()((db) =>
    db
      .selectFrom('peer')
      .innerJoin('peer_card', (join) =>
        join.onRef('peer_card.name', '=', 'peer.name').onRef('peer_card.serial', '=', 'peer.card_serial'),
      )
      .selectAll('peer')
      .select('peer_card.note'),
  ),
  cards: statement<{ name: string }>()((db, values) =>
    db.selectFrom('peer_card').selectAll().where('name', '=', values.name).orderBy('serial', 'desc'),
  ),
  put: statement<{
    name: string;
    state: 'invited' | 'confirming' | 'paired' | 'paused' | 'blocked' | 'key-changed';
    since: number;
    title: string;
    url: string;
    identity_vkey: string;
    card_serial: number;
    card_seen_at: number;
    suite_floor: number;
    detail: string;
    last_spoke_at: number | null;
    transcript: Uint8Array | null;
  }>()((db, values) =>
    db
      .insertInto('peer')
      .values(row(values, peerColumns))
      .onConflict((conflict) =>
        conflict.column('name').doUpdateSet((eb) => ({
          state: eb.ref('excluded.state'),
          since: eb.ref('excluded.since'),
          title: eb.ref('excluded.title'),
          url: eb.ref('excluded.url'),
          identity_vkey: eb.ref('excluded.identity_vkey'),
          card_serial: eb.ref('excluded.card_serial'),
          card_seen_at: eb.ref('excluded.card_seen_at'),
          suite_floor: eb.ref('excluded.suite_floor'),
          detail: eb.ref('excluded.detail'),
          last_spoke_at: eb.ref('excluded.last_spoke_at'),
          transcript: eb.ref('excluded.transcript'),
        })),
      ),
  ),
  putCard: statement<{
    name: string;
    serial: number;
    identity_vkey: string;
    sha256: Uint8Array;
    note: string;
    seen_at: number;
  }>()((db, values) =>
    db
      .insertInto('peer_card')
      .values(row(values, ['name', 'serial', 'identity_vkey', 'sha256', 'note', 'seen_at']))
      .onConflict((conflict) => conflict.columns(['name', 'serial']).doNothing()),
  ),
  putNonce: statement<{ key: string; nonce: Uint8Array; until: number }>()((db, values) =>
    db
      .insertInto('nonce')
      .values(row(values, ['key', 'nonce', 'until']))
      .onConflict((conflict) => conflict.doNothing()),
  ),
  nonce: statement<{ key: string; nonce: Uint8Array }>()((db, values) =>
    db.selectFrom('nonce').select('until').where('key', '=', values.key).where('nonce', '=', values.nonce),
  ),
  forgetNonces: statement<{ now: number }>()((db, values) => db.deleteFrom('nonce').where('until', '<', values.now)),
  fact: statement<{ name: string }>()((db, values) =>
    db.selectFrom('node_fact').select('value').where('name', '=', values.name),
  ),
  putFact: statement<{ name: string; value: string }>()((db, values) =>
    db
      .insertInto('node_fact')
      .values(row(values, ['name', 'value']))
      .onConflict((conflict) => conflict.column('name').doUpdateSet((eb) => ({ value: eb.ref('excluded.value') }))),
  ),
};
