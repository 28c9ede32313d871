import { page, type PageAnswer } from '../../../node/web/answer.ts';
import {
  Checkboxes,
  ErrorSummary,
  Field,
  Hidden,
  LinkButton,
  Radios,
  Select,
  Submit,
  TextArea,
} from '../../../node/web/components/form.tsx';
import {
  Disclosure,
  EmptyState,
  Facts,
  Notice,
  PatientBanner,
  Section,
  Steps,
  Tiles,
} from '../../../node/web/components/panel.tsx';
import { DataTable, Pager } from '../../../node/web/components/table.tsx';
import { PriorityMark, StateTag, Tag, type Tone } from '../../../node/web/components/tag.tsx';
import {
  BirthDate,
  bytesWords,
  Foreign,
  ForeignLines,
  PersonName,
  spanWords,
  When,
} from '../../../node/web/components/text.tsx';
import { instantOfMs } from '../../../protocol/instant.ts';

const now = instantOfMs(Date.UTC(2026, 2, 14, 8, 45, 12));
const tones: readonly Tone[] = ['red', 'amber', 'green', 'blue', 'violet', 'plain'];
const states = ['received', 'info-requested', 'accepted', 'rejected', 'completed', 'expired', 'void'];
const errors = [
  { field: 'family', message: 'Give a family name, given names or a native name' },
  { field: 'sex', message: 'Choose one of the four' },
  { field: 'notes', message: 'Notes have at most 64 kB' },
];
const rows = [
  {
    id: 'a',
    priority: 'stat',
    name: { familyName: 'Sharma', givenNames: 'Asha', nameNative: 'आशा शर्मा' },
    born: '1979-03-14',
  },
  { id: 'b', priority: 'urgent', name: { familyName: 'Yılmaz', givenNames: 'İpek' }, born: '2019-11' },
  { id: 'c', priority: 'routine', name: { nameNative: 'محمد بن علي' }, born: undefined },
] as const;

/** Every component of the desk on one page, in every state that it has: what tests look at, and what people may. */
export function gallery(): PageAnswer {
  return page(
    { title: 'Gallery', count: 3 },
    <>
      <div class="page-head">
        <h1>Every component</h1>
        <LinkButton href="/gallery">A link as a button</LinkButton>
      </div>
      <ErrorSummary errors={errors} />
      <Words />
      <Tables />
      <Forms />
      <Panels />
    </>,
  );
}

function Words() {
  return (
    <Section title="Words" id="words">
      <p>
        {tones.map((tone) => (
          <>
            <Tag tone={tone}>{tone}</Tag>{' '}
          </>
        ))}
      </p>
      <p>
        {states.map((state) => (
          <>
            <StateTag state={state} />{' '}
          </>
        ))}
      </p>
      <p>
        <PriorityMark priority="stat" /> <PriorityMark priority="urgent" /> <PriorityMark priority="routine" />
      </p>
      <p>
        <When at={now} />, <When at={now} show="seconds" />, <When at={now} show="date" />, {spanWords(7_200_000)},{' '}
        {bytesWords(188_524)}
      </p>
      <p>
        <Foreign text={'Turned \u202Eround, hidden\u200B, <b>markup</b> and \u0007 a bell'} />
      </p>
      <ForeignLines text={'A note\nof two lines'} />
    </Section>
  );
}

function Tables() {
  return (
    <>
      <DataTable
        caption="Referred patients"
        id="referred"
        rows={rows}
        rowKey={({ id }) => id}
        columns={[
          {
            key: 'priority',
            label: 'Priority',
            cell: (row) => <PriorityMark priority={row.priority} />,
            sort: { href: '/gallery?sort=1', now: 'descending' },
          },
          {
            key: 'patient',
            label: 'Patient',
            isHeader: true,
            cell: (row) => (
              <>
                <a href="/gallery">
                  <PersonName name={row.name} />
                </a>
                <span class="second-line">
                  female · <BirthDate date={row.born} now={now} /> · REF-A-2026-000117
                </span>
              </>
            ),
          },
          { key: 'state', label: 'State', cell: () => <StateTag state="received" /> },
          { key: 'size', label: 'Size', cell: () => bytesWords(1_234_567), align: 'end' },
        ]}
      />
      <Pager newer="/gallery?before" older="/gallery?after" />
    </>
  );
}

function Forms() {
  const shared = { errors };
  return (
    <form method="post" action="/gallery" class="panel">
      <h2>A form</h2>
      <Hidden name="once" value="0" />
      <div class="fields">
        <Field {...shared} name="family" label="Family name" value="Sharma" required hint="As in the passport" />
        <Field {...shared} name="birth" label="Birth date" width="short" hint="1979, 1979-03 or 1979-03-14" />
        <Field name="secret" label="Password" type="password" autocomplete="current-password" required />
        <Field name="file" label="A file" type="file" />
        <Field name="fixed" label="Cannot be changed" value="A-000001" readonly />
      </div>
      <Select
        name="country"
        label="Country"
        value="TR"
        choices={[
          { value: 'IN', label: 'India' },
          { value: 'TR', label: 'Türkiye' },
        ]}
      />
      <Radios
        {...shared}
        name="sex"
        label="Sex"
        required
        values={['female']}
        choices={[
          { value: 'female', label: 'Female' },
          { value: 'male', label: 'Male', hint: 'With a hint' },
        ]}
      />
      <Checkboxes
        name="goes"
        label="What goes along"
        values={['a']}
        choices={[
          { value: 'a', label: 'Consultation of 14-Mar-2026' },
          { value: 'b', label: 'X-ray' },
        ]}
      />
      <TextArea {...shared} name="notes" label="Notes" value={'\nBegins with an empty line'} />
      <div class="actions">
        <Submit>Save</Submit> <Submit tone="second">Save and next</Submit> <Submit tone="danger">Decline</Submit>
      </div>
    </form>
  );
}

function Panels() {
  return (
    <div class="two-columns">
      <div>
        <PatientBanner letters={40}>
          <h2>
            <PersonName name={rows[0].name} />
          </h2>
          <p>female</p>
          <p>Allergies: Penicillin</p>
        </PatientBanner>
        <Tiles
          label="Counts"
          tiles={[
            { label: 'New', count: 12, href: '/gallery?tile=new', isCurrent: true, tone: 'blue' },
            { label: 'Emergency', count: 2, href: '/gallery?tile=stat', tone: 'red' },
            { label: 'Waiting', count: 0, href: '/gallery?tile=wait' },
          ]}
        />
        <Steps
          label="Where it is"
          steps={[
            { label: 'Prepared', state: 'done', detail: <When at={now} /> },
            { label: 'Delivered', state: 'current' },
            { label: 'Decided', state: 'waiting' },
            { label: 'Refused', state: 'failed', detail: 'No consent' },
          ]}
        />
        <EmptyState title="No open referrals">
          <p>Peers can reach you: 4 of 4.</p>
        </EmptyState>
      </div>
      <div>
        {tones.map((tone) => (
          <Notice tone={tone} title={`A notice, ${tone}`}>
            <p>
              What happened, what is safe, <a href="/gallery">what to do</a>.
            </p>
          </Notice>
        ))}
        <Facts
          facts={[
            { term: 'Insurer', value: 'Sample Insurance' },
            { term: 'SHA-256', value: <code>{'0123456789abcdef'.repeat(4)}</code> },
          ]}
        />
        <Disclosure summary="The proof behind it" open>
          <pre>{'— alder.example/log\n'.repeat(3)}</pre>
        </Disclosure>
      </div>
    </div>
  );
}
