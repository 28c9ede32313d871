import type { Child } from 'hono/jsx';
import type { Instant } from '../../../../protocol/instant.ts';
import type { Review, ReviewAttachment, Told } from '../../../referrals/review/review.ts';
import { Facts, PatientBanner, Section } from '../../components/panel.tsx';
import { PriorityMark, Tag } from '../../components/tag.tsx';
import { BirthDate, Foreign, ForeignLines, When, bytesWords } from '../../components/text.tsx';
import { datesInWords } from './dates-in-words.ts';
import { FullRecord } from './full-record.tsx';

/** Where a file of the referral can be seen and had; a preview and a review have different places for the same file. */
export interface FilePlace {
  /** Only for what a browser shows safely: PNG and JPEG. */
  readonly picture: string | undefined;
  readonly download: string | undefined;
  /** What the file says of itself, such as the header of a DICOM image. */
  readonly facts?: readonly string[];
}

export interface ReviewBodyProps {
  readonly review: Review;
  readonly placeOf: (attachment: ReviewAttachment) => FilePlace;
  /** Read where it was sent; a preview is read as it will be where it arrives. */
  readonly isOurs?: boolean;
}

/** A referral as its receiver reads it: summary first, the whole record below. The sender's preview is this same body. */
export function ReviewBody({ review, placeOf, isOurs = false }: ReviewBodyProps) {
  return (
    <>
      <ReviewSummary review={review} placeOf={placeOf} />
      <FullRecord review={review} isOurs={isOurs} />
    </>
  );
}

const sexWords: Readonly<Record<string, string>> = {
  male: 'male',
  female: 'female',
  other: 'other sex',
  unknown: 'sex not known',
};

/** Who it is about; in sight all the time (screen 3). */
export function ReviewBanner({
  review,
  now,
  heading = true,
}: {
  readonly review: Review;
  readonly now: Instant;
  readonly heading?: boolean;
}) {
  const { patient, summary, order } = review;
  const name = (
    <span class="name">
      <Foreign text={patient.name || patient.nativeName || 'Name not told'} />
      {patient.name !== '' && patient.nativeName !== '' ? (
        <span class="native">
          {' '}
          <Foreign text={patient.nativeName} />
        </span>
      ) : null}
    </span>
  );
  const facts = (
    <>
      {heading ? <h1>{name}</h1> : <p class="banner-name">{name}</p>}
      <p>
        <BirthDate date={patient.birthDate} now={now} /> · {sexWords[patient.sex] ?? 'sex not known'}
        {patient.identifiers.map(({ kind, value }) => (
          <>
            {' '}
            · {kind} <Foreign text={value} />
          </>
        ))}
      </p>
      <p>
        <Allergies told={summary.allergies} /> <PriorityMark priority={order.priority} />
        {review.alerts.map((alert) => (
          <>
            {' '}
            <Tag tone="violet">
              <Foreign text={datesInWords(alert)} />
            </Tag>
          </>
        ))}
      </p>
    </>
  );
  // Inside a preview it is a picture of the banner: the page has one of its own.
  if (!heading) return <div class="patient-banner">{facts}</div>;
  const texts = [
    patient.name,
    patient.nativeName,
    ...summary.allergies.rows.map(({ label }) => label),
    ...review.alerts,
  ];
  return <PatientBanner letters={texts.join(' ').length}>{facts}</PatientBanner>;
}

function Allergies({ told }: { readonly told: Told }) {
  if (told.rows.length === 0) return <span class="quiet">Allergies: {told.silence}</span>;
  return (
    <Tag tone="red">
      <span aria-hidden="true">⚠ </span>Allergies: <Foreign text={told.rows.map(({ label }) => label).join('; ')} />
    </Tag>
  );
}

/** What a decision needs, in the order in which it is asked (screen 3). */
export function ReviewSummary({ review, placeOf }: ReviewBodyProps) {
  const { order, summary, attachments } = review;
  return (
    <Section title="Summary" id="summary">
      <h3>Question</h3>
      <div class="lead">
        <ForeignLines text={order.question} />
      </div>
      <h3>Reason</h3>
      {order.reasons.map((reason) => (
        <ForeignLines text={reason} />
      ))}
      <Facts
        columns
        facts={[
          { term: 'Urgency', value: <PriorityMark priority={order.priority} /> },
          ...(order.department === ''
            ? []
            : [{ term: 'Department', value: (<Foreign text={order.department} />) as Child }]),
          { term: 'Written', value: <When at={order.writtenAt} /> },
          { term: 'By', value: <Foreign text={order.author} /> },
          ...(order.isBreakGlass
            ? [{ term: 'Ground', value: (<Tag tone="amber">Emergency, without consent</Tag>) as Child }]
            : []),
        ]}
      />
      <div class="summary-grid">
        <Short title="Problems" told={summary.problems} />
        <Short title="Allergies" told={summary.allergies} />
        <Short title="Medicines" told={summary.medicines} />
        <Short title="Last results" told={summary.results} />
      </div>
      {attachments.length === 0 ? null : <Strip attachments={attachments} placeOf={placeOf} />}
    </Section>
  );
}

const shortRowsMax = 8;

function Short({ title, told }: { readonly title: string; readonly told: Told }) {
  const more = told.rows.length - shortRowsMax;
  return (
    <section>
      <h3>{title}</h3>
      {told.rows.length === 0 ? (
        <p class="quiet">{told.silence}</p>
      ) : (
        <ul>
          {told.rows.slice(0, shortRowsMax).map(({ label, text }) => (
            <li>
              <strong>
                <Foreign text={label} />
              </strong>
              {text === '' ? null : (
                <span class="quiet">
                  {' '}
                  <Foreign text={datesInWords(text)} />
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {more > 0 ? <p class="quiet">and {more} more below</p> : null}
    </section>
  );
}

/** Files in a row: pictures as pictures, everything else by name. */
function Strip({
  attachments,
  placeOf,
}: {
  readonly attachments: readonly ReviewAttachment[];
  readonly placeOf: ReviewBodyProps['placeOf'];
}) {
  return (
    <>
      <h3>Images and files ({attachments.length})</h3>
      <ul class="strip">
        {attachments.map((attachment) => {
          const { picture, download, facts = [] } = placeOf(attachment);
          const title = attachment.title === '' ? 'File without a name' : attachment.title;
          return (
            <li>
              {picture === undefined ? null : (
                <a href={picture}>
                  <img src={picture} alt={title} loading="lazy" decoding="async" />
                </a>
              )}
              <p>
                {download === undefined ? (
                  <Foreign text={title} />
                ) : (
                  <a href={download} download>
                    <Foreign text={title} />
                  </a>
                )}
                <span class="hint">
                  {' '}
                  <Foreign text={attachment.contentType} />, {bytesWords(attachment.size)}
                </span>
                {facts.map((fact) => (
                  <span class="hint second-line">
                    <Foreign text={fact} />
                  </span>
                ))}
              </p>
            </li>
          );
        })}
      </ul>
      <p class="hint">Not for primary diagnosis.</p>
    </>
  );
}
