import { row, statement } from '../store/statement.ts';

type Kind = 'patient' | 'referral';

/** Every query of the access journal and of restricted records, compiled once. */
export const accessQueries = {
  add: statement<{
    at: number;
    account: string;
    kind: Kind;
    subject: string;
    act: string;
    acted: number;
    reason: Uint8Array | null;
    reference: string | null;
  }>()((db, values) =>
    db
      .insertInto('access_entry')
      .values(row(values, ['at', 'account', 'kind', 'subject', 'act', 'acted', 'reason', 'reference'])),
  ),
  ofSubject: statement<{ kind: Kind; subject: string; before: number; limit: number }>()((db, values) =>
    db
      .selectFrom('access_entry')
      .selectAll()
      .where('kind', '=', values.kind)
      .where('subject', '=', values.subject)
      .where('id', '<', values.before)
      .orderBy('id', 'desc')
      .limit(values.limit),
  ),
  /** Only they have a reference: an index of their own holds them. */
  brokenGlass: statement<{ before: number; limit: number }>()((db, values) =>
    db
      .selectFrom('access_entry')
      .selectAll()
      .where('reference', 'is not', null)
      .where('id', '<', values.before)
      .orderBy('id', 'desc')
      .limit(values.limit),
  ),
  acted: statement<{ kind: Kind; subject: string; account: string }>()((db, values) =>
    db
      .selectFrom('access_entry')
      .select('id')
      .where('kind', '=', values.kind)
      .where('subject', '=', values.subject)
      .where('account', '=', values.account)
      .where('acted', '=', 1)
      .limit(1),
  ),
  /** The last time that this user did this to this record. */
  last: statement<{ kind: Kind; subject: string; account: string; act: string; from: number }>()((db, values) =>
    db
      .selectFrom('access_entry')
      .select('at')
      .where('account', '=', values.account)
      .where('kind', '=', values.kind)
      .where('subject', '=', values.subject)
      .where('act', '=', values.act)
      .where('at', '>=', values.from)
      .orderBy('at', 'desc')
      .limit(1),
  ),
  restriction: statement<{ kind: Kind; subject: string }>()((db, values) =>
    db.selectFrom('restriction').selectAll().where('kind', '=', values.kind).where('subject', '=', values.subject),
  ),
  restrict: statement<{ kind: Kind; subject: string; account: string; at: number }>()((db, values) =>
    db
      .insertInto('restriction')
      .values(row(values, ['kind', 'subject', 'account', 'at']))
      .onConflict((conflict) => conflict.columns(['kind', 'subject']).doNothing()),
  ),
  unrestrict: statement<{ kind: Kind; subject: string }>()((db, values) =>
    db.deleteFrom('restriction').where('kind', '=', values.kind).where('subject', '=', values.subject),
  ),
};
