import { page, type Answer } from '../../answer.ts';
import { LinkButton } from '../../components/form.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { CaseAlerts } from '../alerts/case-alerts.tsx';
import { Anamnesis, Bystander, Insurance, KeyFacts, PersonalDetails } from './chart-facts.tsx';
import { ConsultationsSection, filesOfConsultations } from './chart-consultations.tsx';
import { foreignFacts } from './chart-foreign.ts';
import { Files } from './chart-files.tsx';
import { ReferralsSection } from './chart-referrals.tsx';
import { openPatient, type OpenedPatient } from './open-patient.ts';
import { ChartBanner } from './patient-banner.tsx';
import { TimelineList } from './timeline.tsx';

/** What a chart opens at once; the rest is a page further (200 ms at 1,000 consultations). */
const consultationsShown = 10;
const timelineShown = 15;
const filesShown = 20;
const referralsShown = 10;

/** All that is known of one patient, what matters first (screen 4). */
export function showChart(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'view', (opened) => chartPage(visit, desk, opened));
}

async function chartPage(visit: Visit, desk: DeskServices, opened: OpenedPatient): Promise<Answer> {
  const { record } = opened;
  const patient = record.id;
  const mayWrite = visit.is('doctor', 'nurse');
  const consultations = await desk.consultations.page(patient, { limit: consultationsShown });
  const count =
    consultations.earlier === undefined ? consultations.consultations.length : await desk.consultations.count(patient);
  const files = await desk.attachments.page(patient, { limit: filesShown });
  const fileCount = await desk.attachments.count(patient);
  const unfinished = mayWrite ? await desk.uploads.list(patient) : [];
  const referrals = await desk.timeline.referrals.page(patient, { limit: referralsShown });
  const referralCount = await desk.timeline.referrals.count(patient);
  const foreign = await foreignFacts(visit, desk, patient);
  const timeline = await desk.timeline.page(patient, { limit: timelineShown });
  return page(
    { title: 'Patient' },
    <>
      <ChartBanner
        record={record}
        visit={visit}
        desk={desk}
        isRestricted={opened.isRestricted}
        brokenUntil={opened.brokenUntil}
        foreign={foreign}
      />
      <Actions visit={visit} opened={opened} />
      <div class="two-columns">
        <div>
          <KeyFacts record={record} consultations={consultations.consultations} foreign={foreign} />
          <ConsultationsSection
            patient={patient}
            shown={consultations}
            count={count}
            files={await filesOfConsultations(desk, consultations.consultations)}
            mayWrite={mayWrite}
          />
          <Files patient={patient} shown={files} count={fileCount} unfinished={unfinished} mayAdd={mayWrite} />
          <ReferralsSection patient={patient} shown={referrals} count={referralCount} desk={desk} />
          <Anamnesis record={record} />
        </div>
        <div>
          <PersonalDetails record={record} now={visit.now} />
          <Bystander record={record} />
          <Insurance record={record} />
          <CaseAlerts about={{ patient }} visit={visit} desk={desk} />
          <TimelineList
            patient={patient}
            entries={timeline.entries}
            hasMore={timeline.earlier !== undefined}
            desk={desk}
          />
          <RecordLinks visit={visit} patient={patient} />
        </div>
      </div>
    </>,
  );
}

function Actions({ visit, opened }: { readonly visit: Visit; readonly opened: OpenedPatient }) {
  const patient = opened.record.id;
  return (
    <p class="actions">
      {visit.is('doctor', 'nurse') ? (
        <LinkButton href={url('consultation-new', { patient })} tone="main">
          New consultation
        </LinkButton>
      ) : null}
      {visit.is('doctor') ? <LinkButton href={url('referral-new', {}, { patient })}>Refer</LinkButton> : null}
      {opened.record.details.policeCase && visit.is('doctor', 'coordinator') ? (
        <LinkButton href={url('alert-new', {}, { patient })}>Tell the police</LinkButton>
      ) : null}
      {visit.is('doctor', 'nurse') ? <LinkButton href={url('patient-edit', { patient })}>Edit</LinkButton> : null}
      <LinkButton href={url('patient-print', { patient })}>Print</LinkButton>
      {visit.is('doctor', 'nurse') ? (
        <LinkButton href={url('patient-csv', { patient }, { form: 'spreadsheet' })}>CSV</LinkButton>
      ) : null}
    </p>
  );
}

function RecordLinks({ visit, patient }: { readonly visit: Visit; readonly patient: string }) {
  return (
    <nav class="panel" aria-label="About this record">
      <ul>
        <li>
          <a href={url('patient-versions', { patient })}>Who changed what</a>
        </li>
        {visit.is('doctor', 'nurse') ? (
          <li>
            <a href={url('patient-csv', { patient }, { form: 'interchange' })}>CSV for other programs</a>
          </li>
        ) : null}
        {visit.is('doctor') ? (
          <li>
            <a href={url('patient-restriction', { patient })}>Who may open this record</a>
          </li>
        ) : null}
        {visit.is('doctor', 'nurse') ? (
          <li>
            <a href={url('patient-mistake', { patient })}>Registered by mistake</a>
          </li>
        ) : null}
      </ul>
    </nav>
  );
}
