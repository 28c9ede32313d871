import type { Consultation } from '../../../records/model.ts';
import { page, type Answer } from '../../answer.ts';
import { LinkButton } from '../../components/form.tsx';
import { Disclosure, Section } from '../../components/panel.tsx';
import { Pager } from '../../components/table.tsx';
import { Tag } from '../../components/tag.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { ConsultationList, ConsultationText } from './chart-consultations.tsx';
import { AddFile, FileTable, Pictures } from './chart-files.tsx';
import { consultationOf, openPatient } from './open-patient.ts';
import { ChartBanner } from './patient-banner.tsx';
import { changeWords, classWords } from './patient-words.ts';

const pageSize = 20;

/** All consultations of a patient, page by page, both ways. */
export function listConsultations(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'view', async (opened) => {
    const { record } = opened;
    const [before, after] = [cursorOf(visit.query.get('before')), cursorOf(visit.query.get('after'))];
    const where = after === undefined ? (before === undefined ? {} : { before }) : { after };
    const shown = await desk.consultations.page(record.id, { limit: pageSize, ...where });
    const count = await desk.consultations.count(record.id);
    const attachments = await desk.attachments.list(record.id);
    const place = (query: Readonly<Record<string, string>>): string =>
      url('consultations', { patient: record.id }, query);
    return page(
      { title: 'Consultations' },
      <>
        <ChartBanner
          record={record}
          now={visit.now}
          heading={false}
          isRestricted={opened.isRestricted}
          brokenUntil={opened.brokenUntil}
        />
        <h1>Consultations ({count})</h1>
        <Section title="Newest first" id="list">
          <ConsultationList consultations={shown.consultations} attachments={attachments} />
        </Section>
        <Pager
          newer={shown.later === undefined ? undefined : place({ after: `${shown.later.at}.${shown.later.id}` })}
          older={shown.earlier === undefined ? undefined : place({ before: `${shown.earlier.at}.${shown.earlier.id}` })}
        />
        <p>
          <a href={url('patient', { patient: record.id })}>Back to the chart</a>
        </p>
      </>,
    );
  });
}

/** One consultation: what it says now, its images and documents, and all it said before. */
export function showConsultation(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'view', async (opened) => {
    const { record } = opened;
    const patient = record.id;
    const consultation = await consultationOf(visit, desk, patient);
    const earlier = consultation.version === 1 ? [] : await desk.consultations.versions(consultation.id);
    const files = (await desk.attachments.list(patient)).filter((file) => file.consultation === consultation.id);
    const mayWrite = visit.is('doctor', 'nurse');
    const params = { patient, consultation: consultation.id };
    return page(
      { title: 'Consultation' },
      <>
        <ChartBanner
          record={record}
          now={visit.now}
          heading={false}
          isRestricted={opened.isRestricted}
          brokenUntil={opened.brokenUntil}
        />
        <div class="page-head">
          <h1>
            Consultation of <When at={consultation.at} />
          </h1>
          <Tag tone={consultation.encounterClass === 'EMER' ? 'red' : 'plain'}>
            {classWords[consultation.encounterClass]}
          </Tag>
        </div>
        <Section title="What was found" id="text">
          <ConsultationText consultation={consultation} />
          <Signature consultation={consultation} />
        </Section>
        <Section title={`Images and documents (${files.length})`} id="files">
          <Pictures attachments={files} />
          {files.length === 0 ? <p class="quiet">None yet</p> : <FileTable attachments={files} />}
          {mayWrite ? <AddFile patient={patient} consultation={consultation.id} /> : null}
        </Section>
        {earlier.length === 0 ? null : <Earlier versions={earlier} />}
        <p class="actions">
          {mayWrite ? <LinkButton href={url('consultation-edit', params)}>Add or correct</LinkButton> : null}
          <LinkButton href={url('patient', { patient })}>Back to the chart</LinkButton>
        </p>
      </>,
    );
  });
}

function Earlier({ versions }: { readonly versions: readonly Consultation[] }) {
  return (
    <Section title="What it said before" id="earlier">
      {versions.map((one) => (
        <Disclosure
          summary={
            <>
              Version {one.version}, written <When at={one.writtenAt} />
            </>
          }
        >
          <p>
            <When at={one.at} /> · {classWords[one.encounterClass]}
          </p>
          <ConsultationText consultation={one} />
          <Signature consultation={one} />
        </Disclosure>
      ))}
    </Section>
  );
}

function Signature({ consultation }: { readonly consultation: Consultation }) {
  const { author, change, writtenAt } = consultation;
  return (
    <p class="second-line">
      {change === undefined ? null : (
        <>
          {changeWords[change.kind]}: <Foreign text={change.reason} />.{' '}
        </>
      )}
      Written <When at={writtenAt} /> by{' '}
      {author === undefined ? (
        'a program of the hospital'
      ) : (
        <>
          <Foreign text={author.name} />
          {author.role === '' ? '' : `, ${author.role}`}
        </>
      )}
    </p>
  );
}

function cursorOf(text: string | null): { readonly at: number; readonly id: string } | undefined {
  const [, at, id] = /^(-?\d{1,16})\.([0-9a-f-]{36})$/.exec(text ?? '') ?? [];
  return at === undefined || id === undefined ? undefined : { at: Number(at), id };
}
