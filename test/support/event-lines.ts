import type { DeskClient } from './desk-client.ts';

export interface LineEvent {
  readonly kind: string;
  readonly id: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
  /** When it was read, in milliseconds of this process. */
  readonly atMs: number;
}

/** What a client hears over `/live`, as it comes (HTML §9.2). */
export interface EventLine extends AsyncDisposable {
  readonly status: number;
  readonly headers: Headers;
  readonly events: readonly LineEvent[];
  /** Everything as it stood on the line. */
  text(): string;
  readonly ended: Promise<void>;
}

export async function listenTo(client: DeskClient, path = '/live', lastId?: number): Promise<EventLine> {
  const stop = new AbortController();
  const headers = lastId === undefined ? {} : { 'last-event-id': String(lastId) };
  const answer = await client.fetch(path, { headers, signal: stop.signal });
  const events: LineEvent[] = [];
  let text = '';
  let rest = '';
  const ended = (async () => {
    try {
      for await (const piece of (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
        text += piece;
        const parts = (rest + piece).split('\n\n');
        rest = parts.pop() ?? '';
        events.push(...parts.map(readEvent));
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
  })();
  ended.catch(() => undefined); // Whoever waits for it is told.
  return {
    status: answer.status,
    headers: answer.headers,
    events,
    text: () => text,
    ended,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
    },
  };
}

function readEvent(block: string): LineEvent {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  return {
    kind: fields.get('event') ?? '',
    id: fields.get('id'),
    data: JSON.parse(fields.get('data') ?? '{}') as Record<string, unknown>,
    atMs: performance.now(),
  };
}
