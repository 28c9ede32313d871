import { sha256 } from '../../protocol/crypto/hash.ts';
import { equalBytes } from '../../protocol/bytes.ts';
import { idleBodyMs } from '../../protocol/http/limits.ts';
import type { Clock } from '../platform/clock.ts';
import type { ByteStream } from '../platform/files.ts';
import { Refusal } from '../referrals/answers.ts';

/** A request as it came from the wire: nothing in it has been looked at. */
export interface IncomingRequest {
  readonly method: string;
  /** Raw request target: path and query, undecoded. */
  readonly target: string;
  /** Name, value, name, value, … as they stood in the message. */
  readonly rawHeaders: readonly string[];
  readonly body: ByteStream;
  readonly remoteAddress: string;
}

export interface OutgoingAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export const nothing = new Uint8Array(0);

/** What a stranger gets for everything: the same bytes, whatever was wrong (Spec §3). */
export const strangersAnswer: OutgoingAnswer = { status: 401, headers: { 'content-length': '0' }, body: nothing };

export function emptyAnswer(status: number): OutgoingAnswer {
  return { status, headers: { 'content-length': '0' }, body: nothing };
}

export function plainAnswer(
  status: number,
  type: string,
  body: Uint8Array,
  more: Record<string, string> = {},
): OutgoingAnswer {
  const headers = {
    'content-type': type,
    'content-length': String(body.length),
    'x-content-type-options': 'nosniff',
    ...more,
  };
  return { status, headers, body };
}

/** The whole body, of exactly the announced length and the signed SHA-256; nothing of it is parsed before (Spec §3). */
export async function readBody(
  body: ByteStream,
  announced: number,
  signedSha256: Uint8Array | undefined,
  clock: Clock,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(announced);
  let size = 0;
  for await (const piece of withIdleLimit(body, clock)) {
    if (size + piece.length > announced) throw new Refusal('NET_DIGEST');
    bytes.set(piece, size);
    size += piece.length;
  }
  if (size !== announced || (signedSha256 !== undefined && !equalBytes(sha256(bytes), signedSha256)))
    throw new Refusal('NET_DIGEST');
  return bytes;
}

/** Passes a body on and ends it when it stands still: a slow sender holds no place for ever (Node §6). */
export async function* withIdleLimit(body: ByteStream, clock: Clock): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  const watch = watchStillness(clock);
  let isStill = false;
  try {
    for (;;) {
      const next = await nextWithin(iterator, watch);
      if (next === 'late') {
        isStill = true;
        throw new Refusal('SEND_SLOW');
      }
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    watch.end();
    // A body that stands still would answer its own end only after the piece that never comes.
    const ended = iterator.return?.();
    if (isStill) ended?.catch(() => undefined);
    else await ended;
  }
}

interface StillnessWatch {
  /** Settles when one wait has lasted too long. */
  readonly late: Promise<'late'>;
  /** Between a piece and the question for the next one the sender keeps nobody waiting. */
  waits(isWaiting: boolean): void;
  end(): void;
}

/** One sleeper for a whole body: a timer for each piece costs more than reading it. */
function watchStillness(clock: Clock): StillnessWatch {
  const stop = new AbortController();
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  let sinceMs: number | undefined;
  const watch = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const leftMs = sinceMs === undefined ? idleBodyMs : sinceMs + idleBodyMs - clock.elapsedMs();
      if (leftMs <= 0) return resolve('late');
      await clock.sleep(leftMs, stop.signal);
    }
  };
  void watch();
  return {
    late,
    waits: (isWaiting) => {
      sinceMs = isWaiting ? clock.elapsedMs() : undefined;
    },
    end: () => stop.abort('over'),
  };
}

async function nextWithin(
  iterator: AsyncIterator<Uint8Array>,
  watch: StillnessWatch,
): Promise<IteratorResult<Uint8Array> | 'late'> {
  watch.waits(true);
  const next = iterator.next().catch((cause: unknown) => {
    // The connection broke, or a proxy ended the body too early: it is not the one that was signed.
    throw new Refusal('NET_DIGEST', { detail: 'the body broke off' }, { cause });
  });
  const first = await Promise.race([next, watch.late]);
  watch.waits(false);
  if (first === 'late') next.catch(() => undefined); // The body is given up: what it fails with later is of no interest.
  return first;
}
