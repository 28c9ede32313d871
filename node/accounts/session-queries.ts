import { row, statement } from '../store/statement.ts';

/** A row of the table `account_session`. */
export type SessionRow = {
  hash: Uint8Array;
  id: string;
  account: string;
  step: 'done' | 'new-password';
  created_at: number;
  last_seen_at: number;
  previous_sign_in_at: number | null;
  previous_address: string;
  previous_agent: string;
  failed_tries: number;
  address: string;
  agent: string;
};

/** Every query of sessions, compiled once. */
export const sessionQueries = {
  add: statement<SessionRow>()((db, values) =>
    db
      .insertInto('account_session')
      .values(
        row(values, [
          'hash',
          'id',
          'account',
          'step',
          'created_at',
          'last_seen_at',
          'previous_sign_in_at',
          'previous_address',
          'previous_agent',
          'failed_tries',
          'address',
          'agent',
        ]),
      ),
  ),
  byHash: statement<{ hash: Uint8Array }>()((db, values) =>
    db
      .selectFrom('account_session as session')
      .innerJoin('account', 'account.id', 'session.account')
      .select([
        'session.hash',
        'session.id',
        'session.account',
        'session.step',
        'session.created_at',
        'session.last_seen_at',
        'session.previous_sign_in_at',
        'session.previous_address',
        'session.previous_agent',
        'session.failed_tries',
        'session.address',
        'session.agent',
        'account.login',
        'account.name',
        'account.roles',
        'account.department',
        'account.shortcuts',
        'account.text_size',
      ])
      .where('session.hash', '=', values.hash)
      .where('account.active', '=', 1),
  ),
  ofAccount: statement<{ account: string }>()((db, values) =>
    db.selectFrom('account_session').selectAll().where('account', '=', values.account).orderBy('last_seen_at', 'desc'),
  ),
  all: statement()((db) => db.selectFrom('account_session').selectAll()),
  seen: statement<{ hash: Uint8Array; now: number }>()((db, values) =>
    db.updateTable('account_session').set({ last_seen_at: values.now }).where('hash', '=', values.hash),
  ),
  remove: statement<{ hash: Uint8Array }>()((db, values) =>
    db.deleteFrom('account_session').where('hash', '=', values.hash),
  ),
  removeOne: statement<{ account: string; id: string }>()((db, values) =>
    db.deleteFrom('account_session').where('account', '=', values.account).where('id', '=', values.id),
  ),
  removeAll: statement<{ account: string }>()((db, values) =>
    db.deleteFrom('account_session').where('account', '=', values.account),
  ),
  forget: statement<{ seenBefore: number; createdBefore: number }>()((db, values) =>
    db
      .deleteFrom('account_session')
      .where((eb) => eb.or([eb('last_seen_at', '<', values.seenBefore), eb('created_at', '<', values.createdBefore)])),
  ),
};
