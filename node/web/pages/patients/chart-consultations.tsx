import type { AttachmentPage } from '../../../records/attachments.ts';
import type { Consultation, ConsultationId, PatientId } from '../../../records/model.ts';
import type { ConsultationPage } from '../../../records/consultations.ts';
import { LinkButton } from '../../components/form.tsx';
import { Disclosure, EmptyState, Facts, Section } from '../../components/panel.tsx';
import { Tag } from '../../components/tag.tsx';
import { Foreign, ForeignLines, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import { FileLinks } from './chart-files.tsx';
import { writePlace } from './list-place.ts';
import { changeWords, classWords } from './patient-words.ts';

/** The newest stand whole on a chart. */
const wholeOnChart = 3;

/** The newest files of each consultation that is shown. */
export type FilesByConsultation = ReadonlyMap<ConsultationId, AttachmentPage>;

const filesOfEachMax = 10;

/** One after the other: a page shows twenty consultations, on paper a hundred. */
export async function filesOfConsultations(
  desk: DeskServices,
  consultations: readonly Consultation[],
): Promise<FilesByConsultation> {
  const found = new Map<ConsultationId, AttachmentPage>();
  for (const { id, patient } of consultations)
    found.set(id, await desk.attachments.page(patient, { limit: filesOfEachMax, consultation: id }));
  return found;
}

export interface ConsultationsProps {
  readonly patient: PatientId;
  readonly shown: ConsultationPage;
  readonly count: number;
  readonly files: FilesByConsultation;
  readonly mayWrite: boolean;
}

/** The newest consultations; the earlier ones are a page further. */
export function ConsultationsSection({ patient, shown, count, files, mayWrite }: ConsultationsProps) {
  const { consultations, earlier } = shown;
  return (
    <Section title={`Consultations (${count})`} id="consultations">
      {consultations.length === 0 ? (
        <EmptyState title="No consultations yet">
          {mayWrite ? <LinkButton href={url('consultation-new', { patient })}>New consultation</LinkButton> : null}
        </EmptyState>
      ) : (
        <ConsultationList consultations={consultations} files={files} wholeMax={wholeOnChart} />
      )}
      {earlier === undefined ? null : (
        <p>
          <a href={url('consultations', { patient }, { before: writePlace(earlier) })}>
            The {count - consultations.length} before these
          </a>
        </p>
      )}
    </Section>
  );
}

export interface ConsultationListProps {
  readonly consultations: readonly Consultation[];
  readonly files: FilesByConsultation;
  /** So many stand open; the others in a line that opens. */
  readonly wholeMax?: number;
}

export function ConsultationList({ consultations, files, wholeMax = consultations.length }: ConsultationListProps) {
  return (
    <ol class="events">
      {consultations.map((one, i) => (
        <li>
          {i < wholeMax ? (
            <Whole consultation={one} files={files.get(one.id)} />
          ) : (
            <Line consultation={one} files={files.get(one.id)} />
          )}
        </li>
      ))}
    </ol>
  );
}

interface BriefProps {
  readonly consultation: Consultation;
  readonly files: AttachmentPage | undefined;
}

function Whole({ consultation, files }: BriefProps) {
  return (
    <article>
      <h3>
        <a href={placeOfConsultation(consultation)}>
          <When at={consultation.at} />
        </a>{' '}
        <Marks consultation={consultation} />
      </h3>
      <ConsultationText consultation={consultation} />
      <FileLinks files={files} more={placeOfConsultation(consultation)} />
    </article>
  );
}

function Line({ consultation, files }: BriefProps) {
  return (
    <Disclosure
      summary={
        <>
          <When at={consultation.at} /> <Marks consultation={consultation} />{' '}
          <Foreign text={firstLine(consultation.reason)} />
        </>
      }
    >
      <ConsultationText consultation={consultation} />
      <FileLinks files={files} more={placeOfConsultation(consultation)} />
      <p>
        <a href={placeOfConsultation(consultation)}>Open this consultation</a>
      </p>
    </Disclosure>
  );
}

function Marks({ consultation: { encounterClass, change } }: { readonly consultation: Consultation }) {
  return (
    <>
      <Tag tone={encounterClass === 'EMER' ? 'red' : 'plain'}>{classWords[encounterClass]}</Tag>{' '}
      {change === undefined ? null : <Tag tone="amber">{changeWords[change.kind]}</Tag>}
    </>
  );
}

function placeOfConsultation({ patient, id }: Consultation): string {
  return url('consultation', { patient, consultation: id });
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

/** What was said of one consultation, and by whom. */
export function ConsultationText({ consultation }: { readonly consultation: Consultation }) {
  const { reason, findings, diagnoses, prescriptions, practitioner } = consultation;
  return (
    <>
      <Facts
        facts={[
          { term: 'Reason', value: <ForeignLines text={reason} /> },
          ...(findings === undefined ? [] : [{ term: 'Findings', value: <ForeignLines text={findings} /> }]),
          ...(diagnoses.length === 0 ? [] : [{ term: 'Diagnoses', value: <Items items={diagnoses} /> }]),
          ...(prescriptions.length === 0 ? [] : [{ term: 'Prescriptions', value: <Items items={prescriptions} /> }]),
          { term: 'Seen by', value: <Foreign text={practitioner} /> },
        ]}
      />
    </>
  );
}

function Items({ items }: { readonly items: readonly string[] }) {
  return (
    <ul>
      {items.map((item) => (
        <li>
          <Foreign text={item} />
        </li>
      ))}
    </ul>
  );
}
