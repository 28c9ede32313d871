import { controlApp } from './api/control.ts';
import { controlLimits, deskLimits, exchangeLimits } from './api/door-limits.ts';
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
  const app = exchangeApp(services.exchange, services.clientAddress);
  const exchange = await listen(app, config.exchange, services.clock, exchangeLimits);
  doors.push(exchange);
  const pages = openDesk(services);
  const desk = await listen(pages, config.desk, services.clock, deskLimits);
  doors.push(desk, pages);
  const control = await listen(
    controlApp({ services, token, diagnostics }),
    config.control,
    services.clock,
    controlLimits,
  );
  doors.push(control, { [Symbol.asyncDispose]: () => removeRunning(config.dataDirectory, files) });
  const addresses = { exchange: addressOf(exchange), desk: addressOf(desk), control: addressOf(control) };
  await writeRunning(config.dataDirectory, { control: addresses.control, token, pid: process.pid }, files);
  diagnostics.info('listening', { ...addresses });
  return addresses;
}

/** Nobody waits for the pages who does not ask for one: they are read a moment after the doors are open, or when wanted. */
const pagesAfterMs = 250;

interface Pages extends AsyncDisposable {
  readonly fetch: (...given: never[]) => Promise<Response>;
}

function openDesk(services: DoorServices): Pages {
  const closed = new AbortController();
  let app: ReturnType<typeof readPages> | undefined;
  const read = (): ReturnType<typeof readPages> => {
    if (app === undefined) {
      app = readPages(services);
      app.catch((error: unknown) => services.diagnostics.error('pages-failed', error));
    }
    return app;
  };
  void services.clock.sleep(pagesAfterMs, closed.signal).then(() => (closed.signal.aborted ? undefined : void read()));
  return {
    fetch: async (...given) => await (await read()).fetch(...(given as unknown as [Request])),
    [Symbol.asyncDispose]: async () => closed.abort('closed'),
  };
}

async function readPages(services: DoorServices) {
  const [{ deskApp }, { nameAssets }] = await Promise.all([import('./web/desk-app.tsx'), import('./web/assets.ts')]);
  return deskApp({ ...services, assets: nameAssets(readPageFiles()) });
}

function addressOf({ host, port }: Listening): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
