import type { ReferralId } from '../../../../protocol/ids.ts';
import type { PatientId } from '../../../records/model.ts';
import type { DeskServices } from '../../desk-services.ts';
import type { Visit } from '../../visit.ts';

/** The newest linked referrals whose facts stand on the chart; referrals lists all of them. */
const sourcesMax = 2;

/** What another hospital told of this patient, never mixed with what was told here without its source. */
export interface ForeignFact {
  readonly subject: 'problems' | 'allergies' | 'medicines';
  readonly text: string;
  /** Which hospital said so, as people call it. */
  readonly source: string;
  readonly referral: string;
}

/** The facts of received referrals that a person linked to this patient; each is a look at that referral as well. */
export async function foreignFacts(
  visit: Visit,
  desk: DeskServices,
  patient: PatientId,
): Promise<readonly ForeignFact[]> {
  const facts: ForeignFact[] = [];
  for (const { id, peer } of await desk.timeline.referrals.received(patient, sourcesMax)) {
    const looked = await desk.access.look(visit.user, { kind: 'referral', id }, 'view');
    if (looked.state === 'restricted') continue;
    const { review } = await desk.referrals.show(id as ReferralId);
    const source = desk.directory.find(peer)?.title ?? peer;
    for (const subject of ['problems', 'allergies', 'medicines'] as const)
      for (const { label } of review?.summary[subject].rows ?? [])
        facts.push({ subject, text: label, source, referral: id });
  }
  return facts;
}
