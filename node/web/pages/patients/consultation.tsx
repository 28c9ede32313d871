import type { Consultation } from '../../../records/model.ts';
import { page, type Answer } from '../../answer.ts';
import { LinkButton } from '../../components/form.tsx';
import { Disclosure, Section } from '../../components/panel.tsx';
import { Pager } from '../../components/table.tsx';
import { Tag } from '../../components/tag.tsx';
import { Foreign, When } from '../../components/text.tsx';
import { twiceWords } from '../../components/typed-moment.ts';
import { useZone } from '../../components/zone.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { ConsultationList, ConsultationText, filesOfConsultations } from './chart-consultations.tsx';
import { AddFile, FileTable, Pictures } from './chart-files.tsx';
import { readPlace, readNumber, writePlace } from './list-place.ts';
import { consultationOf, openPatient } from './open-patient.ts';
import { ChartBanner } from './patient-banner.tsx';
import { changeWords, classWords } from './patient-words.ts';

const pageSize = 20;
/** What stands on the page of one consultation; the rest is a page further. */
const [filesShown, versionsShown] = [50, 20];

/** All consultations of a patient, page by page, both ways. */
export function listConsultations(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'view', async (opened) => {
    const { record } = opened;
    const [before, after] = [readPlace(visit.query.get('before')), readPlace(visit.query.get('after'))];
    const where = after === undefined ? (before === undefined ? {} : { before }) : { after };
    const shown = await desk.consultations.page(record.id, { limit: pageSize, ...where });
    const count = await desk.consultations.count(record.id);
    const files = await filesOfConsultations(desk, shown.consultations);
    const place = (query: Readonly<Record<string, string>>): string =>
      url('consultations', { patient: record.id }, query);
    return page(
      { title: 'Consultations' },
      <>
        <ChartBanner
          record={record}
          visit={visit}
          desk={desk}
          heading={false}
          isRestricted={opened.isRestricted}
          brokenUntil={opened.brokenUntil}
        />
        <h1>Consultations ({count})</h1>
        <Section title="Newest first" id="list">
          <ConsultationList consultations={shown.consultations} files={files} />
        </Section>
        <Pager
          newer={shown.later === undefined ? undefined : place({ after: writePlace(shown.later) })}
          older={shown.earlier === undefined ? undefined : place({ before: writePlace(shown.earlier) })}
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
    const { id } = consultation;
    const versions = await desk.consultations.versions(id, {
      limit: versionsShown + 1,
      below: readNumber(visit.query.get('below')),
    });
    const files = await desk.attachments.page(patient, { limit: filesShown, consultation: id });
    const fileCount = await desk.attachments.count(patient, id);
    const mayWrite = visit.is('doctor', 'nurse');
    const params = { patient, consultation: id };
    return page(
      { title: 'Consultation' },
      <>
        <ChartBanner
          record={record}
          visit={visit}
          desk={desk}
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
        <ShownTwice at={consultation.at} />
        <Section title="What was found" id="text">
          <ConsultationText consultation={consultation} />
          <Signature consultation={consultation} />
        </Section>
        <Section title={`Images and documents (${fileCount})`} id="files">
          <Pictures attachments={files.attachments} />
          {fileCount === 0 ? <p class="quiet">None yet</p> : <FileTable attachments={files.attachments} />}
          {files.earlier === undefined ? null : (
            <p>
              <a href={url('patient-files', { patient }, { consultation: id })}>All {fileCount} files of it</a>
            </p>
          )}
          {mayWrite ? <AddFile patient={patient} consultation={id} /> : null}
        </Section>
        {versions.length === 0 ? null : <Earlier versions={versions} params={params} />}
        <p class="actions">
          {mayWrite ? <LinkButton href={url('consultation-edit', params)}>Add or correct</LinkButton> : null}
          <LinkButton href={url('patient', { patient })}>Back to the chart</LinkButton>
        </p>
      </>,
    );
  });
}

/** Who types an hour that comes twice gets the first, and is told. */
function ShownTwice({ at }: Pick<Consultation, 'at'>) {
  const words = twiceWords(at, useZone());
  return words === undefined ? null : <p class="quiet">{words}</p>;
}

interface EarlierProps {
  /** One more than is shown, where there are more. */
  readonly versions: readonly Consultation[];
  readonly params: { readonly patient: string; readonly consultation: string };
}

function Earlier({ versions, params }: EarlierProps) {
  const shown = versions.slice(0, versionsShown);
  const last = versions.length > versionsShown ? shown.at(-1) : undefined;
  return (
    <Section title="What it said before" id="earlier">
      {shown.map((one) => (
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
      <Pager
        label="Earlier versions"
        older={last === undefined ? undefined : `${url('consultation', params, { below: last.version })}#earlier`}
      />
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
