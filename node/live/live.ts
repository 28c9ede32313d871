import type { Clock } from '../platform/clock.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import { row, statement } from '../store/statement.ts';
import { StoreError, type Reader, type Store, type Writer } from '../store/store.ts';

/**
 * What became different: `received` and `emergency` are referrals that arrived, `sent` those that left for the outbox,
 * `referral` one whose state, decision, reader or owner changed, `delivery` a bundle of one, `peer` a peer or a pairing,
 * `alert` a mail to the police.
 */
export const changeKinds = ['received', 'emergency', 'sent', 'referral', 'delivery', 'peer', 'alert'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** Names what changed and says nothing of it: who is told looks it up with their own rights. */
export interface Change {
  readonly seq: number;
  readonly kind: ChangeKind;
  /** Id of the referral or alert, name of the peer. */
  readonly subject: string;
}

export interface Changes {
  /** Up to where this tells; for the next look. */
  readonly cursor: number;
  readonly changes: readonly Change[];
  /** Older changes are gone, or there were too many: look at everything again. */
  readonly missed: boolean;
}

/** What a subscription begins with and how it ends. */
export interface Subscription extends Disposable {
  /** The feed's cursor when it began: what is told afterwards comes after it. */
  readonly cursor: number;
}

/**
 * The change feed of this node: durable, in the order of the commits, whatever made the change (the table `desk_change` is
 * written by triggers). Who subscribes is told within `coalesceMs` and a turn of the event loop after a commit.
 */
export interface Live extends AsyncDisposable {
  subscribe(listener: (changes: Changes) => void): Promise<Subscription>;
  /** What came after a cursor that somebody was told before, also in an earlier run of this node. */
  since(cursor: number): Promise<Changes>;
  /** Aborts when the node stops: whoever holds a line open for changes lets it go. */
  readonly ended: AbortSignal;
}

export interface LivePorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
}

/** Changes of one moment, as a sender's receipt and our own leaf, are told together. */
const coalesceMs = 100;
/** More at once are not told one by one. */
const changesMax = 500;

const liveQueries = {
  since: statement<{ cursor: number; limit: number }>()((db, values) =>
    db.selectFrom('desk_change').selectAll().where('seq', '>', values.cursor).orderBy('seq').limit(values.limit),
  ),
  newest: statement()((db) => db.selectFrom('desk_change').select('seq').orderBy('seq', 'desc').limit(1)),
  oldest: statement()((db) => db.selectFrom('desk_change').select('seq').orderBy('seq').limit(1)),
  note: statement<{ kind: string; subject: string }>()((db, values) =>
    db.insertInto('desk_change').values(row(values, ['kind', 'subject'])),
  ),
};

/** For what no trigger sees: notes a change in the transaction that makes it. */
export async function noteChange(writer: Writer, kind: ChangeKind, subject: string): Promise<void> {
  await writer.run(liveQueries.note, { kind, subject });
}

export function openLive({ store, clock, diagnostics }: LivePorts): Live {
  const listeners = new Set<(changes: Changes) => void>();
  const stop = new AbortController();
  let told = 0;
  let isDirty = false;
  let running: Promise<void> | undefined;

  const tell = async (): Promise<void> => {
    while (isDirty && listeners.size > 0 && !stop.signal.aborted) {
      await clock.sleep(coalesceMs, stop.signal);
      if (stop.signal.aborted) return;
      isDirty = false;
      const changes = await store.read((reader) => readSince(reader, told));
      told = changes.cursor;
      if (changes.changes.length > 0 || changes.missed) for (const listener of listeners) listener(changes);
    }
  };
  const wake = (): void => {
    if (listeners.size === 0 || stop.signal.aborted) return;
    isDirty = true;
    running ??= tell()
      .catch((error: unknown) => {
        if (!(error instanceof StoreError && error.code === 'closed')) diagnostics.error('live-failed', error);
      })
      .finally(() => {
        running = undefined;
        if (isDirty) wake();
      });
  };
  store.afterCommit(wake);
  return {
    subscribe: async (listener) => {
      const newest = await store.read(readNewest);
      if (listeners.size === 0) told = newest;
      const cursor = Math.max(told, newest);
      const since = (changes: Changes): void => {
        const later = changes.changes.filter((change) => change.seq > cursor);
        if (later.length > 0 || changes.missed) listener({ ...changes, changes: later });
      };
      listeners.add(since);
      wake(); // For what was committed between the look and now.
      return { cursor, [Symbol.dispose]: () => void listeners.delete(since) };
    },
    since: (cursor) => store.read((reader) => readSince(reader, cursor)),
    ended: stop.signal,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      listeners.clear();
      await running;
    },
  };
}

async function readNewest(reader: Reader): Promise<number> {
  return (await reader.first(liveQueries.newest, {}))?.seq ?? 0;
}

async function readSince(reader: Reader, cursor: number): Promise<Changes> {
  const newest = await readNewest(reader);
  const oldest = (await reader.first(liveQueries.oldest, {}))?.seq ?? 1;
  // A cursor from the future is one of another database: what it has seen is not known.
  if (cursor < oldest - 1 || cursor > newest) return { cursor: newest, changes: [], missed: true };
  const rows = await reader.all(liveQueries.since, { cursor, limit: changesMax + 1 });
  if (rows.length > changesMax) return { cursor: newest, changes: [], missed: true };
  const changes = rows.flatMap(({ seq, kind, subject }) => {
    const known = changeKinds.find((each) => each === kind);
    return known === undefined ? [] : [{ seq, kind: known, subject }];
  });
  return { cursor: newest, changes, missed: false };
}
