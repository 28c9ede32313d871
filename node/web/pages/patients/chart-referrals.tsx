import type { NodeName } from '../../../../protocol/ids.ts';
import type { PatientId } from '../../../records/model.ts';
import type { DatedReferral, ReferralPage, TimelineReferral } from '../../../records/patient-referrals.ts';
import { Section } from '../../components/panel.tsx';
import { DataTable } from '../../components/table.tsx';
import { PriorityMark, StateTag, Tag } from '../../components/tag.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';

export interface ReferralsProps {
  readonly patient: PatientId;
  readonly shown: ReferralPage;
  readonly count: number;
  readonly desk: DeskServices;
}

/** The newest referrals sent or received and linked to this patient; all of them are a page further. */
export function ReferralsSection({ patient, shown: { referrals, earlier }, count, desk }: ReferralsProps) {
  return (
    <Section title={`Referrals (${count})`} id="referrals">
      {referrals.length === 0 ? (
        <p class="quiet">None sent, none received and linked</p>
      ) : (
        <ReferralTable referrals={referrals} desk={desk} />
      )}
      {earlier === undefined ? null : (
        <p>
          <a href={url('patient-referrals', { patient })}>All {count} referrals</a>
        </p>
      )}
    </Section>
  );
}

/** Referrals sent, and those received about whom somebody said that it is this patient; each with where it comes from. */
export function ReferralTable({
  referrals,
  desk,
}: {
  readonly referrals: readonly DatedReferral[];
  readonly desk: DeskServices;
}) {
  return (
    <DataTable
      id="referral-list"
      caption="Referrals"
      hideCaption
      rows={referrals}
      rowKey={({ id, direction }) => `${direction}-${id}`}
      columns={[
        {
          key: 'number',
          label: 'Referral',
          isHeader: true,
          cell: (one) => (
            <>
              <ReferralLink referral={one} />
              <span class="second-line">
                <SourceChip referral={one} desk={desk} />
              </span>
            </>
          ),
        },
        { key: 'state', label: 'State', cell: ({ state }) => <StateTag state={state} /> },
        { key: 'priority', label: 'Priority', cell: ({ priority }) => <PriorityMark priority={priority} /> },
        { key: 'at', label: 'Date', cell: ({ at }) => <When at={at} /> },
      ]}
    />
  );
}

export function ReferralLink({ referral }: { readonly referral: TimelineReferral }) {
  const { id, direction, number } = referral;
  return (
    <a href={direction === 'sent' ? url('sent', { referral: id }) : url('received', { referral: id })}>
      <Foreign text={number} />
    </a>
  );
}

/** Says of what another hospital told that it did (screen 4). */
export function SourceChip({ referral, desk }: { readonly referral: TimelineReferral; readonly desk: DeskServices }) {
  const title = desk.directory.find(referral.peer as NodeName)?.title ?? referral.peer;
  return referral.direction === 'received' ? (
    <Tag tone="violet">
      From <Foreign text={title} />
    </Tag>
  ) : (
    <Tag>
      To <Foreign text={title} />
    </Tag>
  );
}
