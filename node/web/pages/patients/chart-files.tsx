import type { Upload } from '../../../records/attachments/sealed-upload.ts';
import type { AttachmentPage } from '../../../records/attachments.ts';
import type { Attachment, ConsultationId, PatientId } from '../../../records/model.ts';
import { LinkButton } from '../../components/form.tsx';
import { EmptyState, Section } from '../../components/panel.tsx';
import { DataTable } from '../../components/table.tsx';
import { bytesWords, Foreign, shown, When } from '../../components/text.tsx';
import { url } from '../../urls.ts';
import { isShown } from '../uploads/open-attachment.ts';
import { UnfinishedUploads } from '../uploads/upload-form.tsx';

export interface FilesProps {
  readonly patient: PatientId;
  readonly shown: AttachmentPage;
  readonly count: number;
  /** Files that stopped on their way. */
  readonly unfinished: readonly Upload[];
  readonly mayAdd: boolean;
}

/** So many of the newest images stand as pictures. */
const picturesMax = 8;
/** A picture is its whole file: what is larger is opened by its link. */
const pictureBytesMax = 3_000_000;

/** The newest images and documents, and what is still on its way; all of them are a page further. */
export function Files({ patient, shown: { attachments, earlier }, count, unfinished, mayAdd }: FilesProps) {
  return (
    <>
      <Section title={`Images and documents (${count})`} id="files">
        <Pictures attachments={attachments} />
        {attachments.length === 0 ? (
          <EmptyState title="No images or documents yet" />
        ) : (
          <FileTable attachments={attachments} />
        )}
        {earlier === undefined ? null : (
          <p>
            <a href={url('patient-files', { patient })}>All {count} images and documents</a>
          </p>
        )}
        {mayAdd ? <AddFile patient={patient} /> : null}
      </Section>
      {mayAdd ? <UnfinishedUploads uploads={unfinished} addHref={url('upload-new', { patient })} /> : null}
    </>
  );
}

/** The pictures that a browser may draw, each with its title. */
export function Pictures({ attachments }: { readonly attachments: readonly Attachment[] }) {
  const pictures = attachments.filter((one) => isShown(one) && one.size <= pictureBytesMax).slice(0, picturesMax);
  if (pictures.length === 0) return null;
  return (
    <ul class="pictures">
      {pictures.map(({ id, title }) => (
        <li>
          <a href={url('attachment', { attachment: id })}>
            <img src={url('attachment-image', { attachment: id })} alt={`Image: ${shown(title)}`} loading="lazy" />
          </a>
        </li>
      ))}
    </ul>
  );
}

export function FileTable({ attachments }: { readonly attachments: readonly Attachment[] }) {
  return (
    <DataTable
      id="file-list"
      caption="Images and documents"
      hideCaption
      rows={attachments}
      rowKey={({ id }) => id}
      columns={[
        { key: 'title', label: 'Title', isHeader: true, cell: ({ id, title }) => <FileLink id={id} title={title} /> },
        { key: 'type', label: 'Type', cell: ({ contentType }) => <Foreign text={contentType} /> },
        { key: 'size', label: 'Size', align: 'end', cell: ({ size }) => bytesWords(size) },
        { key: 'at', label: 'Added', cell: ({ createdAt }) => <When at={createdAt} /> },
      ]}
    />
  );
}

/** The newest files of one consultation, in a line; `more` is where the others are. */
export function FileLinks({ files, more }: { readonly files: AttachmentPage | undefined; readonly more: string }) {
  if (files === undefined || files.attachments.length === 0) return null;
  return (
    <ul class="file-links">
      {files.attachments.map(({ id, title, size }) => (
        <li>
          <FileLink id={id} title={title} /> <span class="quiet">{bytesWords(size)}</span>
        </li>
      ))}
      {files.earlier === undefined ? null : (
        <li>
          <a href={more}>More files of this consultation</a>
        </li>
      )}
    </ul>
  );
}

export function FileLink({ id, title }: { readonly id: string; readonly title: string }) {
  return (
    <a href={url('attachment', { attachment: id })}>
      <Foreign text={title} />
    </a>
  );
}

/** Leads to where files are added: to the patient, or to one consultation. */
export function AddFile({
  patient,
  consultation,
}: {
  readonly patient: PatientId;
  readonly consultation?: ConsultationId;
}) {
  const href = url('upload-new', { patient }, consultation === undefined ? {} : { consultation });
  return <LinkButton href={href}>Add images or documents</LinkButton>;
}
