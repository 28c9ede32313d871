import type { ReferralTables } from '../store/schema/referrals.ts';
import type { Reader } from '../store/store.ts';
import { composeSending } from './compose-sending.ts';
import { nextNumber, type BeingComposed } from './numbers.ts';
import type { ReferralLine, ReferralPreview, SendReferral } from './referrals.ts';
import { missingItems } from './review/missing.ts';
import { reviewOf } from './review/review.ts';
import type { SendPorts } from './send.ts';
import { isFinalName } from './state.ts';
import { sentOfPatient } from './work-queries.ts';

/** Composes the referral as sending would, and reads it as its receiver will; nothing is stored (screen 6). */
export async function previewReferral(
  ports: SendPorts,
  sending: SendReferral,
  ahead: BeingComposed,
  lineOf: (reader: Reader, row: ReferralTables['referral']) => Promise<ReferralLine>,
): Promise<ReferralPreview> {
  const now = ports.clock.now();
  const made = await composeSending(ports, sending, now, () =>
    ports.store.read((reader) => nextNumber(reader, ports.own.name, 'sent', now, ahead)),
  );
  const open = await ports.store.read(async (reader) => {
    const rows = await reader.all(sentOfPatient, { patient: sending.patient });
    const same = rows.filter((row) => row.peer === made.peer.name && !isFinalName(row.state));
    return Promise.all(same.map((row) => lineOf(reader, row)));
  });
  const documentBytes = made.composed.bytes.length;
  return {
    review: reviewOf(made.sound),
    mark: made.mark,
    documentBytes,
    totalBytes: made.attachments.reduce((sum, { size }) => sum + size, documentBytes),
    missing: missingItems(sending.specialty ?? '', made),
    open,
  };
}
