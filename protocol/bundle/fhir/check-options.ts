import type { NodeName, ReferralId } from '../../ids.ts';

/** `base` is FHIR R4 itself; `profile` is also what Fernpost may send and take (Spec bundle §7). */
export type Layer = 'base' | 'profile';

export interface CheckOptions {
  readonly layer: Layer;
  /** The node that must be the destination. */
  readonly receiver?: NodeName;
  /** The node that must be the sender: whose key signed the manifest. */
  readonly sender?: NodeName;
  /** The manifest's kind and referral. */
  readonly kind?: 'referral' | 'event';
  readonly referral?: ReferralId;
  /** The manifest's attachments: the document names exactly these. */
  readonly attachments?: readonly { readonly id: string; readonly size: number }[];
}
