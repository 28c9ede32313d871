import type { Mail } from '../../../platform/mail.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import type { PatientId } from '../../../records/model.ts';
import { Notice, Section } from '../../components/panel.tsx';
import { Foreign } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { Visit } from '../../visit.ts';
import { MailView } from '../alerts/alert-preview.tsx';
import { caseOf } from '../alerts/alert-subject.ts';

export interface PolicePreviewProps {
  readonly visit: Visit;
  readonly desk: DeskServices;
  readonly patient: PatientId;
}

type ProposedProps = PolicePreviewProps & { readonly station: string };

/**
 * What a police case says to the police, before the referral is signed (screen 6): the mail that would go to the nearest
 * station. It is composed and not kept; the alert is confirmed by itself, after the referral has left (Node §8 rule 4).
 */
export async function PolicePreview({ visit, desk, patient }: PolicePreviewProps) {
  const [nearest] = await desk.stations.nearest();
  return (
    <Section title="The mail to the police" id="police-mail">
      {nearest === undefined ? (
        <Notice tone="amber" title="There is no police station in the list">
          <p>Telephone the police. An administrator adds stations under Stations.</p>
        </Notice>
      ) : (
        <>
          <p>
            To <Foreign text={nearest.station.name} />, the nearest station. It says no name and no diagnosis. Signing
            the referral does not send it: the page of the referral leads to it, where station and case number can be
            changed and you confirm it.
          </p>
          <Proposed visit={visit} desk={desk} patient={patient} station={nearest.station.id} />
        </>
      )}
    </Section>
  );
}

async function Proposed(props: ProposedProps) {
  const proposed = await mailOf(props);
  if ('mail' in proposed) return <MailView mail={proposed.mail} />;
  return (
    <Notice tone="amber" title="There is no such mail yet">
      <p>{proposed.why}</p>
    </Notice>
  );
}

/** Whatever keeps the mail from being composed is said, and keeps nobody from signing the referral. */
async function mailOf(props: ProposedProps): Promise<{ readonly mail: Mail } | { readonly why: string }> {
  const { visit, desk, patient, station } = props;
  const { about, caseNumber, recordTexts } = await caseOf(desk, { patient });
  try {
    const previewed = await desk.alerts.preview({
      by: { id: visit.user.id, name: visit.user.name },
      station,
      caseNumber: caseNumber || (await desk.alerts.proposeCaseNumber()),
      reason: 'shown with a referral',
      about,
      recordTexts,
    });
    if (previewed.state === 'shown') return { mail: previewed.preview.mail };
    const faults = previewed.faults.map(({ message }) => message).join('; ');
    return { why: `Its case number ${faults}. You are asked for another.` };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { why: error.message };
  }
}
