import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import type { Changes } from '../../../node/live/live.ts';
import type { DeskServices } from '../../../node/web/desk-services.ts';
import { heartbeatMs, openStream } from '../../../node/web/pages/live/stream.ts';
import type { Visit } from '../../../node/web/visit.ts';
import { manualClock, type ManualClock } from '../../support/manual-clock.ts';

let clock: ManualClock;
let state: 'live' | 'expired';
let tell: (changes: Changes) => void;
let ended: AbortController;
let failures: unknown[];

beforeEach(() => {
  clock = manualClock();
  state = 'live';
  ended = new AbortController();
  failures = [];
});

/** A node of which only the line is asked, under a clock that a test moves. */
function desk(): DeskServices {
  const fake = {
    clock,
    own: { name: 'birch.example' },
    accounts: { sessionOf: async () => ({ state, step: 'done' }) },
    diagnostics: { error: (_event: string, error: unknown) => failures.push(error) },
    live: {
      ended: ended.signal,
      since: async () => ({ cursor: 7, changes: [], missed: false }),
      subscribe: async (listener: (changes: Changes) => void) => {
        tell = listener;
        return { cursor: 7, [Symbol.dispose]: () => undefined };
      },
    },
  };
  return fake as unknown as DeskServices;
}

const visit = {
  user: { id: 'user-1', roles: ['doctor'] },
  query: new URLSearchParams(),
  header: (name: string) => (name === 'cookie' ? '__Host-fernpost-birch.example=token' : undefined),
} as unknown as Visit;

async function open() {
  const answer = await openStream(visit, desk());
  const body = answer.body as ReadableStream<Uint8Array>;
  const reader = body.getReader();
  const read = async (): Promise<string | undefined> => {
    const next: { readonly value?: Uint8Array | undefined } = await reader.read();
    return next.value === undefined ? undefined : new TextDecoder().decode(next.value);
  };
  expect(await read()).toMatch(/^id: 7\nevent: hello\n/);
  await settle();
  return { read, cancel: () => reader.cancel() };
}

async function settle(): Promise<void> {
  for (let n = 0; n < 5; n += 1) await nextTurn();
}

test('a line that has nothing to tell says every 25 s that it is there', async () => {
  expect(heartbeatMs).toBe(25_000);
  const { read } = await open();
  for (let n = 0; n < 3; n += 1) {
    clock.advance(heartbeatMs - 1);
    await settle();
    clock.advance(1);
    expect(await read()).toMatch(/^event: beat\n/);
    await settle();
  }
  ended.abort();
  expect(await read()).toBeUndefined();
  expect(failures).toEqual([]);
});

test('a session that has expired is noticed at the next heartbeat, and before anything is told', async () => {
  const { read } = await open();
  state = 'expired';
  tell({ cursor: 8, changes: [{ seq: 8, kind: 'received', subject: 'secret-id' }], missed: false });
  const last = await read();
  expect(last).toMatch(/^event: ended\n/);
  expect(last).not.toContain('secret-id');
  expect(await read()).toBeUndefined();
});

test('a browser that goes away is waited for no longer', async () => {
  const { cancel } = await open();
  expect(clock.sleepers()).toBe(1);
  await cancel();
  await settle();
  expect(clock.sleepers()).toBe(0);
  expect(failures).toEqual([]);
});

test('a browser that reads nothing is let go before its events fill the memory', async () => {
  const { read } = await open();
  for (let seq = 8; seq < 200; seq += 1) {
    tell({ cursor: seq, changes: [{ seq, kind: 'received', subject: `id-${seq}` }], missed: false });
    await settle();
  }
  let count = 0;
  while ((await read()) !== undefined) count += 1;
  expect(count).toBeLessThanOrEqual(65);
});

test('an event tells its cursor, and each id once under its kind', async () => {
  const { read } = await open();
  const change = (seq: number, kind: 'received' | 'peer') => ({ seq, kind, subject: 'one' }) as const;
  tell({ cursor: 10, changes: [change(8, 'received'), change(9, 'received'), change(10, 'peer')], missed: false });
  const now = clock.now();
  expect(await read()).toBe(`id: 10\nevent: change\ndata: ${JSON.stringify({ at: now, received: ['one'] })}\n\n`);
});
