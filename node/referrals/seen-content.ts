import { toHex, utf8 } from '../../protocol/bytes.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Consultation, PatientDetails } from '../records/model.ts';
import type { ReferralAttachment } from './compose/input.ts';

/** What a referral takes from the record, and the hospital that will read it. */
export interface SeenContent {
  readonly receiver: { readonly name: string; readonly title: string; readonly url: string };
  readonly details: PatientDetails;
  readonly consultations: readonly Consultation[];
  readonly attachments: readonly ReferralAttachment[];
}

/** Equal for two compositions that say the same of the patient, whatever ids, keys and times they were given. */
export function markOf({ receiver, details, consultations, attachments }: SeenContent): string {
  const files = attachments.map(({ key: _, ...told }) => told);
  const text = JSON.stringify([receiver, details, consultations, files], (_, value: unknown) =>
    value instanceof Uint8Array ? toHex(value) : value,
  );
  return toHex(sha256(utf8(text)));
}

/** Nobody signs what was not shown: fails with `record-changed` when the record says something else by now. */
export function assertSeen(seen: string | undefined, mark: string): void {
  if (seen === undefined || seen === mark) return;
  throw new OperationError(
    'conflict',
    'record-changed',
    'The patient’s record was changed after this preview was made. Nothing was sent: look at it again.',
  );
}
