import type { ReferralId } from '../../../../protocol/ids.ts';
import type { PatientId } from '../../../records/model.ts';
import type { DeskServices } from '../../desk-services.ts';
import type { Visit } from '../../visit.ts';

/** The newest linked referrals whose facts stand on the chart; where there are more, it says so. */
export const sourcesMax = 5;

/** What another hospital told of this patient, never mixed with what was told here without its source. */
export interface ForeignFact {
  readonly subject: 'problems' | 'allergies' | 'medicines';
  readonly text: string;
  /** Which hospital said so, as people call it. */
  readonly source: string;
  readonly referral: string;
}

export interface ForeignFacts {
  readonly facts: readonly ForeignFact[];
  /** Whether every linked referral was read: none is older than those, and none closed to this person. */
  readonly isWhole: boolean;
}

/** The facts of received referrals that a person linked to this patient; each is a look at that referral as well. */
export async function foreignFacts(visit: Visit, desk: DeskServices, patient: PatientId): Promise<ForeignFacts> {
  const facts: ForeignFact[] = [];
  const linked = await desk.timeline.referrals.received(patient, sourcesMax + 1);
  let isWhole = linked.length <= sourcesMax;
  for (const { id, peer } of linked.slice(0, sourcesMax)) {
    const looked = await desk.access.look(visit.user, { kind: 'referral', id }, 'view');
    if (looked.state === 'restricted') {
      isWhole = false;
      continue;
    }
    const { review } = await desk.referrals.show(id as ReferralId);
    const source = desk.directory.find(peer)?.title ?? peer;
    for (const subject of ['problems', 'allergies', 'medicines'] as const)
      for (const { label } of review?.summary[subject].rows ?? [])
        facts.push({ subject, text: label, source, referral: id });
  }
  return { facts, isWhole };
}
