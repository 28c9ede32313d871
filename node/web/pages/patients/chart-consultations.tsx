import type { Attachment, Consultation, PatientId } from '../../../records/model.ts';
import type { ConsultationPage } from '../../../records/consultations.ts';
import { LinkButton } from '../../components/form.tsx';
import { EmptyState, Section } from '../../components/panel.tsx';
import { Tag } from '../../components/tag.tsx';
import { Foreign, ForeignLines, When } from '../../components/text.tsx';
import { url } from '../../urls.ts';
import { FileLinks } from './chart-files.tsx';
import { changeWords, classWords } from './patient-words.ts';

export interface ConsultationsProps {
  readonly patient: PatientId;
  readonly shown: ConsultationPage;
  readonly count: number;
  readonly attachments: readonly Attachment[];
  readonly mayWrite: boolean;
}

/** The newest consultations; the earlier ones are a page further. */
export function ConsultationsSection({ patient, shown, count, attachments, mayWrite }: ConsultationsProps) {
  const { consultations, earlier } = shown;
  return (
    <Section title={`Consultations (${count})`} id="consultations">
      {consultations.length === 0 ? (
        <EmptyState title="No consultations yet">
          {mayWrite ? <LinkButton href={url('consultation-new', { patient })}>New consultation</LinkButton> : null}
        </EmptyState>
      ) : (
        <ConsultationList consultations={consultations} attachments={attachments} />
      )}
      {earlier === undefined ? null : (
        <p>
          <a href={url('consultations', { patient }, { before: `${earlier.at}.${earlier.id}` })}>
            The {count - consultations.length} before these
          </a>
        </p>
      )}
    </Section>
  );
}

export function ConsultationList({
  consultations,
  attachments,
}: {
  readonly consultations: readonly Consultation[];
  readonly attachments: readonly Attachment[];
}) {
  return (
    <ol class="events">
      {consultations.map((one) => (
        <li>
          <ConsultationBrief consultation={one} files={attachments.filter((file) => file.consultation === one.id)} />
        </li>
      ))}
    </ol>
  );
}

function ConsultationBrief({
  consultation,
  files,
}: {
  readonly consultation: Consultation;
  readonly files: readonly Attachment[];
}) {
  const { id, patient, change } = consultation;
  return (
    <article>
      <h3>
        <a href={url('consultation', { patient, consultation: id })}>
          <When at={consultation.at} />
        </a>{' '}
        <Tag tone={consultation.encounterClass === 'EMER' ? 'red' : 'plain'}>
          {classWords[consultation.encounterClass]}
        </Tag>{' '}
        {change === undefined ? null : <Tag tone="amber">{changeWords[change.kind]}</Tag>}
      </h3>
      <ConsultationText consultation={consultation} />
      <FileLinks files={files} />
    </article>
  );
}

/** What was said of one consultation, and by whom. */
export function ConsultationText({ consultation }: { readonly consultation: Consultation }) {
  const { reason, findings, diagnoses, prescriptions, practitioner } = consultation;
  return (
    <>
      <ForeignLines text={reason} />
      {findings === undefined ? null : <ForeignLines text={findings} />}
      <Items title="Diagnoses" items={diagnoses} />
      <Items title="Prescriptions" items={prescriptions} />
      <p class="second-line">
        Seen by <Foreign text={practitioner} />
      </p>
    </>
  );
}

function Items({ title, items }: { readonly title: string; readonly items: readonly string[] }) {
  if (items.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <ul>
        {items.map((item) => (
          <li>
            <Foreign text={item} />
          </li>
        ))}
      </ul>
    </>
  );
}
