import type { Instant } from '../../protocol/instant.ts';
import type { Mail } from '../platform/mail.ts';
import type { Person } from './changes.ts';
import type { AlertSubject } from './preview.ts';
import type { SettingValues } from './settings.ts';

export type AlertRow = {
  id: string;
  state: 'queued' | 'sent' | 'failed' | 'acknowledged';
  first: string;
  station: string;
  station_name: string;
  station_telephone: string;
  message_id: string;
  sha256: Uint8Array;
  confirmed_by: string;
  confirmed_name: string;
  confirmed_at: number;
  attempts: number;
  next_at: number;
  trouble_code: string;
  trouble: string;
  sent_at: number | null;
  failed_at: number | null;
  acknowledged_at: number | null;
  acknowledged_by: string | null;
  acknowledged_name: string | null;
  patient_term: Uint8Array | null;
  referral_term: Uint8Array | null;
  data_key: string;
  content: Uint8Array;
};

/** What came of an alert so far. `sentAt` of an acknowledged one is absent when the station was told by telephone. */
export type AlertDelivery =
  | { readonly state: 'queued'; readonly nextTryAt: Instant; readonly trouble: string }
  | { readonly state: 'sent'; readonly sentAt: Instant }
  | { readonly state: 'failed'; readonly failedAt: Instant; readonly trouble: string }
  | {
      readonly state: 'acknowledged';
      readonly acknowledgedAt: Instant;
      readonly by: Person;
      readonly sentAt: Instant | undefined;
    };

/** Why people have to take up the telephone. `unsent` and `unanswered` have lasted longer than the hospital allows. */
export type LoudReason = 'no-mail-server' | 'failed' | 'unsent' | 'unanswered';

export interface Loud {
  readonly why: LoudReason;
  readonly since: Instant;
}

/** An alert without what is sealed in it. */
export interface Alert {
  readonly id: string;
  readonly first: string;
  /** As it was when the alert was confirmed. */
  readonly station: { readonly id: string; readonly name: string; readonly telephone: string };
  readonly confirmedBy: Person;
  readonly confirmedAt: Instant;
  readonly attempts: number;
  readonly messageId: string;
  readonly sha256: Uint8Array;
  readonly delivery: AlertDelivery;
  /** `undefined` while nothing is wrong. */
  readonly loud: Loud | undefined;
}

/** With what only those may see who may see the patient. */
export interface OpenAlert extends Alert {
  readonly mail: Mail;
  readonly caseNumber: string;
  readonly reason: string;
  readonly about: AlertSubject;
}

export interface LoudFacts {
  readonly now: Instant;
  readonly settings: SettingValues;
  readonly hasMailServer: boolean;
  /** The first ids of cases of which some station acknowledged an alert. */
  readonly settled: ReadonlySet<string>;
}

const minuteMs = 60_000;
/** Troubles that do not pass by themselves: nobody has to wait before the banner shows. */
const lastingTroubles: ReadonlySet<string> = new Set(['login-refused', 'no-tls', 'fault']);

export function alertOf(row: AlertRow, facts: LoudFacts): Alert {
  return {
    id: row.id,
    first: row.first,
    station: { id: row.station, name: row.station_name, telephone: row.station_telephone },
    confirmedBy: { id: row.confirmed_by, name: row.confirmed_name },
    confirmedAt: row.confirmed_at as Instant,
    attempts: row.attempts,
    messageId: row.message_id,
    sha256: row.sha256,
    delivery: deliveryOf(row),
    loud: loudOf(row, facts),
  };
}

function deliveryOf(row: AlertRow): AlertDelivery {
  const at = (ms: number | null): Instant => (ms ?? row.confirmed_at) as Instant;
  switch (row.state) {
    case 'queued':
      return { state: 'queued', nextTryAt: row.next_at as Instant, trouble: row.trouble };
    case 'sent':
      return { state: 'sent', sentAt: at(row.sent_at) };
    case 'failed':
      return { state: 'failed', failedAt: at(row.failed_at), trouble: row.trouble };
    case 'acknowledged':
      return {
        state: 'acknowledged',
        acknowledgedAt: at(row.acknowledged_at),
        by: { id: row.acknowledged_by ?? '', name: row.acknowledged_name ?? '' },
        sentAt: row.sent_at === null ? undefined : at(row.sent_at),
      };
  }
}

/** A failure is loud at once, silence after a while, and nothing any more once a station has answered for the case. */
function loudOf(row: AlertRow, { now, settings, hasMailServer, settled }: LoudFacts): Loud | undefined {
  if (row.state === 'acknowledged' || settled.has(row.first)) return undefined;
  if (row.state === 'failed') return { why: 'failed', since: (row.failed_at ?? row.confirmed_at) as Instant };
  if (row.state === 'sent') {
    const sentAt = row.sent_at ?? row.confirmed_at;
    const isLate = now - sentAt >= Number(settings.unansweredMinutes) * minuteMs;
    return isLate ? { why: 'unanswered', since: sentAt as Instant } : undefined;
  }
  const since = row.confirmed_at as Instant;
  if (!hasMailServer) return { why: 'no-mail-server', since };
  const isLate = now - since >= Number(settings.unsentMinutes) * minuteMs;
  return isLate || lastingTroubles.has(row.trouble_code) ? { why: 'unsent', since } : undefined;
}
