import type { Child } from 'hono/jsx';
import { isUuid } from '../../../../protocol/ids.ts';
import type { ConsultationId } from '../../../records/model.ts';
import type { ListCursor } from '../../../records/paging.ts';
import { page, type Answer } from '../../answer.ts';
import { EmptyState } from '../../components/panel.tsx';
import { Pager } from '../../components/table.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { FileTable } from './chart-files.tsx';
import { ReferralTable } from './chart-referrals.tsx';
import { readPlace, writePlace } from './list-place.ts';
import { openPatient, type OpenedPatient } from './open-patient.ts';
import { ChartBanner } from './patient-banner.tsx';

const pageSize = 50;

/** All referrals of a patient, of which the chart shows the newest, page by page. */
export function listReferrals(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'view', async (opened) => {
    const patient = opened.record.id;
    const before = readPlace(visit.query.get('before'));
    const { referrals, earlier } = await desk.timeline.referrals.page(patient, { limit: pageSize, before });
    const count = await desk.timeline.referrals.count(patient);
    return listPage(visit, desk, opened, {
      title: `Referrals (${count})`,
      list: <ReferralTable referrals={referrals} desk={desk} />,
      isEmpty: referrals.length === 0,
      place: (from) => url('patient-referrals', { patient }, from),
      before,
      earlier,
    });
  });
}

/** All images and documents of a patient, or of one consultation. */
export function listFiles(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'view', async (opened) => {
    const patient = opened.record.id;
    const before = readPlace(visit.query.get('before'));
    const asked = visit.query.get('consultation') ?? '';
    const consultation = isUuid(asked) ? (asked as ConsultationId) : undefined;
    const { attachments, earlier } = await desk.attachments.page(patient, { limit: pageSize, before, consultation });
    const count = await desk.attachments.count(patient, consultation);
    return listPage(visit, desk, opened, {
      title: `${consultation === undefined ? 'Images and documents' : 'Files of one consultation'} (${count})`,
      list: <FileTable attachments={attachments} />,
      isEmpty: attachments.length === 0,
      place: (from) => url('patient-files', { patient }, { ...from, consultation }),
      before,
      earlier,
    });
  });
}

interface ListPage {
  readonly title: string;
  readonly list: Child;
  readonly isEmpty: boolean;
  readonly place: (from: Readonly<Record<string, string>>) => string;
  readonly before: ListCursor | undefined;
  readonly earlier: ListCursor | undefined;
}

function listPage(
  visit: Visit,
  desk: DeskServices,
  opened: OpenedPatient,
  { title, list, isEmpty, place, before, earlier }: ListPage,
): Answer {
  return page(
    { title },
    <>
      <ChartBanner
        record={opened.record}
        visit={visit}
        desk={desk}
        isRestricted={opened.isRestricted}
        brokenUntil={opened.brokenUntil}
        heading={false}
      />
      <h1>{title}</h1>
      {isEmpty ? <EmptyState title="Nothing here" /> : list}
      <Pager
        newer={before === undefined ? undefined : place({})}
        older={earlier === undefined ? undefined : place({ before: writePlace(earlier) })}
      />
      <p>
        <a href={url('patient', { patient: opened.record.id })}>Back to the chart</a>
      </p>
    </>,
  );
}
