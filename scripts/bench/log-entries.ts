import type { FernpostNode } from '../../node/node.ts';
import { NamedParameter, type Statement } from '../../node/store/statement.ts';
import { writeLocalRecord } from '../../protocol/log/record.ts';

/** Where invented entries begin: the log's own, which have their leaves and proofs, stay below. */
export const inventedFrom = 1_000_000;
export const inventedPeers = 40;
/** One entry in so many is of a kind that is rare. */
export const rareEvery = 100_000;

const atOnce = 100_000;
const stepMs = 3000;
const dayMs = 86_400_000;
const recordBytes = 200;

/** As long as those of a large hospital's years. */
const kinds = `CASE WHEN n.i % ${rareEvery} = 0 THEN 'key' WHEN n.i % 3 = 0 THEN 'local'
  WHEN n.i % 50 = 1 THEN 'refused' WHEN n.i % 3 = 1 THEN 'sent' ELSE 'received' END`;
const isOwn = `(n.i % ${rareEvery} = 0 OR n.i % 3 = 0)`;

type Range = { from: number; to: number; spread: number; record: Uint8Array; at: number };

/** Made by the database itself, in the order in which its indexes grow: anything else takes an hour for ten million. */
const invent: Statement<Range, never> = {
  sql: `INSERT INTO log_leaf (idx, type, x, record, peer, at)
    WITH RECURSIVE n (i) AS (SELECT ? UNION ALL SELECT n.i + 1 FROM n WHERE n.i + 1 < ?)
    SELECT ${inventedFrom} + n.i, ${kinds}, substr(printf('%08X', n.i * ?) || hex(randomblob(18)), 1, 43),
      CASE WHEN ${isOwn} THEN ? ELSE randomblob(${recordBytes}) END,
      CASE WHEN ${isOwn} THEN NULL ELSE printf('hospital-%02d.example', n.i % ${inventedPeers}) END,
      ? + n.i * ${stepMs} FROM n`,
  parameters: ['from', 'to', 'spread', 'record', 'at'].map((name) => new NamedParameter(name)),
};

export interface InventedLog {
  readonly count: number;
  /** When the entry at a place between 0 and 1 was made. */
  timeAt(share: number): Date;
  /** The first letters of its x. */
  hashAt(share: number): string;
  indexAt(share: number): number;
}

/** Fills the table of the log with `count` entries that no checkpoint covers; the log's own entries go on below them. */
export async function inventLog(node: FernpostNode, count: number): Promise<InventedLog> {
  const at = node.clock.now() + dayMs;
  const spread = Math.floor(2 ** 32 / count);
  const members = { act: 'user-roles', by: 'u-1', user: 'u-2', before: 'doctor', roles: 'doctor nurse' };
  const record = writeLocalRecord({ kind: 'audit', salt: new Uint8Array(32), members });
  for (let from = 0; from < count; from += atOnce)
    await node.store.write((writer) =>
      writer.run(invent, { from, to: Math.min(count, from + atOnce), spread, record, at }),
    );
  const placeOf = (share: number): number => Math.min(count - 1, Math.floor(count * share));
  return {
    count,
    timeAt: (share) => new Date(at + placeOf(share) * stepMs),
    hashAt: (share) => (placeOf(share) * spread).toString(16).toUpperCase().padStart(8, '0'),
    indexAt: (share) => inventedFrom + placeOf(share),
  };
}
