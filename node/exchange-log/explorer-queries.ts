import { statement, type QueryBuilder } from '../store/statement.ts';

interface Range extends Record<string, string | number> {
  readonly low: number;
  readonly high: number;
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

type OfType = Range & { readonly type: string };
type OfPeer = Range & { readonly peer: string };
type OfBoth = Range & { readonly peer: string; readonly type: string };

/**
 * One page of entries in either direction. Each filter has an index that ends in `idx`, so a page costs what it holds and not
 * what the log holds. `from` and `to` only trim what the indices of a date range let in too much.
 */
function pages(order: 'asc' | 'desc') {
  const inRange = (db: QueryBuilder, values: Range) =>
    db
      .selectFrom('log_leaf')
      .selectAll()
      .where('idx', '>=', values.low)
      .where('idx', '<=', values.high)
      .where('at', '>=', values.from)
      .where('at', '<=', values.to)
      .orderBy('idx', order)
      .limit(values.limit);
  return {
    all: statement<Range>()(inRange),
    ofType: statement<OfType>()((db, values) => inRange(db, values).where('type', '=', values.type)),
    ofPeer: statement<OfPeer>()((db, values) => inRange(db, values).where('peer', '=', values.peer)),
    ofBoth: statement<OfBoth>()((db, values) =>
      inRange(db, values).where('peer', '=', values.peer).where('type', '=', values.type),
    ),
  };
}

export const explorerPages = { older: pages('desc'), newer: pages('asc') };

/** What the explorer reads beside its pages. */
export const explorerQueries = {
  leaf: statement<{ idx: number }>()((db, values) =>
    db.selectFrom('log_leaf').selectAll().where('idx', '=', values.idx),
  ),
  leavesByHash: statement<{ low: string; high: string; limit: number }>()((db, values) =>
    db
      .selectFrom('log_leaf')
      .selectAll()
      .where('x', '>=', values.low)
      .where('x', '<', values.high)
      .orderBy('x')
      .limit(values.limit),
  ),
  firstFrom: statement<{ at: number }>()((db, values) =>
    db.selectFrom('log_leaf').select('idx').where('at', '>=', values.at).orderBy('at').orderBy('idx').limit(1),
  ),
  lastUntil: statement<{ at: number }>()((db, values) =>
    db
      .selectFrom('log_leaf')
      .select('idx')
      .where('at', '<=', values.at)
      .orderBy('at', 'desc')
      .orderBy('idx', 'desc')
      .limit(1),
  ),
  newestCosignedAbove: statement<{ index: number }>()((db, values) =>
    db.selectFrom('log_cosignature').select('size').where('size', '>', values.index).orderBy('size', 'desc').limit(1),
  ),
  newestOfWitness: statement<{ witness: string }>()((db, values) =>
    db.selectFrom('log_cosignature').selectAll().where('witness', '=', values.witness).orderBy('size', 'desc').limit(1),
  ),
  newestOfPeer: statement<{ peer: string; type: string }>()((db, values) =>
    db
      .selectFrom('log_leaf')
      .select(['idx', 'at'])
      .where('peer', '=', values.peer)
      .where('type', '=', values.type)
      .orderBy('idx', 'desc')
      .limit(1),
  ),
  evidenceHeads: statement<{ at: number; id: string; limit: number }>()((db, values) =>
    db
      .selectFrom('evidence')
      .select(['id', 'kind', 'peer', 'at'])
      .where((row) => row(row.refTuple('at', 'id'), '<', row.tuple(values.at, values.id)))
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(values.limit),
  ),
  oneEvidence: statement<{ id: string }>()((db, values) =>
    db.selectFrom('evidence').selectAll().where('id', '=', values.id),
  ),
};
