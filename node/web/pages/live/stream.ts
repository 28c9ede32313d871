import { utf8 } from '../../../../protocol/bytes.ts';
import { isClinical, type Role } from '../../../accounts/roles.ts';
import type { ChangeKind, Changes } from '../../../live/live.ts';
import type { DeskServices } from '../../desk-services.ts';
import { readCookie, sessionCookieName } from '../../http/session-cookie.ts';
import type { Visit } from '../../visit.ts';
import { takePlace } from './open-streams.ts';

/** So often a line says that it is still there (Node §13.4); a session that ended is noticed then at the latest. */
export const heartbeatMs = 25_000;
/** A browser that reads so little is behind: it is let go, and catches up when it comes back. */
const unreadEventsMax = 64;
const retrySeconds = 30;

const clinicalKinds: readonly ChangeKind[] = ['received', 'emergency', 'sent', 'referral', 'delivery', 'alert'];

/** What somebody with these roles is told of. Ids alone, and yet: who never sees referrals hears nothing of them. */
export function kindsFor(roles: readonly Role[]): readonly ChangeKind[] {
  if (isClinical(roles)) return clinicalKinds;
  return roles.includes('administrator') ? ['peer'] : [];
}

/**
 * The line over which a browser hears of changes (Server-Sent Events, HTML §9.2): `id` is the feed's cursor, and who comes
 * back with one is told what came meanwhile. Events carry kinds and ids; what they mean is fetched with the session, so
 * that rights are looked at again. It ends with the session and with the node.
 */
export async function openStream(visit: Visit, desk: DeskServices): Promise<Response> {
  // Whoever asks for the head alone gets no line: nobody would ever close it.
  if (visit.method === 'HEAD') return new Response(null, { headers: lineHeaders });
  const place = takePlace(desk.live, visit.user.id);
  if (place === undefined)
    return new Response('Too many pages of yours listen already.\n', {
      status: 429,
      headers: { 'retry-after': String(retrySeconds), 'content-type': 'text/plain; charset=utf-8' },
    });
  const line = new AbortController();
  const signal = AbortSignal.any([line.signal, desk.live.ended]);
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        signal.addEventListener('abort', place.leave, { once: true });
        void carry(visit, desk, { controller, signal, end: () => line.abort() });
      },
      cancel: () => line.abort(),
    },
    new CountQueuingStrategy({ highWaterMark: unreadEventsMax }),
  );
  return new Response(body, { headers: lineHeaders });
}

const lineHeaders = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };

interface Line {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly signal: AbortSignal;
  end(): void;
}

async function carry(visit: Visit, desk: DeskServices, { controller, signal, end }: Line): Promise<void> {
  const kinds = kindsFor(visit.user.roles);
  const send = (event: string, data: unknown, id?: number): void => {
    if (signal.aborted) return;
    if ((controller.desiredSize ?? 0) <= 0) return end();
    controller.enqueue(
      utf8(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    );
  };
  const tell = (changes: Changes): void => {
    const told = groupOf(changes, kinds);
    if (changes.missed) send('missed', { at: desk.clock.now() }, changes.cursor);
    else if (Object.keys(told).length > 0) send('change', { at: desk.clock.now(), ...told }, changes.cursor);
  };
  let turn = Promise.resolve();
  /** One after the other, each only while the session holds. */
  const whileSignedIn = (act: () => void): Promise<void> => {
    turn = turn.then(async () => {
      if (signal.aborted) return;
      if (await isStillSignedIn(visit, desk)) return act();
      send('ended', {});
      end();
    });
    return turn;
  };
  try {
    using subscription = await desk.live.subscribe((changes) => void whileSignedIn(() => tell(changes)).catch(end));
    const since = cursorOf(visit);
    send('hello', { at: desk.clock.now() }, since === undefined ? subscription.cursor : undefined);
    if (since !== undefined) tell(await desk.live.since(since));
    while (!signal.aborted) {
      await desk.clock.sleep(heartbeatMs, signal);
      await whileSignedIn(() => send('beat', { at: desk.clock.now() }));
    }
  } catch (error) {
    if (!signal.aborted) desk.diagnostics.error('live-line-failed', error);
  } finally {
    end();
    try {
      controller.close();
    } catch {
      // The browser closed it first.
    }
  }
}

/** Each kind with the ids that changed, once each. */
function groupOf({ changes }: Changes, kinds: readonly ChangeKind[]): Readonly<Record<string, readonly string[]>> {
  const told = new Map<ChangeKind, Set<string>>();
  for (const { kind, subject } of changes) {
    if (!kinds.includes(kind)) continue;
    told.set(kind, (told.get(kind) ?? new Set()).add(subject));
  }
  return Object.fromEntries([...told].map(([kind, subjects]) => [kind, [...subjects]]));
}

async function isStillSignedIn(visit: Visit, desk: DeskServices): Promise<boolean> {
  const token = readCookie(visit.header('cookie'), sessionCookieName(desk.own.name));
  const session = token === undefined ? undefined : await desk.accounts.sessionOf(token, { quietly: true });
  return session?.state === 'live' && session.step === 'done';
}

/** Where the browser's last line ended, or what the page shows that it begins on. */
function cursorOf(visit: Visit): number | undefined {
  const text = visit.header('last-event-id') ?? visit.query.get('since') ?? '';
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}
