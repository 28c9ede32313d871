import type { Instant } from '../../../../protocol/instant.ts';
import type { PatientRecord } from '../../../records/model.ts';
import { PatientBanner } from '../../components/panel.tsx';
import { Tag } from '../../components/tag.tsx';
import { BirthDate, Foreign, PersonName, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { Visit } from '../../visit.ts';
import { foreignFacts, type ForeignFacts } from './chart-foreign.ts';
import { sexOf } from './patient-words.ts';

export interface ChartBannerProps {
  readonly visit: Visit;
  readonly desk: DeskServices;
  readonly record: PatientRecord;
  /** What other hospitals told, where the page has read it already. */
  readonly foreign?: ForeignFacts;
  /** Of how many the page may hold only one heading of the first rank. */
  readonly heading?: boolean;
  readonly isRestricted?: boolean;
  /** Until when the glass is broken for this user. */
  readonly brokenUntil?: Instant | undefined;
}

/**
 * Whose record this is, on every page about a patient: name, sex, birth date and age, id, and the allergies that anybody told,
 * this hospital or another (screen 4).
 */
export async function ChartBanner(props: ChartBannerProps) {
  const { visit, desk, record, heading = true, isRestricted = false, brokenUntil } = props;
  const { details } = record;
  const { familyName = '', givenNames = '', nameNative = '' } = details;
  const foreign = props.foreign ?? (await foreignFacts(visit, desk, record.id));
  const told = toldAllergies(record, foreign);
  const texts = [familyName, givenNames, nameNative, ...details.allergies, ...told.map(({ text }) => text)];
  const name = <PersonName name={details} />;
  return (
    <PatientBanner letters={texts.join(' ').length}>
      {heading ? <h1>{name}</h1> : <p class="banner-name">{name}</p>}
      <p>
        {sexOf(details)} · <BirthDate date={details.birthDate} now={visit.now} /> · <Foreign text={details.csvId} />
      </p>
      <p>
        <Allergies record={record} told={told} isWhole={foreign.isWhole} />{' '}
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

/** What other hospitals told beyond what stands here. */
function toldAllergies({ details: { allergies } }: PatientRecord, { facts }: ForeignFacts): ForeignFacts['facts'] {
  return facts.filter(({ subject, text }) => subject === 'allergies' && !allergies.includes(text));
}

interface AllergiesProps {
  readonly record: PatientRecord;
  readonly told: ForeignFacts['facts'];
  readonly isWhole: boolean;
}

/** That nobody told of any is said only where nobody did: who overlooks one harms the patient. */
function Allergies({ record, told, isWhole }: AllergiesProps) {
  const { allergies } = record.details;
  const sources = [...new Set(told.map(({ source }) => source))];
  return (
    <>
      {allergies.length === 0 ? null : <AllergyTag texts={allergies} />}{' '}
      {sources.map((source) => (
        <AllergyTag source={source} texts={told.filter((fact) => fact.source === source).map(({ text }) => text)} />
      ))}
      {allergies.length + told.length === 0 ? <span class="quiet">No allergies told</span> : null}
      {isWhole ? null : <span class="quiet"> Not all linked referrals are read here: they may tell more.</span>}
    </>
  );
}

function AllergyTag({ source, texts }: { readonly source?: string; readonly texts: readonly string[] }) {
  return (
    <Tag tone="red">
      <span aria-hidden="true">⚠ </span>Allergies
      {source === undefined ? null : (
        <>
          , told by <Foreign text={source} />
        </>
      )}
      : <Foreign text={[...new Set(texts)].join('; ')} />
    </Tag>
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
