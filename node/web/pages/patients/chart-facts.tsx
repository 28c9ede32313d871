import type { Child } from 'hono/jsx';
import type { Instant } from '../../../../protocol/instant.ts';
import { cellsOf, type Column } from '../../../records/csv/columns.ts';
import type { Consultation, PatientRecord } from '../../../records/model.ts';
import { countryWords } from '../../components/countries-and-languages.ts';
import { Facts, Section, type Fact } from '../../components/panel.tsx';
import { Tag } from '../../components/tag.tsx';
import {
  BirthDate,
  dateWords,
  Foreign,
  ForeignLines,
  languageWords,
  PersonName,
  When,
} from '../../components/text.tsx';
import { datesInWords } from '../referrals/dates-in-words.ts';
import { sourcesMax, type ForeignFact, type ForeignFacts } from './chart-foreign.ts';
import { columnWords, sexOf } from './patient-words.ts';

const recentConsultations = 3;

/** Problems, allergies and drugs: what a doctor looks for first, each foreign fact with the hospital that told it. */
export function KeyFacts({ record, consultations, foreign }: KeyFactsProps) {
  const { details } = record;
  const recent = consultations.slice(0, recentConsultations);
  const of = (subject: ForeignFact['subject']): readonly ForeignFact[] =>
    foreign.facts.filter((fact) => fact.subject === subject);
  return (
    <Section title="Problems, allergies, drugs" id="key-facts">
      <div class="key-facts">
        <ItemList
          title="Problems"
          items={details.conditions}
          recent={recent.flatMap((one) => datedItems(one, one.diagnoses))}
          foreign={of('problems')}
        />
        <ItemList title="Allergies" items={details.allergies} foreign={of('allergies')} />
        <ItemList
          title="Drugs"
          items={details.medications}
          recent={recent.flatMap((one) => datedItems(one, one.prescriptions))}
          foreign={of('medicines')}
        />
      </div>
      {foreign.isWhole ? null : (
        <p class="hint">
          Other hospitals may have told more: of the linked referrals the newest {sourcesMax} that are open to you are
          read here.
        </p>
      )}
    </Section>
  );
}

interface KeyFactsProps {
  readonly record: PatientRecord;
  readonly consultations: readonly Consultation[];
  readonly foreign: ForeignFacts;
}

interface DatedItem {
  readonly text: string;
  readonly at: Instant;
}

function datedItems({ at }: Consultation, items: readonly string[]): readonly DatedItem[] {
  return items.map((text) => ({ text, at }));
}

interface ItemListProps {
  readonly title: string;
  readonly items: readonly string[];
  readonly recent?: readonly DatedItem[];
  readonly foreign?: readonly ForeignFact[];
}

function ItemList({ title, items, recent = [], foreign = [] }: ItemListProps) {
  // What was prescribed again and again stands once, with its last date.
  const newest = recent.filter((one, i) => recent.findIndex(({ text }) => text === one.text) === i);
  return (
    <div>
      <h3>{title}</h3>
      {items.length + newest.length + foreign.length === 0 ? (
        <p class="quiet">Not told</p>
      ) : (
        <ul>
          {newest.map(({ text, at }) => (
            <li>
              <Foreign text={text} />
              <span class="second-line">
                consultation of <When at={at} show="date" />
              </span>
            </li>
          ))}
          {items.map((text) => (
            <li>
              <Foreign text={text} />
            </li>
          ))}
          {foreign.map((fact) => (
            <li>
              <Foreign text={fact.text} />{' '}
              <Tag tone="violet">
                From <Foreign text={fact.source} />
              </Tag>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Who the patient is and how to reach them. */
export function PersonalDetails({ record, now }: { readonly record: PatientRecord; readonly now: Instant }) {
  const { details } = record;
  const address = [
    details.addressLine,
    [details.postalCode, details.city].filter(isTold).join(' '),
    countryWords(details.country ?? ''),
  ];
  return (
    <Section title="Personal details" id="personal">
      <Facts
        facts={[
          { term: 'Name', value: <PersonName name={details} /> },
          { term: 'Sex', value: sexOf(details) },
          { term: 'Birth date', value: <BirthDate date={details.birthDate} now={now} /> },
          ...told(record, ['csv_id', 'mrn', 'national_id', 'phone', 'email']),
          ...(address.some(isTold)
            ? [{ term: 'Address', value: <Foreign text={address.filter(isTold).join(', ')} /> }]
            : []),
          ...told(record, ['language', 'police_case_no', 'updated_at']),
        ]}
      />
      {details.notes === undefined ? null : (
        <>
          <h3>Notes</h3>
          <ForeignLines text={details.notes} />
        </>
      )}
    </Section>
  );
}

export function Bystander({ record }: { readonly record: PatientRecord }) {
  const facts = told(record, ['bystander_name', 'bystander_relation', 'bystander_phone']);
  return (
    <Section title="Bystander" id="bystander">
      {facts.length === 0 ? <p class="quiet">Nobody told</p> : <Facts facts={facts} />}
    </Section>
  );
}

export function Insurance({ record }: { readonly record: PatientRecord }) {
  const { insurance } = record.details;
  const dates: Fact[] = [
    ...(insurance?.validFrom === undefined ? [] : [{ term: 'Valid from', value: dateWords(insurance.validFrom) }]),
    ...(insurance?.validTo === undefined ? [] : [{ term: 'Valid to', value: dateWords(insurance.validTo) }]),
  ];
  const facts = [...told(record, ['insurer', 'policy_number']), ...dates];
  return (
    <Section title="Insurance" id="insurance">
      {facts.length === 0 ? <p class="quiet">Not told</p> : <Facts facts={facts} />}
    </Section>
  );
}

/** What was known before this hospital: the lists that stand nowhere else on the chart, and all of them in print. */
export function Anamnesis({ record, whole = false }: { readonly record: PatientRecord; readonly whole?: boolean }) {
  const { details } = record;
  const lists: readonly (readonly [Column, readonly string[]])[] = [
    ...(whole
      ? ([
          ['conditions', details.conditions],
          ['allergies', details.allergies],
          ['medications', details.medications],
        ] as const)
      : []),
    ['immunizations', details.immunizations],
    ['procedures', details.procedures],
    ['family_history', details.familyHistory],
  ];
  return (
    <Section title="Previous anamnesis" id="anamnesis">
      <div class="key-facts">
        {lists.map(([column, items]) => (
          <ItemList title={columnWords[column]} items={items} />
        ))}
      </div>
    </Section>
  );
}

/** Only the cells that say something. */
function told(record: PatientRecord, columns: readonly Column[]): readonly Fact[] {
  const cells = cellsOf(record.details);
  return columns.flatMap((column): readonly { term: Child; value: Child }[] =>
    cells[column] === ''
      ? []
      : [{ term: columnWords[column], value: <Foreign text={cellWords[column]?.(cells[column]) ?? cells[column]} /> }],
  );
}

/** Cells that are codes for machines, in words. */
const cellWords: Readonly<Partial<Record<Column, (cell: string) => string>>> = {
  language: languageWords,
  updated_at: datesInWords,
};

function isTold(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}
