import type { Attachment, ConsultationId, PatientId } from '../../../records/model.ts';
import { LinkButton } from '../../components/form.tsx';
import { EmptyState, Section } from '../../components/panel.tsx';
import { DataTable } from '../../components/table.tsx';
import { bytesWords, Foreign, When } from '../../components/text.tsx';
import { placeOf } from './other-places.ts';

/** Images and documents, the newest first. */
export function Files({
  patient,
  attachments,
  mayAdd,
}: {
  readonly patient: PatientId;
  readonly attachments: readonly Attachment[];
  readonly mayAdd: boolean;
}) {
  return (
    <Section title={`Images and documents (${attachments.length})`} id="files">
      {attachments.length === 0 ? (
        <EmptyState title="No images or documents yet" />
      ) : (
        <FileTable attachments={attachments} />
      )}
      {mayAdd ? <AddFile patient={patient} /> : null}
    </Section>
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

/** The files of one consultation, in a line. */
export function FileLinks({ files }: { readonly files: readonly Attachment[] }) {
  if (files.length === 0) return null;
  return (
    <ul class="file-links">
      {files.map(({ id, title, size }) => (
        <li>
          <FileLink id={id} title={title} /> <span class="quiet">{bytesWords(size)}</span>
        </li>
      ))}
    </ul>
  );
}

export function FileLink({ id, title }: { readonly id: string; readonly title: string }) {
  const href = placeOf('attachment', { attachment: id });
  return href === undefined ? (
    <Foreign text={title} />
  ) : (
    <a href={href}>
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
  const href = placeOf('upload-new', { patient }, consultation === undefined ? {} : { consultation });
  return href === undefined ? null : <LinkButton href={href}>Add images or documents</LinkButton>;
}
