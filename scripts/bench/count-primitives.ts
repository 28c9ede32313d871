import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import zlib from 'node:zlib';
import Sqlite from 'better-sqlite3';

/** How often a primitive ran, and over how many bytes in all. */
export interface Use {
  readonly calls: number;
  readonly bytes: number;
}

export type PrimitiveName = 'sign' | 'verify' | 'sha256' | 'hmac' | 'hkdf' | 'aes' | 'gzip' | 'inflate' | 'commit';
export type Uses = Readonly<Record<PrimitiveName, Use>>;

type Func = (...args: never[]) => unknown;
type Holder = Record<string, Func>;

/**
 * Counts what `work` really does: the functions of node:crypto and node:zlib are wrapped where every import of them
 * looks, and put back afterwards. `openHospitals` has to come after this module, so that its statements are seen.
 */
export async function countPrimitives(work: () => Promise<unknown>): Promise<Uses> {
  const names: PrimitiveName[] = ['sign', 'verify', 'sha256', 'hmac', 'hkdf', 'aes', 'gzip', 'inflate', 'commit'];
  const uses = Object.fromEntries(names.map((name) => [name, { calls: 0, bytes: 0 }])) as Record<
    PrimitiveName,
    { calls: number; bytes: number }
  >;
  const note = (name: PrimitiveName, calls: number, bytes: number): void => {
    uses[name].calls += calls;
    uses[name].bytes += bytes;
  };
  const sizeOf = (value: unknown): number =>
    typeof value === 'object' && value !== null && 'length' in value ? Number(value.length) : 0;
  const undo: (() => void)[] = [];
  const wrap = (holder: unknown, name: string, before: (args: readonly unknown[], made: unknown) => void): void => {
    const functions = holder as Holder;
    const original = functions[name];
    if (original === undefined) throw new Error(`there is no ${name} to count`);
    functions[name] = function (this: unknown, ...args: never[]): unknown {
      const made = Reflect.apply(original, this, args) as unknown;
      before(args, made);
      return made;
    };
    undo.push(() => {
      functions[name] = original;
    });
  };
  const pieces = (name: PrimitiveName, made: unknown): void => {
    const stream = made as { update(piece: unknown): unknown };
    const update = stream.update.bind(stream);
    stream.update = (piece: unknown) => {
      note(name, 0, sizeOf(piece));
      const result = update(piece);
      return result === made ? stream : result;
    };
    note(name, 1, 0);
  };
  wrap(crypto, 'sign', () => note('sign', 1, 0));
  wrap(crypto, 'verify', () => note('verify', 1, 0));
  wrap(crypto, 'hash', (args) => note('sha256', 1, sizeOf(args[1])));
  wrap(crypto, 'createHash', (_, made) => pieces('sha256', made));
  wrap(crypto, 'createHmac', (_, made) => pieces('hmac', made));
  wrap(crypto, 'hkdfSync', () => note('hkdf', 1, 0));
  wrap(crypto, 'createCipheriv', (_, made) => pieces('aes', made));
  wrap(crypto, 'createDecipheriv', (_, made) => pieces('aes', made));
  wrap(zlib, 'gzipSync', (args) => note('gzip', 1, sizeOf(args[0])));
  wrap(zlib, 'inflateRawSync', (_, made) => {
    const { buffer } = made as { buffer: Uint8Array };
    note('inflate', 1, buffer.length);
  });
  // A commit is seen by the statement that looks at the journal after each of them.
  const statement = Object.getPrototypeOf(new Sqlite(':memory:').prepare('SELECT 1')) as { run: Func };
  const run = statement.run;
  statement.run = function (this: { source: string }, ...args: never[]): unknown {
    if (this.source === 'COMMIT') note('commit', 1, 0);
    return Reflect.apply(run, this, args) as unknown;
  };
  undo.push(() => {
    statement.run = run;
  });
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    for (const each of undo) each();
    syncBuiltinESMExports();
  }
  return uses;
}
