import type { Upload } from '../../../records/attachments/sealed-upload.ts';
import type { ConsultationId, PatientRecord } from '../../../records/model.ts';
import { fieldId } from '../../components/field-parts.tsx';
import { Field, Hidden, Submit, type FormErrors } from '../../components/form.tsx';
import { Section } from '../../components/panel.tsx';
import { DataTable } from '../../components/table.tsx';
import { bytesWords, Foreign, shown, When } from '../../components/text.tsx';
import { multipartBytesMax, multipartFileBytesMax } from '../../http/multipart.ts';
import { url } from '../../urls.ts';
import { guardQuestion } from './wrong-patient-guard.ts';

export interface UploadFormProps {
  readonly record: PatientRecord;
  /** `desk.random.uuid()`: the same form sent twice stores its files once. */
  readonly once: string;
  readonly consultation?: ConsultationId | undefined;
  readonly errors?: FormErrors;
}

/**
 * Adds files to a patient. With scripts (`upload` among the page's modules) they go in pieces and survive a lost connection;
 * without, they go at once, up to 64 MiB each.
 */
export function UploadForm({ record, once, consultation, errors = [] }: UploadFormProps) {
  const { label, hint } = guardQuestion(record.details);
  const query = { once, ...(consultation === undefined ? {} : { consultation }) };
  return (
    <form
      method="post"
      action={url('upload-add', { patient: record.id }, query)}
      enctype="multipart/form-data"
      class="upload"
      data-draft="off"
      data-upload={url('upload-begin')}
      data-patient={record.id}
      data-consultation={consultation}
    >
      <Field name="guard" label={label} hint={hint} width="short" required autocomplete="off" errors={errors} />
      <div class="drop" data-drop>
        <FileField errors={errors} />
        <p class="hint drop-hint" hidden>
          Or drop files here.
        </p>
      </div>
      {consultation === undefined ? null : <Hidden name="consultation" value={consultation} />}
      <p class="actions">
        <Submit>Add to this patient</Submit>
      </p>
      <ul class="upload-list" data-upload-list aria-label="Files on their way" />
    </form>
  );
}

function FileField({ errors }: { readonly errors: FormErrors }) {
  const hint = (
    <>
      Images, DICOM, PDF, anything else.
      <span class="without-script">
        {' '}
        Each up to {multipartFileBytesMax / 1024 ** 2} MiB here, together {multipartBytesMax / 1024 ** 2} MiB; larger
        ones need scripts.
      </span>
    </>
  );
  return <Field name="file" type="file" label="Files" hint={hint} required multiple errors={errors} />;
}

/** The id of the file field, for a link that leads to it. */
export const fileFieldId = fieldId('file');

export interface UnfinishedUploadsProps {
  readonly uploads: readonly Upload[];
  /** Leads to where the same file is chosen again. */
  readonly addHref: string;
}

/** Files that stopped on their way: how far each is, and how it goes on (Node §13.5). Nothing where there is none. */
export function UnfinishedUploads({ uploads, addHref }: UnfinishedUploadsProps) {
  if (uploads.length === 0) return null;
  return (
    <Section title={`Unfinished files (${uploads.length})`} id="unfinished">
      <p>
        What has come is kept. <a href={addHref}>Choose the same file again</a> and it goes on from there.
      </p>
      <DataTable
        id="unfinished-list"
        caption="Unfinished files"
        hideCaption
        rows={uploads}
        rowKey={({ id }) => id}
        columns={[
          { key: 'title', label: 'File', isHeader: true, cell: ({ title }) => <Foreign text={title} /> },
          { key: 'state', label: 'So far', cell: (upload) => <SoFar upload={upload} /> },
          { key: 'by', label: 'Begun by', cell: ({ by }) => <Foreign text={by.name} /> },
          { key: 'until', label: 'Kept until', cell: ({ expiresAt }) => <When at={expiresAt} /> },
          { key: 'discard', label: 'Discard', cell: (upload) => <Discard upload={upload} /> },
        ]}
      />
    </Section>
  );
}

function SoFar({ upload }: { readonly upload: Upload }) {
  const percent = Math.floor((upload.received / upload.size) * 100);
  return (
    <>
      <progress max={100} value={percent} aria-label={`${percent} % of ${shown(upload.title)}`} />{' '}
      <span class="nowrap">
        {percent} % of {bytesWords(upload.size)}
      </span>
    </>
  );
}

function Discard({ upload }: { readonly upload: Upload }) {
  return (
    <form method="post" action={url('upload-discard', { upload: upload.id })} data-draft="off">
      <button type="submit" class="button second" aria-label={`Discard ${shown(upload.title)}`}>
        Discard
      </button>
    </form>
  );
}
