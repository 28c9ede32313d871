import type { Instant } from '../../protocol/instant.ts';

/** How far a peer's clock was from ours when it last answered. */
export interface ClockReading {
  /** Above zero when its clock is ahead of ours; whole seconds are all that answers tell. */
  readonly aheadMs: number;
  /** How wrong `aheadMs` may be: the second that is not told, and half of the way there and back. */
  readonly uncertainMs: number;
  readonly at: Instant;
}

/** What answers told of peers' clocks since this process began; kept by url. */
export interface PeerClocks {
  /** `theirs` is the start of the second that the answer told. */
  note(url: string, theirs: number, asked: Instant, answered: Instant): void;
  find(url: string): ClockReading | undefined;
}

const readingsMax = 1_000;
const halfSecondMs = 500;

export function openPeerClocks(): PeerClocks {
  const readings = new Map<string, ClockReading>();
  return {
    note: (url, theirs, asked, answered) => {
      if (!Number.isFinite(theirs)) return;
      readings.delete(url);
      const oldest = readings.size >= readingsMax ? readings.keys().next().value : undefined;
      if (oldest !== undefined) readings.delete(oldest);
      const wayMs = (answered - asked) / 2;
      const aheadMs = theirs + halfSecondMs - (asked + wayMs);
      readings.set(url, { aheadMs, uncertainMs: halfSecondMs + wayMs, at: answered });
    },
    find: (url) => readings.get(url),
  };
}

/** `agrees`, `3 s ahead`, `12 s behind`: what is within the uncertainty agrees. */
export function skewWords({ aheadMs, uncertainMs }: ClockReading): string {
  const seconds = Math.round(Math.max(0, Math.abs(aheadMs) - uncertainMs) / 1000);
  return seconds === 0 ? 'agrees' : `${seconds} s ${aheadMs > 0 ? 'ahead' : 'behind'}`;
}
