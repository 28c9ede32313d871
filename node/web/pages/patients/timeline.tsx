import type { Child } from 'hono/jsx';
import type { PatientId } from '../../../records/model.ts';
import type { TimelineCursor, TimelineEntry } from '../../../records/timeline.ts';
import { page, type Answer } from '../../answer.ts';
import { Section } from '../../components/panel.tsx';
import { Pager } from '../../components/table.tsx';
import { stateWord } from '../../components/tag.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { FileLink } from './chart-files.tsx';
import { ReferralLink, SourceChip } from './chart-referrals.tsx';
import { openPatient } from './open-patient.ts';
import { ChartBanner } from './patient-banner.tsx';
import { classWords } from './patient-words.ts';

const pageSize = 50;

/** All that happened, page by page. */
export function showTimeline(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openPatient(visit, desk, 'view', async (opened) => {
    const { record } = opened;
    const before = cursorOf(visit.query.get('before'));
    const { entries, earlier } = await desk.timeline.page(record.id, {
      limit: pageSize,
      ...(before === undefined ? {} : { before }),
    });
    const older =
      earlier === undefined
        ? undefined
        : url('patient-timeline', { patient: record.id }, { before: `${earlier.at}.${earlier.key}` });
    return page(
      { title: 'Timeline' },
      <>
        <ChartBanner
          record={record}
          visit={visit}
          desk={desk}
          isRestricted={opened.isRestricted}
          brokenUntil={opened.brokenUntil}
          heading={false}
        />
        <h1>Timeline</h1>
        <Entries entries={entries} desk={desk} />
        <Pager
          older={older}
          newer={before === undefined ? undefined : url('patient-timeline', { patient: record.id })}
        />
        <p>
          <a href={url('patient', { patient: record.id })}>Back to the chart</a>
        </p>
      </>,
    );
  });
}

/** The newest of it, on the chart. */
export function TimelineList({
  patient,
  entries,
  hasMore,
  desk,
}: {
  readonly patient: PatientId;
  readonly entries: readonly TimelineEntry[];
  readonly hasMore: boolean;
  readonly desk: DeskServices;
}) {
  return (
    <Section
      title="Timeline"
      id="timeline"
      aside={hasMore ? <a href={url('patient-timeline', { patient })}>All of it</a> : null}
    >
      <Entries entries={entries} desk={desk} />
    </Section>
  );
}

function Entries({ entries, desk }: { readonly entries: readonly TimelineEntry[]; readonly desk: DeskServices }) {
  return (
    <ol class="events">
      {entries.map((entry) => (
        <li>
          <When at={entry.at} /> <span class="second-line">{wordsOf(entry, desk)}</span>
        </li>
      ))}
    </ol>
  );
}

function wordsOf(entry: TimelineEntry, desk: DeskServices): Child {
  switch (entry.kind) {
    case 'consultation': {
      const { id, patient, encounterClass, reason } = entry.consultation;
      return (
        <>
          <a href={url('consultation', { patient, consultation: id })}>{classWords[encounterClass]} consultation</a>:{' '}
          <Foreign text={firstLine(reason)} />
        </>
      );
    }
    case 'attachment':
      return (
        <>
          File <FileLink id={entry.attachment.id} title={entry.attachment.title} />
        </>
      );
    case 'referral':
      return (
        <>
          Referral <ReferralLink referral={entry.referral} /> <SourceChip referral={entry.referral} desk={desk} />:{' '}
          {stateWord(entry.referral.state)}
        </>
      );
    case 'registered':
      return <Written what={entry.imported ? 'Imported' : 'Registered'} by={entry.by} />;
    case 'changed':
      return <Written what="Record changed" by={entry.by} />;
    case 'voided':
    case 'taken-back':
      return <Written what={entry.kind === 'voided' ? 'Voided' : 'Taken back'} by={entry.by} />;
  }
}

function Written({ what, by }: { readonly what: string; readonly by: { readonly name: string } | undefined }) {
  return (
    <>
      {what}
      {by === undefined ? ' by a program of the hospital' : ' by '}
      {by === undefined ? null : <Foreign text={by.name} />}
    </>
  );
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

/** `1700000000000.consultation:uuid`; anything else begins at the newest. */
function cursorOf(text: string | null): TimelineCursor | undefined {
  const [, at, key] = /^(\d{1,16})\.([a-z]+:[0-9a-f-]{1,36})$/.exec(text ?? '') ?? [];
  return at === undefined || key === undefined ? undefined : { at: Number(at), key };
}
