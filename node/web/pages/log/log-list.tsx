import { logPageEntries, type LogEntry, type LogPage } from '../../../exchange-log/explorer.ts';
import { readStanding, unwitnessedMsMax, type LogStanding } from '../../../exchange-log/standing.ts';
import { page } from '../../answer.ts';
import { ErrorSummary, Field, LinkButton, Select, Submit, type FormErrors } from '../../components/form.tsx';
import { EmptyState, Facts, Notice, Section } from '../../components/panel.tsx';
import { DataTable, Pager, type Column } from '../../components/table.tsx';
import { bytesWords, When } from '../../components/text.tsx';
import { InUtc } from '../../components/zone.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { HandlersOf } from '../../route.ts';
import type { logRoutes } from '../../routes/log-routes.ts';
import { url } from '../../urls.ts';
import { kindNames, readLogQuery, type LogQuery } from './log-query.ts';
import { Hash, KindTag, localWords } from './log-words.tsx';

const minuteMs = 60_000;

/** Screen 19: the entries of the log, newest first; who looks is written into it before anything is shown. */
export const logListHandlers: Pick<HandlersOf<typeof logRoutes>, 'log'> = {
  log: async (visit, desk) => {
    const query = readLogQuery(visit.query);
    const found = await desk.explorer.page(visit.user.id, query.asked, query.filter, query.place);
    const standing = await desk.store.read((reader) => readStanding(reader, desk.log, visit.now));
    return page(
      { title: 'Exchange log', status: query.errors.length === 0 ? 200 : 422 },
      <InUtc>
        <ErrorSummary errors={query.errors} title="The filter was not understood" />
        <div class="page-head">
          <h1>Exchange log</h1>
          <p>
            <LinkButton href={url('log-files')}>Checkpoint and tiles</LinkButton>
          </p>
        </div>
        <Standing standing={standing} origin={desk.own.origin} />
        <Filter desk={desk} query={query} errors={query.errors} />
        <Entries found={found} query={query} />
        <p class="quiet">
          Your look stands in the log with your user id. An entry names no patient, and neither does the record behind
          it.
        </p>
      </InUtc>,
    );
  },
};

function Standing({ standing, origin }: { readonly standing: LogStanding; readonly origin: string }) {
  const { size, signedAt, witnesses, anchored } = standing;
  return (
    <>
      {standing.isUnwitnessed ? (
        <Notice tone="red" title="Nobody has cosigned the newest entries" role="alert">
          <p>
            The newest cosigned head is more than {unwitnessedMsMax / minuteMs} minutes older than the newest entry.
            Entries behind it could still be replaced unseen. Ask why the peers do not answer.
          </p>
        </Notice>
      ) : null}
      <Section id="standing" title="How it stands">
        <Facts
          facts={[
            { term: 'Log', value: <code>{origin}</code> },
            { term: 'Entries', value: size.toLocaleString('en') },
            { term: 'Last checkpoint', value: <When at={signedAt} show="seconds" /> },
            {
              term: 'Cosigned up to',
              value:
                anchored === undefined ? (
                  'nothing yet'
                ) : (
                  <>
                    {anchored.size.toLocaleString('en')} entries, <When at={anchored.at} show="seconds" />
                  </>
                ),
            },
            {
              term: 'Witnesses',
              value:
                witnesses.length === 0
                  ? 'none yet'
                  : witnesses.map(({ witness, size: seen, at }) => (
                      <span class="line">
                        {witness}: {seen.toLocaleString('en')}, <When at={at} />
                      </span>
                    )),
            },
          ]}
        />
        {witnesses.length > 1 ? null : (
          <p class="quiet">
            With fewer than two witnesses no independent one vouches for what the two hospitals exchanged.
          </p>
        )}
      </Section>
    </>
  );
}

interface FilterProps {
  readonly desk: DeskServices;
  readonly query: LogQuery;
  readonly errors: FormErrors;
}

function Filter({ desk, query, errors }: FilterProps) {
  const { typed } = query;
  const peers = desk.directory
    .list()
    .map(({ name, title }) => ({ value: name as string, label: `${title} (${name})` }));
  return (
    <form method="get" action={url('log')} class="panel" id="log-filter" role="search" aria-label="Filter the entries">
      <div class="fields">
        <Select
          name="kind"
          label="Kind"
          value={typed.kind}
          choices={[{ value: '', label: 'all kinds' }, ...kindNames.map((kind) => ({ value: kind, label: kind }))]}
        />
        <Select name="peer" label="Peer" value={typed.peer} choices={[{ value: '', label: 'all peers' }, ...peers]} />
        <Field name="from" label="From day (UTC)" type="date" value={typed.from} errors={errors} width="medium" />
        <Field name="to" label="To day (UTC)" type="date" value={typed.to} errors={errors} width="medium" />
        <Field name="hash" label="Reference hash" hint="x, or its first letters" value={typed.hash} errors={errors} />
      </div>
      <Submit tone="second">Show</Submit> <LinkButton href={url('log')}>Show all</LinkButton>
    </form>
  );
}

function Entries({ found, query }: { readonly found: LogPage; readonly query: LogQuery }) {
  const { entries } = found;
  const kept = query.typed;
  const newest = entries[0]?.index;
  const oldest = entries.at(-1)?.index;
  if (newest === undefined || oldest === undefined)
    return (
      <EmptyState title="No entry fits">
        <p>Take something out of the filter, or show all.</p>
      </EmptyState>
    );
  return (
    <>
      <DataTable
        id="entries"
        caption={`${entries.length} entries, the newest first`}
        columns={columns}
        rows={entries}
        rowKey={({ index }) => String(index)}
      />
      <Pager
        newer={found.hasNewer ? url('log', {}, { ...kept, above: newest }) : undefined}
        older={found.hasOlder ? url('log', {}, { ...kept, below: oldest }) : undefined}
        label={`Pages of ${logPageEntries}`}
      />
      <p class="row">
        Export what fits this filter: <a href={url('log-export', {}, { ...kept, format: 'csv' })}>CSV</a>{' '}
        <a href={url('log-export', {}, { ...kept, format: 'json' })}>JSON</a>
      </p>
    </>
  );
}

const columns: readonly Column<LogEntry>[] = [
  {
    key: 'index',
    label: 'Entry',
    isHeader: true,
    align: 'end',
    cell: ({ index }) => <a href={url('log-entry', { index: String(index) })}>{String(index)}</a>,
  },
  {
    key: 'kind',
    label: 'Kind',
    cell: ({ type, record }) => (
      <>
        <KindTag type={type} /> {localWords(type, record)}
      </>
    ),
  },
  { key: 'at', label: 'Time', cell: ({ at }) => <When at={at} show="seconds" /> },
  { key: 'peer', label: 'Peer', cell: ({ peer }) => peer ?? '–' },
  { key: 'x', label: 'Reference hash (x)', cell: ({ x }) => <Hash text={x} /> },
  { key: 'size', label: 'Record', align: 'end', cell: ({ record }) => bytesWords(record.length) },
];
