import { expect, test } from 'vitest';
import { parseNodeName } from '../../../protocol/ids.ts';
import { instantOfMs, type Instant } from '../../../protocol/instant.ts';
import type { Peer } from '../../../node/peers/directory.ts';
import { askedMsMax, openSilentPeers, reachableMs } from '../../../node/peers/silent-peers.ts';
import { TransportError } from '../../../node/peers/transport.ts';

const start = Date.parse('2026-11-22T09:00:00Z');

/** Peers whose cards answer, fail or hang, under a clock that is moved by hand. */
function openPeers(answers: Readonly<Record<string, 'answers' | 'fails' | 'hangs'>>) {
  let now = start;
  const asked: string[] = [];
  const peers = new Map<string, Pick<Peer, 'name' | 'state' | 'lastSpokeAt' | 'cardSeenAt'>>();
  for (const name of Object.keys(answers))
    peers.set(name, {
      name: parseNodeName(name),
      state: name.startsWith('paused') ? 'paused' : 'paired',
      lastSpokeAt: undefined,
      cardSeenAt: instantOfMs(start),
    });
  const fetch = async ({ name }: Pick<Peer, 'name'>): Promise<void> => {
    asked.push(name);
    const peer = peers.get(name);
    if (answers[name] === 'hangs') await new Promise<never>(() => undefined);
    if (answers[name] === 'fails') throw new TransportError('NET_UNREACHABLE', 'no connection');
    if (peer !== undefined) peers.set(name, { ...peer, cardSeenAt: instantOfMs(now) });
  };
  const clock = {
    now: (): Instant => instantOfMs(now),
    elapsedMs: () => now,
    sleep: async (ms: number) => {
      slept.push(ms);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  const slept: number[] = [];
  const directory = { list: () => [...peers.values()] as Peer[], find: (name: string) => peers.get(name) as Peer };
  const ask = openSilentPeers({ directory, cards: { fetch }, clock });
  const pass = (ms: number): void => {
    now += ms;
  };
  return { ask, asked, slept, pass };
}

test('who was heard of within the time is not asked, a moment later it is, and its answer counts', async () => {
  const { ask, asked, pass } = openPeers({ 'birch.example': 'answers', 'paused.example': 'answers' });
  pass(reachableMs);
  expect([[...(await ask())], asked]).toEqual([[], []]);
  pass(1);
  expect([[...(await ask())], asked]).toEqual([[], ['birch.example']]);
  await ask();
  expect(asked).toHaveLength(1);
});

test('who fails or hangs is told to be away after a moment, and is not asked again at once', async () => {
  const { ask, asked, pass, slept } = openPeers({ 'birch.example': 'fails', 'cedar.example': 'hangs' });
  pass(reachableMs + 1);
  expect(await ask()).toEqual(new Set(['birch.example', 'cedar.example']));
  expect(slept).toEqual([askedMsMax]);
  expect(await ask()).toEqual(new Set(['birch.example', 'cedar.example']));
  expect(asked).toHaveLength(2);
  pass(60_000);
  await ask();
  expect(asked).toHaveLength(4);
});
