import { page, type Answer } from '../../answer.ts';
import { LinkButton } from '../../components/form.tsx';
import { Section } from '../../components/panel.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { ConsultationList, filesOfConsultations } from './chart-consultations.tsx';
import { Anamnesis, Bystander, Insurance, PersonalDetails } from './chart-facts.tsx';
import { FileTable } from './chart-files.tsx';
import { openPatient } from './open-patient.ts';
import { ChartBanner } from './patient-banner.tsx';

/** More would be a book: the sheet says what it leaves out. */
const consultationsPrinted = 100;
const filesPrinted = 100;

/** The whole record on paper, with who printed it and when; the journal has it too. */
export function printChart(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'print', async (opened) => {
    const { record } = opened;
    const { consultations, earlier } = await desk.consultations.page(record.id, { limit: consultationsPrinted });
    const files = await desk.attachments.page(record.id, { limit: filesPrinted });
    const fileCount = await desk.attachments.count(record.id);
    const count = await desk.consultations.count(record.id);
    return page(
      { title: 'Patient record, for paper', scripts: ['print'], bare: true },
      <>
        <p class="actions no-print">
          <button type="button" class="button main" data-print hidden>
            Print
          </button>
          <LinkButton href={url('patient', { patient: record.id })}>Back to the chart</LinkButton>
        </p>
        <ChartBanner record={record} visit={visit} desk={desk} />
        <p class="second-line">
          {desk.own.title}. Printed by <Foreign text={visit.user.name} />, <When at={visit.now} />. Personal data: keep
          it safe, destroy it when it is no longer needed.
        </p>
        <PersonalDetails record={record} now={visit.now} />
        <Bystander record={record} />
        <Insurance record={record} />
        <Anamnesis record={record} whole />
        <Section title={`Consultations (${count})`} id="consultations">
          {earlier === undefined ? null : (
            <p>
              The newest {consultationsPrinted} of {count}.
            </p>
          )}
          {count === 0 ? (
            <p class="quiet">None</p>
          ) : (
            <ConsultationList consultations={consultations} files={await filesOfConsultations(desk, consultations)} />
          )}
        </Section>
        <Section title={`Images and documents (${fileCount})`} id="files">
          {files.earlier === undefined ? null : (
            <p>
              The newest {filesPrinted} of {fileCount}.
            </p>
          )}
          {fileCount === 0 ? <p class="quiet">None</p> : <FileTable attachments={files.attachments} />}
        </Section>
      </>,
    );
  });
}
