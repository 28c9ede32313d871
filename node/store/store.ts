import type { Statement } from './statement.ts';

/** Reads the state of the last commit, or inside a transaction its own writes. */
export interface Reader {
  all<Values, Row>(query: Statement<Values, Row>, values: Values): Promise<Row[]>;
  /** The first row, or `undefined`. */
  first<Values, Row>(query: Statement<Values, Row>, values: Values): Promise<Row | undefined>;
}

export interface Writer extends Reader {
  /** Runs an insert, update or delete and says how many rows it changed. */
  run<Values, Row>(change: Statement<Values, Row>, values: Values): Promise<{ readonly changes: number }>;
  /**
   * After this transaction nothing that it deleted or replaced is left in the database's files: the journal is folded in
   * and emptied before the change resolves. For crypto-erasure.
   */
  eraseTraces(): void;
}

export interface WriteOptions {
  /** May use the ballast when the disk is full: audit entries and what else a reader of records needs (Node §4). */
  readonly essential?: boolean;
}

/**
 * One hospital's database (law 2). `write` queues `change`; all that are queued in one turn of the event loop become one
 * transaction (group commit), each in a savepoint of its own: one that throws is rolled back alone and rejects alone.
 * A promise of `write` resolves only after the commit is durable. Inside `change` nothing but the writer may be awaited:
 * a change that waits for anything else fails with `StoreError` code `waited`.
 *
 * A `read` that awaits nothing but its reader sees one commit throughout; after waiting for anything else it may see a
 * later one, but never half of a transaction.
 */
export interface Store extends AsyncDisposable {
  read<T>(query: (reader: Reader) => Promise<T>): Promise<T>;
  write<T>(change: (writer: Writer) => Promise<T>, options?: WriteOptions): Promise<T>;
  /** Runs once per transaction, after its changes and before its commit; the log's sequencer (Spec §6). */
  beforeCommit(finish: (writer: Writer) => Promise<void>): void;
  /** Runs after each durable commit, before the promises of its changes resolve. It must not throw. */
  afterCommit(notify: () => void): void;
  /** Whether ordinary changes are refused because the disk is full; ends by itself when there is room again. */
  isFull(): boolean;
}

/**
 * `waited`: a change awaited something else than its writer. `misused`: a statement that writes was given to a reader, or
 * a named value was missing. `constraint`: a UNIQUE, NOT NULL, CHECK or FOREIGN KEY rule refused the change.
 */
export type StoreErrorCode =
  'in-use' | 'newer-schema' | 'corrupt' | 'full' | 'waited' | 'misused' | 'constraint' | 'closed' | 'denied' | 'io';

/** What the database could not do. The message says what happened, what is safe and what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
