import { once } from 'node:events';
import { createServer } from 'node:net';

const firstPort = 20_000;
const lastPort = 32_000; // Below what Linux gives to outgoing connections.
const offsets = [0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31];

/** A base for the ports of a demo: nobody listens on any of its eleven at this moment. */
export async function findFreeBase(): Promise<number> {
  for (;;) {
    const base = firstPort + Math.floor(Math.random() * (lastPort - firstPort));
    const free = await Promise.all(offsets.map((offset) => isFree(base + offset)));
    if (free.every((one) => one)) return base;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false; // Somebody listens there.
  }
  server.close();
  await once(server, 'close');
  return true;
}
