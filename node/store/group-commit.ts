import { onNextTurn } from '../platform/turn.ts';
import type { Ballast } from './ballast.ts';
import { isFatal, PreparedStatements, storeErrorOf, type Connection, type Prepared } from './connection.ts';
import { StepWatch } from './step-watch.ts';
import { StoreError, type Reader, type Store, type WriteOptions, type Writer } from './store.ts';

/** A transaction holds at most so many changes: the event loop must come round. */
const changesPerCommitMax = 256;
/** So many pages wait in the journal before they are folded into the database (SQLite's own default). */
const journalPagesMax = 1000;

interface Pending {
  readonly change: (writer: Writer) => Promise<unknown>;
  readonly essential: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupCommitOptions {
  readonly connection: Connection;
  readonly ballast: Ballast;
  /** fsync failed: what is on the disk is unknown, and the process must end (Node §4). */
  readonly onFatal: (error: StoreError) => void;
}

/**
 * The `Store` over one connection. A transaction runs in one turn of the event loop: changes await only their writer, whose
 * promises settle at once, so the whole batch is done before the next turn begins. A step that is still open then has
 * waited for something else; it loses its writer, its savepoint is rolled back, and the batch goes on without it.
 */
export class GroupCommit implements Store {
  readonly #connection: Connection;
  readonly #ballast: Ballast;
  readonly #onFatal: (error: StoreError) => void;
  readonly #statements: PreparedStatements;
  readonly #reader: Reader;
  readonly #finishers: ((writer: Writer) => Promise<void>)[] = [];
  readonly #listeners: (() => void)[] = [];
  #queue: Pending[] = [];
  #scheduled = false;
  /** Settles when the open transaction ends; reads wait for it. */
  #transaction: Promise<void> | undefined;
  readonly #watch = new StepWatch();
  #eraseTraces = false;
  #full = false;
  #ended: StoreError | undefined;
  #drained: (() => void) | undefined;

  constructor(options: GroupCommitOptions) {
    this.#connection = options.connection;
    this.#ballast = options.ballast;
    this.#onFatal = options.onFatal;
    this.#statements = new PreparedStatements(options.connection);
    this.#full = !options.ballast.hold();
    this.#reader = this.#newReader();
  }

  async read<T>(query: (reader: Reader) => Promise<T>): Promise<T> {
    await this.#idle();
    return await query(this.#reader);
  }

  write<T>(change: (writer: Writer) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const essential = options.essential === true;
    if (!essential && this.isFull()) return Promise.reject(diskFull());
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ change, essential, resolve: resolve as (value: unknown) => void, reject });
      this.#schedule();
    });
  }

  beforeCommit(finish: (writer: Writer) => Promise<void>): void {
    this.#finishers.push(finish);
  }

  afterCommit(notify: () => void): void {
    this.#listeners.push(notify);
  }

  isFull(): boolean {
    if (this.#full && this.#ballast.hold()) this.#full = false;
    return this.#full;
  }

  /** Commits what is queued, takes nothing more, and closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended?.code === 'closed') return;
    this.#ended ??= new StoreError('closed', 'the database is closed');
    if (this.#queue.length > 0 || this.#scheduled) await new Promise<void>((resolve) => (this.#drained = resolve));
    this.#connection.close();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    onNextTurn(() => void this.#runBatch());
  }

  async #runBatch(): Promise<void> {
    const batch = this.#queue.splice(0, changesPerCommitMax);
    const open = Promise.withResolvers<void>();
    this.#transaction = open.promise;
    const settle = await this.#transact(batch);
    this.#transaction = undefined;
    open.resolve();
    for (const each of settle) each();
    this.#scheduled = false;
    if (this.#queue.length > 0) this.#schedule();
    else this.#drained?.();
  }

  /** Runs one transaction and gives back how each change's promise is to be settled once it is over. */
  async #transact(batch: readonly Pending[]): Promise<(() => void)[]> {
    if (this.#ended !== undefined && this.#ended.code !== 'closed') return rejectAll(batch, this.#ended);
    const done: (() => void)[] = [];
    const failed: (() => void)[] = [];
    const kept = new Set(batch);
    this.#eraseTraces = false;
    try {
      this.#connection.exec('BEGIN IMMEDIATE');
      for (const pending of batch) {
        try {
          const value = await this.#inSavepoint(pending.change);
          done.push(() => pending.resolve(value));
        } catch (error) {
          if (!this.#connection.inTransaction()) throw error;
          kept.delete(pending);
          failed.push(() => pending.reject(error));
        }
      }
      if (kept.size > 0) for (const finish of this.#finishers) await this.#supervised(finish);
      this.#connection.exec(kept.size > 0 ? 'COMMIT' : 'ROLLBACK');
      if (kept.size > 0) this.#afterDurableCommit();
      return [...done, ...failed];
    } catch (cause) {
      return [...this.#abandon([...kept], cause), ...failed];
    }
  }

  async #inSavepoint(change: (writer: Writer) => Promise<unknown>): Promise<unknown> {
    this.#connection.exec('SAVEPOINT change');
    try {
      const value = await this.#supervised(change);
      this.#assertOpen();
      this.#connection.exec('RELEASE change');
      return value;
    } catch (error) {
      if (this.#connection.inTransaction()) this.#undoSavepoint();
      throw error;
    }
  }

  #undoSavepoint(): void {
    this.#connection.exec('ROLLBACK TO change');
    this.#connection.exec('RELEASE change');
  }

  #supervised<T>(step: (writer: Writer) => Promise<T>): Promise<T> {
    return this.#watch.run((isOver) => step(this.#newWriter(isOver)));
  }

  /** The whole transaction failed: nothing of it is kept. Essential changes get a second try in the ballast's room. */
  #abandon(batch: readonly Pending[], cause: unknown): (() => void)[] {
    const error = cause instanceof Error && cause.name !== 'SqliteError' ? cause : storeErrorOf(cause);
    try {
      if (this.#connection.inTransaction()) this.#connection.exec('ROLLBACK');
    } catch (rollbackCause) {
      this.#end(storeErrorOf(rollbackCause));
    }
    if (isFatal(error)) this.#end(storeErrorOf(error));
    if (!(error instanceof StoreError && error.code === 'full')) return rejectAll(batch, error);
    const released = this.#ballast.release();
    this.#full = released || this.#full;
    const again = released ? batch.filter((each) => each.essential) : [];
    this.#queue.unshift(...again);
    return rejectAll(
      batch.filter((each) => !again.includes(each)),
      error,
    );
  }

  #afterDurableCommit(): void {
    try {
      if (this.#eraseTraces) this.#connection.pragma('wal_checkpoint(TRUNCATE)');
      else if (this.#journalPages() > journalPagesMax) this.#connection.pragma('wal_checkpoint(PASSIVE)');
    } catch (cause) {
      // The commit itself is durable in the journal; only a failed fsync ends the process, a full disk is tried again later.
      if (isFatal(cause)) this.#end(storeErrorOf(cause));
    }
    for (const notify of this.#listeners) notify();
  }

  #journalPages(): number {
    const rows = this.#connection.pragma('wal_checkpoint(NOOP)') as readonly { log: number; checkpointed: number }[];
    return (rows[0]?.log ?? 0) - (rows[0]?.checkpointed ?? 0);
  }

  #end(error: StoreError): void {
    if (this.#ended !== undefined && this.#ended.code !== 'closed') return;
    this.#ended = error;
    this.#onFatal(error);
  }

  async #idle(): Promise<void> {
    while (this.#transaction !== undefined) await this.#transaction;
    if (this.#ended !== undefined) throw this.#ended;
  }

  #newReader(): Reader {
    const run = async <Values, Row>(prepared: Prepared<Values, Row>, values: Values): Promise<Row[]> => {
      await this.#idle();
      if (!prepared.readsOnly) throw new StoreError('misused', 'a statement that writes was given to a reader');
      return prepared.all(values);
    };
    return {
      all: async (query, values) => await run(this.#statements.of(query), values),
      first: async (query, values) => (await run(this.#statements.of(query), values))[0],
    };
  }

  #newWriter(isOver: () => boolean): Writer {
    const of: PreparedStatements['of'] = (statement) => {
      if (isOver()) throw new StoreError('waited', 'this change is over: its writer is no longer valid');
      this.#assertOpen();
      return this.#statements.of(statement);
    };
    return {
      all: async (query, values) => of(query).all(values),
      first: async (query, values) => of(query).all(values)[0],
      run: async (change, values) => ({ changes: of(change).run(values) }),
      eraseTraces: () => {
        this.#eraseTraces = true;
      },
    };
  }

  /** SQLite rolls a whole transaction back by itself on some errors; what runs after that would commit on its own. */
  #assertOpen(): void {
    if (!this.#connection.inTransaction()) throw new StoreError('io', 'the transaction was ended by an earlier error');
  }
}

function diskFull(): StoreError {
  return new StoreError('full', 'the disk is full: new work is refused, reading goes on; free some space');
}

function rejectAll(batch: readonly Pending[], error: unknown): (() => void)[] {
  return batch.map((each) => () => each.reject(error));
}
