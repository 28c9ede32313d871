import { sniffedType } from '../../../records/attachments/content-type.ts';
import { readDicomFacts } from '../../../records/dicom-facts.ts';
import type { Attachment, PatientRecord } from '../../../records/model.ts';
import { page, type Answer } from '../../answer.ts';
import { LinkButton } from '../../components/form.tsx';
import { Facts, Notice, Section } from '../../components/panel.tsx';
import { bytesWords, Foreign, shown, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { ChartBanner } from '../patients/patient-banner.tsx';
import { DicomHeader } from './dicom-header.tsx';
import { isShown, openAttachment, readHead } from './open-attachment.ts';

const dicomType = 'application/dicom';

/** One file of a patient: drawn where that is safe, else what is known of it; always to be downloaded as it is stored. */
export function showAttachment(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openAttachment(visit, desk, 'view', async (attachment) => {
    const record = await desk.patients.get(attachment.patient);
    const head = await readHead(desk, attachment);
    const isRestricted = await desk.access.isRestricted({ kind: 'patient', id: record.id });
    return page(
      { title: 'File of a patient' },
      <>
        <ChartBanner record={record} visit={visit} desk={desk} heading={false} isRestricted={isRestricted} />
        <h1>
          <Foreign text={attachment.title} />
        </h1>
        <OtherThanDeclared attachment={attachment} head={head} />
        <Picture attachment={attachment} />
        {sniffedType(head) === dicomType ? (
          <Section title="What the image says" id="dicom">
            <DicomHeader facts={readDicomFacts(head)} details={record.details} />
          </Section>
        ) : null}
        <FileFacts attachment={attachment} record={record} />
      </>,
    );
  });
}

function Picture({ attachment }: { readonly attachment: Attachment }) {
  if (!isShown(attachment)) return null;
  return (
    <figure class="picture">
      <img src={url('attachment-image', { attachment: attachment.id })} alt={`Image: ${shown(attachment.title)}`} />
      <figcaption class="quiet">Not for primary diagnosis.</figcaption>
    </figure>
  );
}

/** Said where the bytes are something else than the type that was declared. */
function OtherThanDeclared({ attachment, head }: { readonly attachment: Attachment; readonly head: Uint8Array }) {
  const found = sniffedType(head);
  const { contentType, downloadOnly } = attachment;
  if (!downloadOnly) return null;
  const isOther = found !== undefined && found !== contentType;
  return (
    <Notice tone={isOther ? 'amber' : 'blue'} title="This file is a download only">
      <p>
        {isOther
          ? `It was declared as ${contentType}, and its bytes are ${found}. Open it only if you know where it comes from.`
          : 'Files of this type are not shown here. Open it only if you know where it comes from.'}
      </p>
    </Notice>
  );
}

function FileFacts({ attachment, record }: { readonly attachment: Attachment; readonly record: PatientRecord }) {
  const { id, contentType, size, createdAt, sha256, consultation } = attachment;
  const patient = record.id;
  return (
    <Section title="The file" id="file">
      <Facts
        facts={[
          { term: 'Type', value: <Foreign text={contentType} /> },
          { term: 'Size', value: bytesWords(size) },
          { term: 'Added', value: <When at={createdAt} /> },
          ...(consultation === undefined
            ? []
            : [
                {
                  term: 'Belongs to',
                  value: <a href={url('consultation', { patient, consultation })}>a consultation</a>,
                },
              ]),
          { term: 'SHA-256', value: <code class="digest">{sha256.toHex()}</code> },
        ]}
      />
      <p class="actions">
        <LinkButton href={url('attachment-file', { attachment: id })} tone="main">
          Download
        </LinkButton>
        <LinkButton href={url('patient', { patient })}>Back to the chart</LinkButton>
      </p>
    </Section>
  );
}
