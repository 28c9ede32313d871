import { toHex } from '../../../../protocol/bytes.ts';
import type { Instant } from '../../../../protocol/instant.ts';
import type { DeskServices } from '../../desk-services.ts';
import type { Visit } from '../../visit.ts';

/** What rows need to be told in words: names of peers, people and departments. */
export interface ListFacts {
  readonly now: Instant;
  readonly me: string;
  readonly peers: readonly PeerFact[];
  peerOf(name: string): PeerFact;
  /** `undefined` for nobody that is known any more. */
  nameOf(user: string | undefined): string | undefined;
  /** Names of the hospital's departments. */
  readonly departments: readonly string[];
  departmentOf(term: Uint8Array | undefined): string | undefined;
}

export interface PeerFact {
  readonly name: string;
  readonly title: string;
  /** When its key changed, while that is not settled: what it signed before counts, what comes now is not taken. */
  readonly keyChangedAt: Instant | undefined;
  /** Of its people, where an administrator wrote it down. */
  readonly telephone: string | undefined;
}

const reachedWithinMs = 24 * 3_600_000;

export async function readListFacts(visit: Visit, desk: DeskServices): Promise<ListFacts> {
  const users = new Map((await desk.accounts.users.list()).map(({ id, name }) => [id, name]));
  const departments = (await desk.departments.list()).map(({ name }) => name);
  const terms = new Map(departments.map((name) => [toHex(desk.inboxList.departmentTerm(name)), name]));
  const telephones = await desk.peerTelephones.all();
  const peers = desk.directory.list().map(({ name, title, state, since }) => ({
    name,
    title,
    keyChangedAt: state === 'key-changed' ? since : undefined,
    telephone: telephones.get(name),
  }));
  const byName = new Map<string, PeerFact>(peers.map((peer) => [peer.name, peer]));
  return {
    now: visit.now,
    me: visit.user.id,
    peers,
    peerOf: (name) => byName.get(name) ?? { name, title: name, keyChangedAt: undefined, telephone: undefined },
    nameOf: (user) => (user === undefined ? undefined : (users.get(user) ?? 'somebody who left')),
    departments,
    departmentOf: (term) => (term === undefined ? undefined : terms.get(toHex(term))),
  };
}

/** How many of the paired hospitals were heard from within a day: why an empty list may be believed. */
export function peersHeard({ directory, clock }: Pick<DeskServices, 'directory' | 'clock'>): {
  readonly heard: number;
  readonly paired: number;
} {
  const paired = directory.list().filter((peer) => peer.state === 'paired');
  const since = clock.now() - reachedWithinMs;
  const heard = paired.filter(({ lastSpokeAt, since: pairedAt }) => Math.max(lastSpokeAt ?? 0, pairedAt) >= since);
  return { heard: heard.length, paired: paired.length };
}
