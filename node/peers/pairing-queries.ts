import { row, statement } from '../store/statement.ts';

const columns = [
  'invitation',
  'role',
  'peer',
  'peer_url',
  'identity_vkey',
  'step',
  'own_random',
  'peer_random',
  'peer_commit',
  'host_card',
  'guest_card',
  'transcript',
  'positions',
  'own_confirmed',
  'peer_confirmed',
  'runs',
  'created_at',
  'expires_at',
  'detail',
  'fault_step',
  'fault_side',
  'fault_code',
] as const;

/** A row of the table `pairing`, as it is read and written whole. */
export interface PairingRow extends Record<string, string | number | Uint8Array | null> {
  invitation: string;
  role: 'host' | 'guest';
  peer: string | null;
  peer_url: string | null;
  identity_vkey: string | null;
  step: 'invited' | 'committed' | 'revealed' | 'ended' | 'done';
  own_random: Uint8Array;
  peer_random: Uint8Array | null;
  peer_commit: Uint8Array | null;
  host_card: string | null;
  guest_card: string | null;
  transcript: Uint8Array | null;
  positions: string;
  own_confirmed: number;
  peer_confirmed: number;
  runs: number;
  created_at: number;
  expires_at: number;
  detail: string;
  fault_step: string;
  fault_side: string;
  fault_code: string;
}

/** Every query of pairings, compiled once. */
export const pairingQueries = {
  put: statement<PairingRow>()((db, values) =>
    db
      .insertInto('pairing')
      .values(row(values, columns))
      .onConflict((conflict) =>
        conflict.column('invitation').doUpdateSet((eb) => ({
          peer: eb.ref('excluded.peer'),
          peer_url: eb.ref('excluded.peer_url'),
          identity_vkey: eb.ref('excluded.identity_vkey'),
          step: eb.ref('excluded.step'),
          peer_random: eb.ref('excluded.peer_random'),
          peer_commit: eb.ref('excluded.peer_commit'),
          host_card: eb.ref('excluded.host_card'),
          guest_card: eb.ref('excluded.guest_card'),
          transcript: eb.ref('excluded.transcript'),
          positions: eb.ref('excluded.positions'),
          own_confirmed: eb.ref('excluded.own_confirmed'),
          peer_confirmed: eb.ref('excluded.peer_confirmed'),
          runs: eb.ref('excluded.runs'),
          expires_at: eb.ref('excluded.expires_at'),
          detail: eb.ref('excluded.detail'),
          role: eb.ref('excluded.role'),
          own_random: eb.ref('excluded.own_random'),
          fault_step: eb.ref('excluded.fault_step'),
          fault_side: eb.ref('excluded.fault_side'),
          fault_code: eb.ref('excluded.fault_code'),
        })),
      ),
  ),
  get: statement<{ invitation: string }>()((db, values) =>
    db.selectFrom('pairing').selectAll().where('invitation', '=', values.invitation),
  ),
  open: statement<{ now: number }>()((db, values) =>
    db
      .selectFrom('pairing')
      .selectAll()
      .where('step', 'in', ['invited', 'committed', 'revealed'])
      .where('expires_at', '>', values.now)
      .orderBy('created_at'),
  ),
  /** Also those that are over, for the page that shows how they ended. */
  since: statement<{ since: number }>()((db, values) =>
    db
      .selectFrom('pairing')
      .selectAll()
      .where('created_at', '>=', values.since)
      .orderBy('created_at', 'desc')
      .limit(50),
  ),
  ofPeer: statement<{ peer: string; now: number }>()((db, values) =>
    db
      .selectFrom('pairing')
      .selectAll()
      .where('peer', '=', values.peer)
      .where('step', 'in', ['committed', 'revealed'])
      .where('expires_at', '>', values.now)
      .orderBy('created_at', 'desc')
      .limit(1),
  ),
};
