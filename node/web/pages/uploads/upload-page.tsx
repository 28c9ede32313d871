import { isUuid } from '../../../../protocol/ids.ts';
import type { Consultation, ConsultationId } from '../../../records/model.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, LinkButton, type FormErrors } from '../../components/form.tsx';
import { Notice } from '../../components/panel.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { openPatient, type OpenedPatient } from '../patients/open-patient.ts';
import { ChartBanner } from '../patients/patient-banner.tsx';
import { addPostedFiles } from './posted-files.ts';
import { UnfinishedUploads, UploadForm } from './upload-form.tsx';

/** Adds images, results and documents to one patient; what stopped on its way is listed with how far it is. */
export function showUpload(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'view', (opened) => uploadPage(visit, desk, opened));
}

/** Without script: the files of one form, streamed. */
export function postUpload(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'view', async (opened) => {
    const posted = await addPostedFiles(visit, desk, opened.record);
    return posted instanceof Response ? posted : await uploadPage(visit, desk, opened, posted.errors, posted.stored);
  });
}

async function uploadPage(
  visit: Visit,
  desk: DeskServices,
  opened: OpenedPatient,
  errors: FormErrors = [],
  stored: readonly string[] = [],
): Promise<Answer> {
  const { record } = opened;
  const consultation = await consultationAsked(visit, desk, record.id);
  const uploads = await desk.uploads.list(record.id);
  const title = 'Add images or documents';
  return page(
    { title, scripts: ['upload'], ...(errors.length === 0 ? {} : { status: 422 }) },
    <>
      <ChartBanner
        record={record}
        visit={visit}
        desk={desk}
        heading={false}
        isRestricted={opened.isRestricted}
        brokenUntil={opened.brokenUntil}
      />
      <div class="narrow">
        <ErrorSummary errors={errors} title={stored.length === 0 ? 'Nothing was stored' : 'Not all was stored'} />
        <StoredNotice stored={stored} />
        {visit.query.get('discarded') === '1' ? (
          <Notice tone="blue" role="status" title="The unfinished file was discarded" />
        ) : null}
        <h1>{title}</h1>
        {consultation === undefined ? null : (
          <p>
            For the consultation of <When at={consultation.at} />: <Foreign text={consultation.reason} />
          </p>
        )}
        <UploadForm record={record} once={desk.random.uuid()} consultation={consultation?.id} errors={errors} />
        <p class="actions">
          <LinkButton href={url('patient', { patient: record.id })}>Back to the chart</LinkButton>
        </p>
      </div>
      <UnfinishedUploads uploads={uploads} addHref="#f-guard" />
    </>,
  );
}

function StoredNotice({ stored }: { readonly stored: readonly string[] }) {
  if (stored.length === 0) return null;
  return (
    <Notice
      tone="green"
      role="status"
      title={stored.length === 1 ? 'One file was stored' : `${stored.length} files were stored`}
    >
      <ul>
        {stored.map((title) => (
          <li>
            <Foreign text={title} />
          </li>
        ))}
      </ul>
    </Notice>
  );
}

/** The consultation that the query names, where it is this patient's. */
async function consultationAsked(visit: Visit, desk: DeskServices, patient: string): Promise<Consultation | undefined> {
  const id = visit.query.get('consultation') ?? '';
  if (!isUuid(id)) return undefined;
  const found = await desk.consultations.get(id as ConsultationId);
  return found.patient === patient ? found : undefined;
}
