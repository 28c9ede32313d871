import { statfs } from 'node:fs/promises';
import type { FernpostNode } from '../../node/node.ts';
import type { DeskClient } from '../../test/support/desk-client.ts';
import { inventedPeers, inventLog, type InventedLog } from './log-entries.ts';
import { pageTimes, type Times } from './page-times.ts';
import type { Figure, RowReport, Verdict } from './row.ts';

/** A page of the explorer in a log of ten million entries (screen 19). */
const pageMsMax = 100;
/** On the disk, with its five indexes and the write-ahead log while it grows. */
const entryBytes = 900;

/** The explorer's pages: the newest, the oldest and the middle ones, and every filter alone and with another. */
export async function measureExplorer(
  node: FernpostNode,
  auditor: DeskClient,
  size: { readonly entries: number; readonly rounds: number },
  directory: string,
): Promise<RowReport> {
  const { bavail, bsize } = await statfs(directory);
  const entries = size.entries.toLocaleString('en');
  if (bavail * bsize < 2 * size.entries * entryBytes)
    return { figures: [], verdicts: [], notices: [`The disk has no room for a log of ${entries} entries: left out.`] };
  const log = await inventLog(node, size.entries);
  const figures: Figure[] = [];
  const verdicts: Verdict[] = [];
  for (const [name, pathOf] of Object.entries(pagesOf(log, size.rounds))) {
    await checkFound(auditor, name, pathOf(0));
    const times: Times = await pageTimes(auditor, pathOf, size.rounds);
    figures.push({ name: `log, ${name}, median`, value: times.medianMs, unit: 'ms' });
    verdicts.push({ name: `log, ${name}, p99`, value: times.p99Ms, unit: 'ms', goal: { atMost: pageMsMax } });
  }
  const notice = `The log has ${entries} invented entries in its real table and indexes, without leaves and proofs; pages and queries are the real ones, and each look is written into the log as always.`;
  return { figures, verdicts, notices: [notice] };
}

const mayBeEmpty: ReadonlySet<string> = new Set(['no such kind', 'day and rare kind']);

/** A page without entries is quick for the wrong reason. */
async function checkFound(auditor: DeskClient, name: string, path: string): Promise<void> {
  const { text } = await auditor.get(path);
  if (!mayBeEmpty.has(name) && !text.includes('id="entries"')) throw new Error(`${path} shows no entry`);
}

/** Each round asks for another page: the node notes it as a look of its own, and no page is warm from the last one. */
function pagesOf(log: InventedLog, rounds: number): Readonly<Record<string, (round: number) => string>> {
  const share = (round: number): number => (round + 0.5) / (rounds + 1);
  const day = (at: number): string => log.timeAt(at).toISOString().slice(0, 10);
  const peer = (round: number): string => `hospital-${String(round % inventedPeers).padStart(2, '0')}.example`;
  const below = (round: number): number => log.indexAt(share(round));
  return {
    newest: () => '/log',
    oldest: (round) => `/log?above=${round}`,
    'by index': (round) => `/log?below=${below(round)}`,
    'back by index': (round) => `/log?above=${below(round)}`,
    kind: (round) => `/log?kind=received&below=${below(round)}`,
    'rare kind': (round) => `/log?kind=key&below=${below(round)}`,
    'no such kind': (round) => `/log?kind=withdrawn&below=${below(round)}`,
    peer: (round) => `/log?peer=${peer(round)}&below=${below(round)}`,
    'kind and peer': (round) => `/log?kind=received&peer=${peer(round)}&below=${below(round)}`,
    day: (round) => `/log?from=${day(share(round))}&to=${day(share(round))}`,
    'until a day': (round) => `/log?to=${day(share(round))}`,
    'day and peer': (round) => `/log?peer=${peer(round)}&from=${day(share(round))}&to=${day(share(round))}`,
    'day and rare kind': (round) => `/log?kind=key&from=${day(share(round))}&to=${day(share(round))}`,
    'first letters of a hash': (round) => `/log?hash=${log.hashAt(share(round)).slice(0, 4)}`,
    hash: (round) => `/log?hash=${log.hashAt(share(round))}`,
  };
}
