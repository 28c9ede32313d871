import { serve, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { headerBytesMax } from '../../protocol/http/limits.ts';
import type { Clock } from '../platform/clock.ts';
import type { ClientAddress } from '../platform/client-address.ts';
import { watchConnections, type WatchedServer } from './connections.ts';
import type { DoorLimits } from './door-limits.ts';
import type { ExchangeDoor } from './exchange-door.ts';

/** An open door; disposing it ends its connections. */
export interface Listening extends AsyncDisposable {
  /** Where it is, with the port that was really taken. */
  readonly host: string;
  readonly port: number;
}

export interface ListenAt {
  readonly host: string;
  readonly port: number;
}

const closeTimeoutMs = 3_000;

/** The exchange door as an app: the raw request goes in as it came, since its signature covers what stood on the wire. */
export function exchangeApp(door: ExchangeDoor, clientAddress: ClientAddress): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.all('*', async (context) => {
    const { incoming } = context.env;
    const answer = await door.handle({
      method: incoming.method ?? '',
      target: incoming.url ?? '',
      rawHeaders: incoming.rawHeaders,
      body: incoming,
      remoteAddress: clientAddress(incoming.socket.remoteAddress, incoming.headers['x-forwarded-for']),
    });
    incoming.resume(); // What was not read of a refused body is let pass, so that the answer arrives.
    return new Response(answer.body as Uint8Array<ArrayBuffer>, { status: answer.status, headers: answer.headers });
  });
  return app;
}

/** Opens a door; fails when its address is taken or not this machine's. */
export async function listen(
  app: { readonly fetch: unknown },
  at: ListenAt,
  clock: Clock,
  limits: DoorLimits,
): Promise<Listening> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const answer = app.fetch as Parameters<typeof serve>[0]['fetch'];
  const watch = watchConnections(limits, clock);
  const server = serve(
    {
      fetch: (request, bindings) => {
        const isCrowded = 'incoming' in bindings && watch.isCrowded(bindings.incoming as HttpBindings['incoming']);
        return isCrowded ? crowded() : answer(request, bindings);
      },
      hostname: at.host,
      port: at.port,
      overrideGlobalObjects: false,
      serverOptions: {
        maxHeaderSize: headerBytesMax,
        headersTimeout: limits.headersMsMax,
        connectionsCheckingInterval: limits.headersCheckMs,
        keepAliveTimeout: limits.keepAliveMs,
        requestTimeout: 0, // Bodies are watched by their pace: a slow one that moves lives on.
      },
    },
    (info) => resolve(info.port),
  );
  server.on('error', reject);
  watch.over(server as WatchedServer);
  const port = await promise;
  return {
    host: at.host,
    port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      if ('closeIdleConnections' in server) server.closeIdleConnections();
      const inTime = new AbortController();
      const late = clock.sleep(closeTimeoutMs, inTime.signal).then(() => {
        if (!inTime.signal.aborted && 'closeAllConnections' in server) server.closeAllConnections();
      });
      await closed;
      inTime.abort();
      await late;
    },
  };
}

/** No client of ours sends a request before it has read the answer to the one before. */
function crowded(): Response {
  return new Response(null, { status: 503, headers: { connection: 'close', 'retry-after': '1' } });
}
