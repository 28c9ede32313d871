import type { BundleLine, OutboxLine } from '../../../referrals/outbox-list.ts';
import { Call } from '../../components/call.tsx';
import { DataTable, type Column } from '../../components/table.tsx';
import { PriorityMark, stateWord, Tag } from '../../components/tag.tsx';
import { BirthDate, Foreign, PersonName, spanWords } from '../../components/text.tsx';
import { url } from '../../urls.ts';
import type { ListFacts } from '../inbox/list-facts.ts';
import { agoWords, nameParts } from '../inbox/referral-words.ts';
import { ShortWhen, TimeHead } from '../inbox/short-when.tsx';
import { otherUnderway, parcelOf, parcelSteps, type ParcelStep } from './outbox-steps.ts';

interface CellProps {
  readonly line: OutboxLine;
  readonly facts: ListFacts;
}

/** Sent referrals, each with its parcel line, and what stands in the way of one. */
export function OutboxTable({ lines, facts }: { readonly lines: readonly OutboxLine[]; readonly facts: ListFacts }) {
  const columns: readonly Column<OutboxLine>[] = [
    { key: 'priority', label: 'Priority, state', cell: (line) => <Priority line={line} /> },
    { key: 'patient', label: 'Patient', isHeader: true, cell: (line) => <Patient line={line} facts={facts} /> },
    { key: 'to', label: 'To', cell: (line) => <To line={line} facts={facts} /> },
    {
      key: 'way',
      label: <TimeHead label="On its way, times in" now={facts.now} />,
      cell: (line) => <Way line={line} facts={facts} />,
    },
  ];
  return (
    <DataTable
      id="outbox-list"
      caption="Sent referrals"
      hideCaption
      columns={columns}
      rows={lines}
      rowKey={({ id }) => id}
    />
  );
}

function Priority({ line }: Pick<CellProps, 'line'>) {
  return (
    <>
      <PriorityMark priority={line.priority} />
      <span class="second-line">{stateWord(line.state)}</span>
    </>
  );
}

function Patient({ line, facts }: CellProps) {
  const { summary } = line;
  return (
    <>
      <a href={url('sent', { referral: line.id })} data-open>
        {summary === undefined ? 'Record erased' : <PersonName name={nameParts(summary.patientName)} />}
      </a>
      <span class="second-line">
        {summary === undefined ? null : (
          <>
            <BirthDate date={summary.birthDate} now={facts.now} /> ·{' '}
          </>
        )}
        <span class="nowrap">{line.number}</span>
      </span>
    </>
  );
}

function To({ line, facts }: CellProps) {
  return (
    <>
      <Foreign text={facts.peerOf(line.peer).title} />
      <span class="second-line">sent {agoWords(line.sentAt, facts.now)}</span>
    </>
  );
}

function Way({ line, facts }: CellProps) {
  const parcel = parcelOf(line);
  return (
    <>
      <ol class="parcel" aria-label="Steps">
        {parcelSteps(line).map((step) => (
          <Step step={step} line={line} facts={facts} />
        ))}
      </ol>
      <Asks line={line} facts={facts} />
      {parcel === undefined ? null : <Obstacle bundle={parcel} line={line} facts={facts} what="The referral" />}
      {otherUnderway(line).map((bundle) => (
        <Obstacle bundle={bundle} line={line} facts={facts} what={eventWords[bundle.event] ?? 'A message of ours'} />
      ))}
    </>
  );
}

/** The other hospital waits for us, not we for it. */
function Asks({ line, facts }: CellProps) {
  const { question, peer, id } = line;
  if (question === undefined) return null;
  return (
    <div class="asks">
      <p>
        <Tag tone="amber">
          ? <Foreign text={facts.peerOf(peer).title} /> asks
        </Tag>{' '}
        <Foreign text={question.by} />, {agoWords(question.at, facts.now)}.{' '}
        <a href={`${url('sent', { referral: id })}#questions`}>
          A doctor here answers<span class="unseen"> {line.number}</span>
        </a>
      </p>
      <p class="clip">
        <Foreign text={question.text} />
      </p>
    </div>
  );
}

const marks = { done: '✓', current: '…', waiting: '○', failed: '✕' } as const;
const markWords = { done: 'done', current: 'now', waiting: 'not yet', failed: 'ended' } as const;

function Step({ step, line, facts }: CellProps & { readonly step: ParcelStep }) {
  const { label, state, at, proof } = step;
  return (
    <li class={state}>
      <span aria-hidden="true">{marks[state]}</span>{' '}
      {proof !== undefined ? <a href={url('sent', { referral: line.id })}>{label}</a> : label}
      <span class="unseen"> ({markWords[state]})</span>
      {at === undefined || state !== 'done' ? null : (
        <span class="second-line">
          {proof === undefined ? '' : `${proof} `}
          <ShortWhen at={at} now={facts.now} />
        </span>
      )}
    </li>
  );
}

/** What stands in the way of a bundle, when it is tried again and until when it should be there. */
function Obstacle({ bundle, line, facts, what }: CellProps & { readonly bundle: BundleLine; readonly what: string }) {
  const { title, telephone } = facts.peerOf(line.peer);
  const { now } = facts;
  if (bundle.state === 'refused' || bundle.state === 'set-aside')
    return (
      <p class="doubt">
        ! {what} did not arrive and will not by itself: {bundle.trouble}. Telephone{' '}
        <Call hospital={title} telephone={telephone} />.
      </p>
    );
  if (bundle.doneAt !== undefined) return null;
  const isWaiting = bundle.troubleCode !== '';
  if (!isWaiting && !bundle.isOverdue) return null;
  return (
    <p class={bundle.isOverdue ? 'doubt' : 'second-line'}>
      {bundle.isOverdue ? '! ' : ''}
      {what} is not there yet.{isWaiting ? ` ${withStop(bundle.trouble)} Tries: ${bundle.attempts}.` : ''} Next try{' '}
      {bundle.nextAt <= now ? 'now' : `in ${spanWords(bundle.nextAt - now)}`};{' '}
      {bundle.isOverdue ? `it was due ${agoWords(bundle.deadline, now)}` : `due in ${spanWords(bundle.deadline - now)}`}
      . If it cannot wait, telephone <Call hospital={title} telephone={telephone} />.
    </p>
  );
}

const eventWords: Readonly<Record<string, string>> = {
  withdrawn: 'The withdrawal',
  'cancel-requested': 'The request to cancel',
  'info-provided': 'The answer',
  voided: 'The declaration as void',
  expired: 'The expiry',
};

/** What a machine said, as a sentence. */
function withStop(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
