import type { InboxSort } from '../../../referrals/inbox-list-queries.ts';
import type { InboxLine } from '../../../referrals/inbox-list.ts';
import { DataTable, type Column } from '../../components/table.tsx';
import { PriorityMark, StateTag, Tag } from '../../components/tag.tsx';
import { BirthDate, Foreign, PersonName } from '../../components/text.tsx';
import { url } from '../../urls.ts';
import type { ListFacts } from './list-facts.ts';
import { agoWords, beginningOf, dueWords, nameParts } from './referral-words.ts';
import { ShortWhen, TimeHead } from './short-when.tsx';

export interface InboxTableProps {
  readonly lines: readonly InboxLine[];
  readonly facts: ListFacts;
  readonly sort: InboxSort;
  /** Where each order of the same list is. */
  readonly sortLink: (sort: InboxSort) => string;
  /** The list itself: where a row's button leads back to. */
  readonly back: string;
}

/** Received referrals, two lines each: who, from whom, why, since when, and whose it is (screen 2). */
export function InboxTable({ lines, facts, sort, sortLink, back }: InboxTableProps) {
  const by = (name: InboxSort, way: 'ascending' | 'descending') =>
    ({
      href: sortLink(name),
      now: sort === name ? way : 'none',
    }) as const;
  const columns: readonly Column<InboxLine>[] = [
    { key: 'priority', label: 'Priority', sort: by('urgency', 'ascending'), cell: (line) => <Priority line={line} /> },
    { key: 'patient', label: 'Patient', isHeader: true, cell: (line) => <Patient line={line} facts={facts} /> },
    { key: 'from', label: 'From', cell: (line) => <From line={line} facts={facts} /> },
    { key: 'why', label: 'Why', cell: (line) => <Why line={line} facts={facts} /> },
    {
      key: 'arrived',
      label: <TimeHead label="Arrived," now={facts.now} />,
      sort: by('newest', 'descending'),
      cell: (line) => <Arrived line={line} facts={facts} />,
    },
    {
      key: 'due',
      label: <TimeHead label="Answer due," now={facts.now} />,
      sort: by('deadline', 'ascending'),
      cell: (line) => <Due line={line} facts={facts} />,
    },
    { key: 'whose', label: 'State, with', cell: (line) => <Whose line={line} facts={facts} back={back} /> },
  ];
  return (
    <DataTable
      id="inbox-list"
      caption="Received referrals"
      hideCaption
      columns={columns}
      rows={lines}
      rowKey={({ id }) => id}
      rowClass={({ isNew, priority, group }) =>
        [...(isNew ? ['new'] : []), ...(priority === 'stat' && group === 'emergency' ? ['emergency'] : [])].join(' ') ||
        undefined
      }
    />
  );
}

interface CellProps {
  readonly line: InboxLine;
  readonly facts: ListFacts;
}

function Priority({ line }: Pick<CellProps, 'line'>) {
  return (
    <>
      <PriorityMark priority={line.priority} />
      <span class="second-line">{line.isNew ? <Tag tone="blue">New</Tag> : 'opened'}</span>
    </>
  );
}

function Patient({ line, facts }: CellProps) {
  const { summary } = line;
  return (
    <>
      <a href={url('received', { referral: line.id })} data-open>
        {summary === undefined ? 'Record erased' : <PersonName name={nameParts(summary.patientName)} />}
      </a>
      <span class="second-line">
        {summary === undefined ? null : (
          <>
            {summary.sex === '' ? 'sex not told' : summary.sex} · <BirthDate date={summary.birthDate} now={facts.now} />{' '}
            ·{' '}
          </>
        )}
        <span class="nowrap">{line.number}</span>
      </span>
    </>
  );
}

/** What stands in the list was taken only with a valid signature and a place in both logs (Spec §5). */
function From({ line, facts }: CellProps) {
  const { title, keyChangedAt } = facts.peerOf(line.peer);
  return (
    <>
      <Foreign text={title} />
      <span class="second-line">
        {keyChangedAt === undefined ? (
          <span class="verified">✓ signature valid</span>
        ) : (
          <span class="doubt">! key changed {agoWords(keyChangedAt, facts.now)}</span>
        )}
      </span>
    </>
  );
}

function Why({ line, facts }: CellProps) {
  const department = facts.departmentOf(line.department) ?? line.summary?.specialty;
  return (
    <>
      <span class="clip">
        <Foreign text={beginningOf(line.summary?.reason ?? '')} />
      </span>
      <span class="second-line clip">
        {department === undefined ? 'no department named' : <Foreign text={department} />}
      </span>
    </>
  );
}

function Arrived({ line, facts }: CellProps) {
  return (
    <>
      <span class="nowrap">{agoWords(line.arrivedAt, facts.now)}</span>
      <span class="second-line">
        <ShortWhen at={line.arrivedAt} now={facts.now} />
      </span>
    </>
  );
}

function Due({ line, facts }: CellProps) {
  if (line.isAnswered) return <span class="quiet">answered</span>;
  const { text, isOverdue } = dueWords(line.answerDueAt, facts.now);
  return (
    <>
      {isOverdue ? <Tag tone="red">! {text}</Tag> : <span class="nowrap">{text}</span>}
      <span class="second-line">
        <ShortWhen at={line.answerDueAt} now={facts.now} />
      </span>
    </>
  );
}

function Whose({ line, facts, back }: CellProps & { readonly back: string }) {
  const holder = facts.nameOf(line.assignedTo);
  const isMine = line.assignedTo === facts.me;
  const isOpen = line.group !== 'closed';
  return (
    <>
      <StateTag state={line.state} />
      <div class="second-line row-act">
        {line.answersTroubled ? <span class="doubt">! what we said is not delivered yet</span> : null}
        {holder === undefined ? null : isMine ? 'you' : <Foreign text={holder} />}
        {isOpen && (holder === undefined || isMine) ? (
          <form method="post" action={url('inbox-assign')}>
            <input type="hidden" name="referral" value={line.id} />
            <input type="hidden" name="back" value={back} />
            <button type="submit" class="button quiet small" name="to" value={isMine ? '' : 'me'}>
              {isMine ? 'Give back' : 'Take'}
              <span class="unseen"> {line.number}</span>
            </button>
          </form>
        ) : null}
      </div>
    </>
  );
}
