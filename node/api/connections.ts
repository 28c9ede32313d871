import type { HttpBindings } from '@hono/node-server';
import type { Clock } from '../platform/clock.ts';
import type { DoorLimits } from './door-limits.ts';

type Incoming = HttpBindings['incoming'];
type Outgoing = HttpBindings['outgoing'];
type Socket = Incoming['socket'];

/** The part of Node's server that this watches. */
export interface WatchedServer {
  maxConnections: number;
  setTimeout(ms: number): unknown;
  on(event: 'connection' | 'timeout', heard: (socket: Socket) => void): unknown;
  /** Before the handlers hear of it. */
  prependListener(event: 'request', heard: (incoming: Incoming, outgoing: Outgoing) => void): unknown;
}

interface Exchange {
  readonly incoming: Incoming;
  readonly outgoing: Outgoing;
  /** Nothing of the answer was read in one whole wait already. */
  isUnread: boolean;
}

const still =
  'What was sent stood still on its way, so the connection was closed and nothing more of it is taken. Send it again.\n';
const stillAnswer = [
  'HTTP/1.1 408 Request Timeout',
  'connection: close',
  'cache-control: no-store',
  'content-type: text/plain; charset=utf-8',
  'x-content-type-options: nosniff',
  `content-length: ${still.length}`,
  '',
  still,
].join('\r\n');

export interface Watch {
  /** Begins to watch a server. */
  over(server: WatchedServer): void;
  /** Asked before a request comes to its handlers: whether its connection has too many in hand already. */
  isCrowded(incoming: Incoming): boolean;
}

/**
 * Ends connections that hold a place and bring nothing (Node §6): too many of them, bodies that stand still or drip,
 * answers that nobody reads. Handlers that take their time and lines of events are left alone. Whoever reads a body that
 * is ended here sees it break off.
 */
export function watchConnections(limits: DoorLimits, clock: Clock): Watch {
  const exchanges = new WeakMap<Socket, Exchange>();
  const inHand = new WeakMap<Socket, number>();
  const crowded = new WeakSet<Incoming>();
  const places = openPlaces(limits.connectionsOfAddressMax);
  const over = (server: WatchedServer): void => {
    server.maxConnections = limits.connectionsMax;
    server.on('connection', (socket) => {
      const leave = places.take(socket.remoteAddress ?? '');
      if (leave === undefined) socket.destroy();
      else socket.once('close', leave);
    });
    server.prependListener('request', (incoming, outgoing) => {
      const { socket } = incoming;
      exchanges.set(socket, { incoming, outgoing, isUnread: false });
      const count = inHand.get(socket) ?? 0;
      inHand.set(socket, count + 1);
      outgoing.once('close', () => inHand.set(socket, (inHand.get(socket) ?? 1) - 1));
      if (count >= limits.pipelinedMax) crowded.add(incoming);
      if (bringsBody(incoming)) void watchPace(incoming, outgoing, limits, clock);
    });
    server.setTimeout(limits.idleBodyMsMax);
    server.on('timeout', (socket) => {
      const exchange = exchanges.get(socket);
      if (exchange === undefined || isOver(exchange)) socket.destroy();
      else if (isAwaited(exchange.incoming)) endStill(exchange);
      else if (exchange.outgoing.writableLength === 0) socket.setTimeout(limits.idleBodyMsMax);
      else if (exchange.isUnread || limits.unreadMsMax <= limits.idleBodyMsMax) socket.destroy();
      else {
        exchange.isUnread = true;
        socket.setTimeout(limits.unreadMsMax - limits.idleBodyMsMax);
      }
    });
  };
  return { over, isCrowded: (incoming) => crowded.has(incoming) };
}

function bringsBody({ headers }: Incoming): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function isOver({ incoming, outgoing }: Exchange): boolean {
  return incoming.complete && outgoing.writableFinished;
}

/** Whether the next byte is the sender's matter: what lies here unread is ours. */
function isAwaited(incoming: Incoming): boolean {
  return !incoming.complete && incoming.readableLength < incoming.readableHighWaterMark;
}

/** One answer on the wire at a time: without it, or behind another one, the end has to say enough. */
function endStill({ incoming, outgoing }: Pick<Exchange, 'incoming' | 'outgoing'>): void {
  const { socket } = incoming;
  if (!outgoing.headersSent && outgoing.socket === socket) socket.write(stillAnswer);
  socket.destroySoon();
}

/** The drip that no wait notices: a byte now and then would hold its place for ever. */
async function watchPace(incoming: Incoming, outgoing: Outgoing, limits: DoorLimits, clock: Clock): Promise<void> {
  const over = new AbortController();
  const { socket } = incoming;
  outgoing.once('close', () => over.abort('over'));
  await clock.sleep(limits.bodyGraceMs, over.signal);
  for (let before = socket.bytesRead; !over.signal.aborted && !incoming.complete; before = socket.bytesRead) {
    await clock.sleep(paceMs, over.signal);
    if (over.signal.aborted || !isAwaited(incoming)) continue;
    if (socket.bytesRead - before < limits.bodyBytesAMinuteMin) return endStill({ incoming, outgoing });
  }
}

const paceMs = 60_000;

export interface Places {
  /** A place for a connection from this address and how to leave it; `undefined` when the address has all of its own. */
  take(address: string): (() => void) | undefined;
}

/** How many connections each address has open; what is forgotten with the last of them is bounded by their number. */
export function openPlaces(ofAddressMax: number): Places {
  const taken = new Map<string, number>();
  return {
    take: (address) => {
      if (loopbackForm.test(address)) return () => undefined;
      const count = taken.get(address) ?? 0;
      if (count >= ofAddressMax) return undefined;
      taken.set(address, count + 1);
      return () => {
        const left = (taken.get(address) ?? 1) - 1;
        if (left === 0) taken.delete(address);
        else taken.set(address, left);
      };
    },
  };
}

const loopbackForm = /^(?:::1|(?:::ffff:)?127\.[0-9.]+)$/;
