import type { Instant } from '../../../../protocol/instant.ts';
import type { PatientRecord } from '../../../records/model.ts';
import { PatientBanner } from '../../components/panel.tsx';
import { Tag } from '../../components/tag.tsx';
import { BirthDate, Foreign, PersonName, When } from '../../components/text.tsx';
import { sexOf } from './patient-words.ts';

export interface ChartBannerProps {
  readonly record: PatientRecord;
  readonly now: Instant;
  /** Of how many the page may hold only one heading of the first rank. */
  readonly heading?: boolean;
  readonly isRestricted?: boolean;
  /** Until when the glass is broken for this user. */
  readonly brokenUntil?: Instant | undefined;
}

/** Whose record this is, on every page about a patient: name, sex, birth date and age, id, allergies (screen 4). */
export function ChartBanner({ record, now, heading = true, isRestricted = false, brokenUntil }: ChartBannerProps) {
  const { details } = record;
  const name = <PersonName name={details} />;
  return (
    <PatientBanner>
      {heading ? <h1>{name}</h1> : <p class="banner-name">{name}</p>}
      <p>
        {sexOf(details)} · <BirthDate date={details.birthDate} now={now} /> · <Foreign text={details.csvId} />
      </p>
      <p>
        {details.allergies.length === 0 ? (
          <span class="quiet">No allergies told</span>
        ) : (
          <Tag tone="red">
            <span aria-hidden="true">⚠ </span>Allergies: <Foreign text={details.allergies.join('; ')} />
          </Tag>
        )}{' '}
        {details.policeCase ? <PoliceTag number={details.policeCaseNumber} /> : null}{' '}
        {isRestricted ? <Tag tone="violet">Restricted</Tag> : null}{' '}
        {brokenUntil === undefined ? null : (
          <Tag tone="amber">
            Opened with a reason until <When at={brokenUntil} />
          </Tag>
        )}
      </p>
    </PatientBanner>
  );
}

function PoliceTag({ number }: { readonly number: string | undefined }) {
  return (
    <Tag tone="blue">
      Police case
      {number === undefined ? null : (
        <>
          {' '}
          <Foreign text={number} />
        </>
      )}
    </Tag>
  );
}
