import type { InboxChoice } from '../../../referrals/inbox-list-queries.ts';
import type { InboxCounts } from '../../../referrals/inbox-list.ts';
import { Tiles, type Tile } from '../../components/panel.tsx';
import { priorityWord, type Tone } from '../../components/tag.tsx';
import { url } from '../../urls.ts';
import { inboxLink, priorities, type InboxQueryText, type Scope } from './inbox-query.ts';
import type { ListFacts } from './list-facts.ts';

type Asked = Omit<InboxQueryText, 'place'>;

const tiles: readonly { readonly group: keyof InboxCounts; readonly label: string; readonly tone?: Tone }[] = [
  { group: 'emergency', label: 'Emergency', tone: 'red' },
  { group: 'new', label: 'New', tone: 'blue' },
  { group: 'mine', label: 'Waiting for me' },
  { group: 'asked', label: 'Information asked' },
  { group: 'overdue', label: 'Overdue', tone: 'amber' },
  { group: 'opened', label: 'Opened, undecided' },
  { group: 'accepted', label: 'Accepted' },
  { group: 'closed', label: 'Closed' },
];

/** Each referral is counted in exactly one tile, an overdue emergency as an emergency; the sum is said beside them. */
export function InboxTiles({ counts, asked }: { readonly counts: InboxCounts; readonly asked: Asked }) {
  const shown = tiles.map(({ group, label, tone }): Tile => {
    const count = counts[group];
    return {
      label: group === 'overdue' && counts.emergency > 0 ? 'Other overdue' : label,
      count,
      href: inboxLink(asked, { group: asked.group === group ? 'to-decide' : group }),
      isCurrent: asked.group === group,
      ...(tone !== undefined && count > 0 ? { tone } : {}),
    };
  });
  return <Tiles label="Referrals by what they wait for" tiles={shown} />;
}

/** How many nobody has looked at: the number in the window's title. */
export function unlookedAt(counts: InboxCounts): number {
  return counts.new + counts.emergency;
}

export function toDecide(counts: InboxCounts): number {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return all - counts.accepted - counts.closed;
}

const scopes: readonly { readonly scope: Scope; readonly label: string }[] = [
  { scope: 'me', label: 'Me' },
  { scope: 'department', label: 'Department' },
  { scope: 'hospital', label: 'Hospital' },
];

/** Whose referrals: mine, my department's, all. */
export function Scopes({ asked }: { readonly asked: Asked }) {
  return (
    <nav class="scopes" aria-label="Whose referrals">
      <ul>
        {scopes.map(({ scope, label }) => (
          <li>
            <a
              href={inboxLink(asked, { scope, ...(scope === 'department' ? { department: '' } : {}) })}
              aria-current={asked.scope === scope ? 'true' : undefined}
            >
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

const groupTitles: Readonly<Record<InboxChoice, string>> = {
  'to-decide': 'to decide',
  all: 'in all',
  emergency: 'emergency',
  new: 'new',
  mine: 'waiting for me',
  asked: 'information asked',
  overdue: 'overdue',
  opened: 'opened, undecided',
  accepted: 'accepted',
  closed: 'closed',
};

/** Filters as a form of links' own words: it works without script, and what is chosen stands in the address. */
export function InboxFilters({ asked, facts }: { readonly asked: Asked; readonly facts: ListFacts }) {
  const isNarrowed = asked.peer !== '' || asked.priority !== '' || asked.department !== '';
  return (
    <details class="filters" open={isNarrowed}>
      <summary>Filters{isNarrowed ? ' (in use)' : ''}</summary>
      <form method="get" action={url('inbox')} class="inline">
        <Kept name="group" value={asked.group === 'to-decide' ? '' : asked.group} />
        <Kept name="scope" value={asked.scope === 'hospital' ? '' : asked.scope} />
        <Kept name="sort" value={asked.sort === 'urgency' ? '' : asked.sort} />
        <Choose
          name="priority"
          label="Priority"
          value={asked.priority}
          any="any"
          choices={priorities.map((value) => ({ value, label: priorityWord(value) }))}
        />
        <Choose
          name="peer"
          label="From"
          value={asked.peer}
          any="any hospital"
          choices={facts.peers.map(({ name, title }) => ({ value: name, label: title }))}
        />
        {asked.scope === 'department' ? null : (
          <Choose
            name="department"
            label="Department"
            value={asked.department}
            any="any"
            choices={facts.departments.map((name) => ({ value: name, label: name }))}
          />
        )}
        <button type="submit" class="button second">
          Show
        </button>
        {isNarrowed ? <a href={inboxLink(asked, { peer: '', priority: '', department: '' })}>Without filters</a> : null}
      </form>
    </details>
  );
}

export function groupWords(group: InboxChoice): string {
  return groupTitles[group];
}

function Kept({ name, value }: { readonly name: string; readonly value: string }) {
  return value === '' ? null : <input type="hidden" name={name} value={value} />;
}

/** A choice beside its label, on one line. */
export function Choose({
  name,
  label,
  value,
  any,
  choices,
}: {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly any: string;
  readonly choices: readonly { readonly value: string; readonly label: string }[];
}) {
  return (
    <div class="choose">
      <label for={`choose-${name}`}>{label}</label>
      <select name={name} id={`choose-${name}`}>
        <option value="">{any}</option>
        {choices.map((choice) => (
          <option value={choice.value} selected={choice.value === value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}
