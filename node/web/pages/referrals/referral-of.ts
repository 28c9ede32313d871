import { parseReferralId, type ReferralId } from '../../../../protocol/ids.ts';
import { ProtocolError } from '../../../../protocol/errors.ts';
import type { AccessAct } from '../../../accounts/access.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import type { Actor, ReferralDetail } from '../../../referrals/referrals.ts';
import type { DeskServices } from '../../desk-services.ts';
import type { Visit } from '../../visit.ts';

/** The id that the path names, as a referral's; anything else is a page that does not exist. */
export function referralIdOf(visit: Visit): ReferralId {
  try {
    return parseReferralId(visit.param('referral'));
  } catch (error) {
    if (error instanceof ProtocolError) throw unknownReferral();
    throw error;
  }
}

/**
 * Opens a referral for one act. The access entry is durable before anything of it is read for the page (Node §2). What
 * was sent is a look at our own patient as well.
 */
export async function openReferral(
  visit: Visit,
  desk: DeskServices,
  direction: 'sent' | 'received',
  act: AccessAct,
): Promise<ReferralDetail> {
  const id = referralIdOf(visit);
  await desk.access.note(visit.user, { kind: 'referral', id }, act);
  const patient = direction === 'sent' ? await desk.referralDesk.patientOf(id) : undefined;
  if (patient !== undefined) await desk.access.note(visit.user, { kind: 'patient', id: patient }, act);
  const detail = await desk.referrals.show(id);
  if (detail.direction !== direction) throw unknownReferral();
  if (direction === 'received') await desk.referralDesk.noteOpened(id, actorOf(visit));
  return detail;
}

/** Who acts, as it stands in what is signed. */
export function actorOf(visit: Visit): Actor {
  return { id: visit.user.id, name: visit.user.name };
}

/** A peer as people call it. */
export function titleOf(desk: DeskServices, peer: string): string {
  return desk.directory.find(peer)?.title ?? peer;
}

function unknownReferral(): OperationError {
  return new OperationError('not-found', 'unknown-referral', 'No such referral is held here. Nothing was changed.');
}
