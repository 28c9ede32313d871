import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { DemoError } from './demo-error.ts';
import { hospitals, loopback, type Hospital, type Ports } from './hospitals.ts';

export const basePortByDefault = 8440;
/** From one hospital to the next. */
const portStep = 10;
export const basePortMax = 65_535 - portStep * hospitals.length - 1;

/** Exchange N, desk N + 1, control N + 2; the next hospital ten further on. */
export function portsFrom(base: number): readonly Ports[] {
  return hospitals.map((_, index) => {
    const first = base + portStep * index;
    return { exchange: first, desk: first + 1, control: first + 2 };
  });
}

/** Behind the hospitals: the mail server of the police stations, and the page that shows what they got. */
export function mailboxPortsFrom(base: number): { readonly smtpPort: number; readonly pagePort: number } {
  const smtpPort = base + portStep * hospitals.length;
  return { smtpPort, pagePort: smtpPort + 1 };
}

/** Ports that nobody listens on at this moment. */
export async function findFreePorts(): Promise<readonly Ports[]> {
  const found = await Promise.all(hospitals.flatMap(() => [takePort(0), takePort(0), takePort(0)]));
  const ports = found.map((taken) => taken?.port ?? 0);
  for (const taken of found) await taken?.[Symbol.asyncDispose]();
  return hospitals.map((_, index) => {
    const [exchange = 0, desk = 0, control = 0] = ports.slice(index * 3);
    return { exchange, desk, control };
  });
}

/** Fails with the hospital, the service and the number of the first port that another program has. */
export async function refuseTakenPorts(places: readonly (Hospital & { readonly ports: Ports })[]): Promise<void> {
  for (const { short, ports } of places)
    for (const service of ['exchange', 'desk', 'control'] as const) {
      const taken = await takePort(ports[service]);
      if (taken === undefined)
        throw new DemoError(
          `Port ${ports[service]}, which is to be ${short}'s ${service}, is taken by another program.\n` +
            'Stop that program (another demo?), or choose other ports for a new demo:\n' +
            '  npm run demo -- --port 9440 --data .demo-2',
        );
      await taken[Symbol.asyncDispose]();
    }
}

/** `undefined` when somebody listens there, or this user may not. */
async function takePort(port: number): Promise<({ readonly port: number } & AsyncDisposable) | undefined> {
  const server = createServer();
  try {
    server.listen(port, loopback);
    await once(server, 'listening');
  } catch {
    return undefined; // Taken or forbidden: for the demo the same.
  }
  const close = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
}
