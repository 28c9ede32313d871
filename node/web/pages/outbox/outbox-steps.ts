import type { BundleLine, OutboxLine } from '../../../referrals/outbox-list.ts';

/** One step of the parcel line: done only where something proves it (screen 7). */
export interface ParcelStep {
  readonly label: string;
  readonly state: 'done' | 'current' | 'waiting' | 'failed';
  readonly at: number | undefined;
  /** What the other hospital signed for it: its receipt for ours, or its own message. */
  readonly proof: 'receipt' | 'signed' | undefined;
}

const decisions: Readonly<Record<string, string>> = {
  'referral-accepted': 'Accepted',
  'referral-rejected': 'Declined',
};

/** Prepared → Encrypted → Delivered → Decided → Report; "Delivered" is said only with the receiver's receipt. */
export function parcelSteps(line: OutboxLine): readonly ParcelStep[] {
  const parcel = parcelOf(line);
  const isEncrypted = parcel !== undefined && parcel.state !== 'preparing';
  const isDelivered = parcel?.state === 'delivered' && parcel.hasReceipt;
  const isOver = parcel !== undefined && !isDelivered && parcel.doneAt !== undefined;
  const decided = line.answers.findLast(({ event }) => decisions[event] !== undefined);
  const report = line.answers.findLast(({ event }) => event === 'referral-completed');
  const isAsked = line.state === 'info-requested';
  const made: readonly ParcelStep[] = [
    { label: 'Prepared', state: 'done', at: undefined, proof: undefined },
    { label: 'Encrypted', state: isEncrypted ? 'done' : 'waiting', at: undefined, proof: undefined },
    {
      label: isOver ? endWords(parcel) : isDelivered ? 'Delivered' : 'Delivery',
      state: isDelivered ? 'done' : isOver ? 'failed' : 'waiting',
      at: parcel?.doneAt,
      proof: parcel?.hasReceipt === true ? 'receipt' : undefined,
    },
    {
      label: decided === undefined ? (isAsked ? 'Information asked' : 'Decision') : (decisions[decided.event] ?? ''),
      state: decided === undefined ? 'waiting' : 'done',
      at: decided?.at,
      proof: decided === undefined ? undefined : 'signed',
    },
    {
      label: 'Report',
      state: report === undefined ? 'waiting' : 'done',
      at: report?.at,
      proof: report === undefined ? undefined : 'signed',
    },
  ];
  if (isOver || line.group === 'closed') return made;
  const next = made.findIndex(({ state }) => state === 'waiting');
  return made.map((step, i) => (i === next ? { ...step, state: 'current' } : step));
}

/** The bundle that carries the referral: the newest, since one may be sealed anew. */
export function parcelOf({ bundles }: Pick<OutboxLine, 'bundles'>): BundleLine | undefined {
  return bundles.findLast(({ kind }) => kind === 'referral');
}

/** What is on its way beside the referral itself: withdrawals and other events of ours that have not arrived. */
export function otherUnderway({ bundles }: Pick<OutboxLine, 'bundles'>): readonly BundleLine[] {
  return bundles.filter(
    ({ kind, doneAt, state }) => kind !== 'referral' && (doneAt === undefined || state !== 'delivered'),
  );
}

function endWords({ state }: BundleLine): string {
  if (state === 'refused') return 'Refused';
  return state === 'withdrawn' ? 'Taken back' : 'Set aside';
}
