import type { Instant } from '../../protocol/instant.ts';
import { statement } from '../store/statement.ts';
import type { Store } from '../store/store.ts';

export type RunKind = 'backup' | 'drill';

/** A backup or drill that ended. */
export interface BackupRun {
  readonly kind: RunKind;
  readonly directory: string;
  /** Empty where it ended before there was one. */
  readonly backup: string;
  /** The name of who asked for it. */
  readonly by: string;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly state: 'good' | 'failed';
  readonly code: string;
  readonly message: string;
  /** Sizes and counts by name. */
  readonly facts: Readonly<Record<string, number>>;
}

/** What this node remembers of its backups, beside the directory: also when that is not mounted. */
export interface BackupRuns {
  add(run: BackupRun): Promise<void>;
  last(kind: RunKind): Promise<BackupRun | undefined>;
  lastGood(kind: RunKind): Promise<BackupRun | undefined>;
  /** Whether a backup was ever made in this directory. */
  isKnown(directory: string): Promise<boolean>;
}

/** Older runs are forgotten, but the last good one of each kind. */
export const runsKept = 200;

const insertRun = statement<{
  kind: RunKind;
  directory: string;
  backup: string;
  by_name: string;
  started_at: number;
  ended_at: number;
  state: 'good' | 'failed';
  code: string;
  message: string;
  facts: string;
}>()((db, values) =>
  db.insertInto('backup_run').values({
    kind: values.kind,
    directory: values.directory,
    backup: values.backup,
    by_name: values.by_name,
    started_at: values.started_at,
    ended_at: values.ended_at,
    state: values.state,
    code: values.code,
    message: values.message,
    facts: values.facts,
  }),
);
const prune = statement<{ kept: number }>()((db, values) =>
  db
    .deleteFrom('backup_run')
    .where('number', 'not in', (eb) =>
      eb.selectFrom('backup_run').select('number').orderBy('number', 'desc').limit(values.kept),
    )
    .where('number', 'not in', (eb) =>
      eb
        .selectFrom('backup_run')
        .select((inner) => inner.fn.max('number').as('number'))
        .where('state', '=', 'good')
        .groupBy(['kind', 'directory']),
    ),
);
const lastOf = statement<{ kind: RunKind }>()((db, values) =>
  db.selectFrom('backup_run').selectAll().where('kind', '=', values.kind).orderBy('number', 'desc').limit(1),
);
const lastGoodOf = statement<{ kind: RunKind }>()((db, values) =>
  db
    .selectFrom('backup_run')
    .selectAll()
    .where('kind', '=', values.kind)
    .where('state', '=', 'good')
    .orderBy('number', 'desc')
    .limit(1),
);
const goodIn = statement<{ directory: string }>()((db, values) =>
  db
    .selectFrom('backup_run')
    .select('number')
    .where('kind', '=', 'backup')
    .where('state', '=', 'good')
    .where('directory', '=', values.directory)
    .limit(1),
);

export function openBackupRuns(store: Store): BackupRuns {
  const find = async (query: typeof lastOf, kind: RunKind): Promise<BackupRun | undefined> => {
    const row = await store.read((reader) => reader.first(query, { kind }));
    if (row === undefined) return undefined;
    const { directory, backup, state, code, message } = row;
    return {
      kind,
      directory,
      backup,
      state,
      code,
      message,
      by: row.by_name,
      startedAt: row.started_at as Instant,
      endedAt: row.ended_at as Instant,
      facts: JSON.parse(row.facts) as Readonly<Record<string, number>>,
    };
  };
  return {
    add: async ({ by, startedAt, endedAt, facts, ...run }) => {
      await store.write(
        async (writer) => {
          const row = { ...run, by_name: by, started_at: startedAt, ended_at: endedAt, facts: JSON.stringify(facts) };
          await writer.run(insertRun, row);
          await writer.run(prune, { kept: runsKept });
        },
        { essential: true },
      );
    },
    last: (kind) => find(lastOf, kind),
    lastGood: (kind) => find(lastGoodOf, kind),
    isKnown: async (directory) => (await store.read((reader) => reader.first(goodIn, { directory }))) !== undefined,
  };
}
