import { formatInstant, type Instant } from '../../protocol/instant.ts';
import { writeLocalRecord } from '../../protocol/log/record.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { Store } from '../store/store.ts';
import type { Sequencer } from './sequencer.ts';

/** An auditor's looks at the log: each is itself a `local` leaf, durable before anything is shown (Spec §5.8). */
export interface Looks {
  /** `by` and `asked` stand in the record of the look; other than plain ASCII in them is written as a question mark. */
  note(by: string, asked: string): Promise<void>;
  /** The same, and nothing where the same person asked the same within the last minute: a page and its script ask twice. */
  noteOnce(by: string, asked: string): Promise<void>;
}

export interface LooksPorts {
  readonly store: Store;
  readonly log: Pick<Sequencer, 'queue'>;
  readonly clock: Clock;
  readonly random: Random;
}

const saltBytes = 32;
const memberLettersMax = 100;
const holdsMs = 60_000;
const heldMax = 1_000;

export function openLooks({ store, log, clock, random }: LooksPorts): Looks {
  const held = new Map<string, Instant>();
  const note: Looks['note'] = async (by, asked) => {
    const members = { by: ascii(by), query: ascii(asked), at: formatInstant(clock.now()) };
    const record = writeLocalRecord({ kind: 'audit', salt: random.bytes(saltBytes), members });
    await store.write(async (writer) => log.queue(writer, { type: 'local', record }), { essential: true });
  };
  return {
    note,
    noteOnce: async (by, asked) => {
      const key = `${by}\n${asked}`;
      const before = held.get(key);
      const now = clock.now();
      if (before !== undefined && before <= now && now - before < holdsMs) return;
      await note(by, asked);
      held.delete(key);
      const oldest = held.size >= heldMax ? held.keys().next().value : undefined;
      if (oldest !== undefined) held.delete(oldest);
      held.set(key, now);
    },
  };
}

function ascii(text: string): string {
  return text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?').slice(0, memberLettersMax);
}
