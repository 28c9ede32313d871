import type { Instant } from '../../../../protocol/instant.ts';
import { RecordsError } from '../../../records/errors.ts';
import { searchWordsMax } from '../../../records/limits.ts';
import type { PatientRecord } from '../../../records/model.ts';
import type { PatientOrder } from '../../../records/patient-pages.ts';
import { page, type Answer } from '../../answer.ts';
import { Field, LinkButton, Submit } from '../../components/form.tsx';
import { EmptyState, Notice } from '../../components/panel.tsx';
import { DataTable, Pager } from '../../components/table.tsx';
import { Tag } from '../../components/tag.tsx';
import { BirthDate, Foreign, PersonName, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { isoDates, shortWordsOf } from './search-words.ts';
import { sexOf } from './patient-words.ts';

const pageSize = 50;

interface Found {
  readonly records: readonly PatientRecord[];
  readonly older?: string | undefined;
  readonly newer?: string | undefined;
  /** Why nothing was looked for. */
  readonly refused?: string;
}

/** The patients of this hospital: the newest, the last changed, or those whom the words in the URL find. */
export async function listPatients(visit: Visit, desk: DeskServices): Promise<Answer> {
  const query = (visit.query.get('q') ?? '').trim();
  const order = visit.query.get('order') === 'created' ? 'created' : 'changed';
  const found = query === '' ? await inOrder(visit, desk, order) : await search(visit, desk, query);
  const restricted = new Set<string>();
  for (const { id } of found.records) if (await desk.access.isRestricted({ kind: 'patient', id })) restricted.add(id);
  return page(
    { title: 'Patients' },
    <>
      <div class="page-head">
        <h1>Patients</h1>
        {visit.is('doctor', 'nurse') ? <Writing /> : null}
      </div>
      <SearchForm query={query} />
      <Hint query={query} refused={found.refused} />
      {found.records.length === 0 ? (
        <Nobody query={query} refused={found.refused !== undefined} />
      ) : (
        <PatientTable records={found.records} query={query} order={order} restricted={restricted} visit={visit} />
      )}
      <Pager older={found.older} newer={found.newer} />
      {visit.is('doctor', 'nurse') ? <Exports /> : null}
    </>,
  );
}

function Writing() {
  return (
    <div class="actions">
      <LinkButton href={url('import')}>Import a CSV file</LinkButton>
      <LinkButton href={url('patient-new')} tone="main">
        Register a patient
      </LinkButton>
    </div>
  );
}

/** All patients as CSV: for people, and lossless for programs (Records §1.7). */
function Exports() {
  return (
    <p>
      All patients as CSV: <a href={url('patients-export', { form: 'spreadsheet' })}>for a spreadsheet</a>, or{' '}
      <a href={url('patients-export', { form: 'interchange' })}>for other programs</a>, which keeps every cell as it is
      and must not be opened in a spreadsheet.
    </p>
  );
}

async function inOrder(visit: Visit, desk: DeskServices, order: PatientOrder): Promise<Found> {
  const asked = askedOf(visit, cursorOf);
  const { records, next, previous } = await desk.patients.list(order, { limit: pageSize, ...asked });
  const place = (query: Readonly<Record<string, string>>): string => url('patients', {}, { order, ...query });
  return {
    records,
    older: next === undefined ? undefined : place({ older: `${next.at}.${next.id}` }),
    newer: previous === undefined ? undefined : place({ newer: `${previous.at}.${previous.id}` }),
  };
}

async function search(visit: Visit, desk: DeskServices, query: string): Promise<Found> {
  try {
    const asked = askedOf(visit, numberOf);
    const { records, next, previous } = await desk.patients.search(isoDates(query), { limit: pageSize, ...asked });
    return {
      records,
      older: next === undefined ? undefined : url('patients', {}, { q: query, older: next }),
      newer: previous === undefined ? undefined : url('patients', {}, { q: query, newer: previous }),
    };
  } catch (error) {
    if (!(error instanceof RecordsError) || error.code !== 'invalid-details') throw error;
    return { records: [], refused: `Search for at most ${searchWordsMax} words at once.` };
  }
}

/** The page that the link names; a damaged link shows the first. */
function askedOf<Cursor>(
  visit: Visit,
  read: (text: string | null) => Cursor | undefined,
): { readonly older?: Cursor; readonly newer?: Cursor } {
  const [older, newer] = [read(visit.query.get('older')), read(visit.query.get('newer'))];
  if (newer !== undefined) return { newer };
  return older === undefined ? {} : { older };
}

function numberOf(text: string | null): number | undefined {
  return /^\d{1,15}$/.test(text ?? '') ? Number(text) : undefined;
}

/** `1700000000000.uuid`; anything else begins at the beginning. */
function cursorOf(text: string | null): { readonly at: number; readonly id: string } | undefined {
  const [, at, id] = /^(\d{1,16})\.([0-9a-f-]{36})$/.exec(text ?? '') ?? [];
  return at === undefined || id === undefined ? undefined : { at: Number(at), id };
}

function SearchForm({ query }: { readonly query: string }) {
  return (
    <search>
      <form method="get" action={url('patients')} class="inline">
        <Field
          name="q"
          type="search"
          label="Search"
          required
          value={query}
          autocomplete="off"
          maxlength={200}
          width="long"
          hint="Beginnings of names from three letters, any number or telephone whole, birth date as 1979-03-14"
        />
        <Submit>Search</Submit>
        {query === '' ? null : <LinkButton href={url('patients')}>All patients</LinkButton>}
      </form>
    </search>
  );
}

/** The index knows beginnings from three letters on; a person who types two must not think that nobody is there. */
function Hint({ query, refused }: { readonly query: string; readonly refused: string | undefined }) {
  if (refused !== undefined)
    return (
      <Notice tone="amber" role="status">
        <p>{refused}</p>
      </Notice>
    );
  const short = shortWordsOf(query);
  if (short.length === 0) return null;
  return (
    <Notice tone="amber" role="status">
      <p>
        {short.map((word) => (
          <>
            “<Foreign text={word} />”{' '}
          </>
        ))}
        {short.length === 1 ? 'is' : 'are'} shorter than three letters and found only as a whole name. Type three
        letters or more to find names that begin so.
      </p>
    </Notice>
  );
}

function Nobody({ query, refused }: { readonly query: string; readonly refused: boolean }) {
  if (refused) return null;
  if (query === '')
    return (
      <EmptyState title="No patients yet">
        <p>Register the first one, or import a CSV file.</p>
      </EmptyState>
    );
  return (
    <EmptyState title="Nobody was found">
      <p>All words must fit. Try the beginning of one name, a number, or a birth date alone.</p>
    </EmptyState>
  );
}

interface TableProps {
  readonly records: readonly PatientRecord[];
  readonly query: string;
  readonly order: PatientOrder;
  readonly restricted: ReadonlySet<string>;
  readonly visit: Visit;
}

function PatientTable({ records, query, order, restricted, visit }: TableProps) {
  const sorted = (column: 'created' | 'changed') =>
    query === ''
      ? {
          sort: {
            href: url('patients', {}, { order: column }),
            now: order === column ? ('descending' as const) : ('none' as const),
          },
        }
      : {};
  return (
    <DataTable
      id="patients"
      caption={query === '' ? (order === 'created' ? 'Newest first' : 'Last changed first') : 'Found, newest first'}
      rows={records}
      rowKey={({ id }) => id}
      columns={[
        {
          key: 'name',
          label: 'Patient',
          isHeader: true,
          cell: (record) => <Who record={record} isRestricted={restricted.has(record.id)} now={visit.now} />,
        },
        {
          key: 'id',
          label: 'Id',
          cell: ({ id, details }) => <Numbers details={details} isRestricted={restricted.has(id)} />,
        },
        {
          key: 'created',
          label: 'Registered',
          ...sorted('created'),
          cell: ({ createdAt }) => <When at={createdAt} show="date" />,
        },
        { key: 'changed', label: 'Changed', ...sorted('changed'), cell: ({ changedAt }) => <When at={changedAt} /> },
      ]}
    />
  );
}

interface WhoProps {
  readonly record: PatientRecord;
  readonly isRestricted: boolean;
  readonly now: Instant;
}

/** Of a restricted record no more than it takes to open the right one. */
function Who({ record: { id, details }, isRestricted, now }: WhoProps) {
  return (
    <>
      <a href={url('patient', { patient: id })} data-open>
        <PersonName name={details} />
      </a>{' '}
      {isRestricted ? <Tag tone="violet">Restricted</Tag> : null}{' '}
      {details.policeCase && !isRestricted ? <Tag tone="blue">Police case</Tag> : null}
      <span class="second-line">
        {sexOf(details)} · <BirthDate date={details.birthDate} now={now} />
        {details.city === undefined || isRestricted ? null : (
          <>
            {' '}
            · <Foreign text={details.city} />
          </>
        )}
      </span>
    </>
  );
}

function Numbers({
  details,
  isRestricted,
}: {
  readonly details: PatientRecord['details'];
  readonly isRestricted: boolean;
}) {
  return (
    <>
      <span class={wrapOf(details.csvId)}>
        <Foreign text={details.csvId} />
      </span>
      {details.mrn === undefined || isRestricted ? null : (
        <span class={`second-line ${wrapOf(details.mrn) ?? ''}`}>
          MRN <Foreign text={details.mrn} />
        </span>
      )}
    </>
  );
}

/** A number is read in one piece, unless somebody wrote a sentence there. */
function wrapOf(number: string): 'nowrap' | undefined {
  return number.length <= 20 ? 'nowrap' : undefined;
}
