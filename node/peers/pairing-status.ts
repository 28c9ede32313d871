import { parseBase64Url } from '../../protocol/bytes.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import { invitationIdBytes, sixWords, writeInvitation } from '../../protocol/pairing.ts';
import type { OwnNode } from './own-node.ts';
import type { PairingRow } from './pairing-queries.ts';

/** The steps of a pairing as both administrators see them, in their order. */
export const pairingSteps = ['invitation', 'contact', 'words', 'typed-here', 'typed-there', 'trust'] as const;
export type PairingStepName = (typeof pairingSteps)[number];
export type PairingSide = 'this' | 'network' | 'peer';

export interface PairingStep {
  readonly name: PairingStepName;
  readonly state: 'done' | 'current' | 'waiting' | 'failed';
}

/** Which step failed, on whose side it has to be mended, and with which code. `detail` of the status says it in words. */
export interface PairingFault {
  readonly step: PairingStepName;
  readonly side: PairingSide;
  readonly code: string;
}

/** A pairing, as both administrators see it. */
export interface PairingStatus {
  readonly invitation: string;
  readonly role: 'host' | 'guest';
  readonly peer: string | undefined;
  readonly title: string | undefined;
  readonly url: string | undefined;
  readonly state: 'invited' | 'confirming' | 'paired' | 'ended';
  readonly detail: string;
  /** The six words to read out to the other side. */
  readonly words: readonly string[];
  /** Which of the other side's words to type, counted from 1. */
  readonly type: readonly number[];
  readonly confirmedHere: boolean;
  readonly confirmedThere: boolean;
  readonly expires: Instant;
  readonly steps: readonly PairingStep[];
  readonly fault: PairingFault | undefined;
  /** Runs of this invitation that ended without trust; at three it is over. */
  readonly runs: number;
}

export function statusOf(row: PairingRow): PairingStatus {
  const card = row.role === 'host' ? row.guest_card : row.host_card;
  const isOver = row.step === 'done' || row.step === 'ended';
  const shown = isOver || row.transcript === null ? null : row.transcript;
  return {
    invitation: row.invitation,
    role: row.role,
    peer: row.peer ?? undefined,
    title: card === null ? undefined : /^title (.*)$/m.exec(card)?.[1],
    url: row.peer_url ?? undefined,
    state: row.step === 'done' ? 'paired' : row.step === 'ended' ? 'ended' : shown === null ? 'invited' : 'confirming',
    detail: row.detail,
    words: shown === null ? [] : sixWords(shown),
    type: row.positions === '' ? [] : row.positions.split(' ').map((position) => Number(position) + 1),
    confirmedHere: row.own_confirmed === 1,
    confirmedThere: row.peer_confirmed === 1,
    expires: instantOfMs(row.expires_at),
    steps: stepsOf(row),
    fault: faultOf(row),
    runs: row.runs,
  };
}

/** The host's invitation again, for whoever closed the page that showed it. */
export function linkOf(own: OwnNode, row: PairingRow): string | undefined {
  if (row.role !== 'host' || row.step === 'done' || row.step === 'ended') return undefined;
  const { url, name, identityKey } = own;
  const id = parseBase64Url(row.invitation, invitationIdBytes);
  return writeInvitation({ url, name, identity: identityKey, id, expires: instantOfMs(row.expires_at) });
}

function stepsOf(row: PairingRow): readonly PairingStep[] {
  const isTrusted = row.step === 'done';
  const hasWords = isTrusted || row.step === 'revealed';
  const done: Readonly<Record<PairingStepName, boolean>> = {
    invitation: true,
    contact: hasWords || row.step === 'committed',
    words: hasWords,
    'typed-here': isTrusted || row.own_confirmed === 1,
    'typed-there': isTrusted || row.peer_confirmed === 1,
    trust: isTrusted,
  };
  const open = pairingSteps.filter((name) => !done[name]);
  const fault = faultOf(row)?.step;
  // Both administrators type at the same time: neither waits for the other.
  const isNow = (name: PairingStepName): boolean =>
    row.step !== 'ended' && (name === open[0] || (hasWords && (name === 'typed-here' || name === 'typed-there')));
  return pairingSteps.map((name) => ({
    name,
    state: name === fault ? 'failed' : done[name] ? 'done' : isNow(name) ? 'current' : 'waiting',
  }));
}

function faultOf(row: PairingRow): PairingFault | undefined {
  const step = pairingSteps.find((name) => name === row.fault_step);
  const side = (['this', 'network', 'peer'] as const).find((name) => name === row.fault_side);
  return step === undefined || side === undefined ? undefined : { step, side, code: row.fault_code };
}
