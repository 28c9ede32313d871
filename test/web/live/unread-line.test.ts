import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { deskLimits } from '../../../node/api/door-limits.ts';
import { listen } from '../../../node/api/listen.ts';
import type { Changes, Live } from '../../../node/live/live.ts';
import { systemClock } from '../../../node/platform/clock.ts';
import { readPageFiles } from '../../../node/platform/page-files.ts';
import { nameAssets } from '../../../node/web/assets.ts';
import { deskApp } from '../../../node/web/desk-app.tsx';
import { eventually, openDesks } from '../../support/desk.ts';

const eventsMax = 5_000;

/** One event of some 18 kB: as much as changes of one moment can say. */
function manyChanges(cursor: number): Changes {
  const id = (i: number): string => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
  const changes = Array.from({ length: 500 }, (_, i) => ({ seq: cursor, kind: 'referral' as const, subject: id(i) }));
  return { cursor, changes, missed: false };
}

test('a line that is never read is let go before it holds more than its share of memory', async () => {
  await using desks = await openDesks({ jobs: false });
  const { node, client } = desks.at('alder');
  let tell: ((changes: Changes) => void) | undefined;
  let ended = false;
  const live: Live = {
    ...node.live,
    subscribe: async (listener) => {
      tell = listener;
      return { cursor: 0, [Symbol.dispose]: () => void (ended = true) };
    },
  };
  const app = deskApp({ ...node, live, assets: nameAssets(readPageFiles()) });
  await using door = await listen(app, { host: '127.0.0.1', port: 0 }, systemClock, deskLimits);
  const doctor = await client('doctor');
  const socket = connect(door.port, '127.0.0.1');
  socket.on('error', () => undefined); // Let go is what is waited for.
  socket.pause();
  socket.write(`GET /live HTTP/1.1\r\nhost: 127.0.0.1:${door.port}\r\ncookie: ${doctor.cookie()}\r\n\r\n`);
  await eventually(() => tell !== undefined);
  let told = 0;
  for (; told < eventsMax && !ended; told += 1) {
    tell?.(manyChanges(told + 1));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await eventually(() => ended);
  expect(told).toBeLessThan(eventsMax);
  socket.destroy();
});
