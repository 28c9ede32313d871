import { controlApp } from './api/control.ts';
import type { ExchangeDoor } from './api/exchange-door.ts';
import { exchangeApp, listen, type Listening } from './api/listen.ts';
import type { NodeConfig } from './config/config.ts';
import { newControlToken, removeRunning, writeRunning } from './operations/running-file.ts';
import type { Diagnostics } from './platform/diagnostics.ts';
import { readPageFiles } from './platform/page-files.ts';
import type { Random } from './platform/random.ts';
import type { DeskServices } from './web/desk-services.ts';

export interface DoorServices extends Omit<DeskServices, 'assets' | 'config'> {
  readonly config: NodeConfig;
  readonly exchange: ExchangeDoor;
  readonly random: Random;
  readonly diagnostics: Diagnostics;
}

/** Where the doors are: `http://host:port`, with the ports that were really taken. */
export interface DoorAddresses {
  readonly exchange: string;
  readonly desk: string;
  readonly control: string;
}

/** Opens exchange, desk and control, and tells the command line where control is; `doors` gets what is to be closed. */
export async function listenDoors(services: DoorServices, doors: AsyncDisposable[]): Promise<DoorAddresses> {
  const { config, files, random, diagnostics } = services;
  const token = newControlToken(random);
  const exchange = await listen(exchangeApp(services.exchange), config.exchange, services.clock);
  doors.push(exchange);
  const desk = await listen(openDesk(services), config.desk, services.clock);
  doors.push(desk);
  const control = await listen(controlApp({ services, token, diagnostics }), config.control, services.clock);
  doors.push(control, { [Symbol.asyncDispose]: () => removeRunning(config.dataDirectory, files) });
  const addresses = { exchange: addressOf(exchange), desk: addressOf(desk), control: addressOf(control) };
  await writeRunning(config.dataDirectory, { control: addresses.control, token, pid: process.pid }, files);
  diagnostics.info('listening', { ...addresses });
  return addresses;
}

/** The pages are read while the doors are open already: peers and the command line do not wait for them. */
function openDesk(services: DoorServices): { readonly fetch: (...given: never[]) => Promise<Response> } {
  const app = (async () => {
    const [{ deskApp }, { nameAssets }] = await Promise.all([import('./web/desk-app.tsx'), import('./web/assets.ts')]);
    return deskApp({ ...services, assets: nameAssets(readPageFiles()) });
  })();
  app.catch((error: unknown) => services.diagnostics.error('pages-failed', error));
  return { fetch: async (...given) => await (await app).fetch(...(given as unknown as [Request])) };
}

function addressOf({ host, port }: Listening): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
