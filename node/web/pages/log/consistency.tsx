import { toHex, utf8 } from '../../../../protocol/bytes.ts';
import {
  findEvidence,
  listEvidence,
  readSeenLogs,
  readStanding,
  type EvidenceFact,
  type EvidencePlace,
  type SeenLog,
  type ShownHead,
  type WitnessStanding,
} from '../../../exchange-log/standing.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { download, page } from '../../answer.ts';
import { LinkButton } from '../../components/form.tsx';
import { EmptyState, Facts, Notice, Section } from '../../components/panel.tsx';
import { DataTable, Pager, type Column } from '../../components/table.tsx';
import { When } from '../../components/text.tsx';
import { InUtc } from '../../components/zone.tsx';
import type { HandlersOf } from '../../route.ts';
import type { logRoutes } from '../../routes/log-routes.ts';
import { url } from '../../urls.ts';
import { evidenceWords } from './log-words.tsx';

const evidenceShown = 50;

type ConsistencyRoutes = 'consistency' | 'evidence' | 'evidence-file';

/** Screen 21: what each side last saw of the other's log, and every contradiction that was found. */
export const consistencyHandlers: Pick<HandlersOf<typeof logRoutes>, ConsistencyRoutes> = {
  consistency: async (visit, desk) => {
    const standing = await desk.store.read((reader) => readStanding(reader, desk.log, visit.now));
    const seen = await desk.store.read(readSeenLogs);
    const place = readEvidencePlace(visit.query.get('before'));
    const found = await desk.store.read((reader) => listEvidence(reader, place, evidenceShown + 1));
    const evidence = found.slice(0, evidenceShown);
    const last = found.length > evidenceShown ? evidence.at(-1) : undefined;
    const { size } = standing;
    return page(
      { title: 'Consistency', count: evidence.length },
      <InUtc>
        <h1>Consistency</h1>
        {evidence.length === 0 && place !== undefined ? (
          <EmptyState title="Nothing older" />
        ) : (
          <Alarm evidence={evidence} />
        )}
        <Pager
          label="Pages of evidence"
          newer={place === undefined ? undefined : url('consistency')}
          older={last === undefined ? undefined : url('consistency', {}, { before: `${last.at}.${last.id}` })}
        />
        {standing.witnesses.length === 0 ? null : (
          <DataTable
            id="witnesses"
            caption={`What each peer last cosigned of this log, which has ${size} entries`}
            columns={witnessColumns(size)}
            rows={standing.witnesses}
            rowKey={({ witness }) => witness}
          />
        )}
        {standing.witnesses.length > 1 ? null : (
          <p class="quiet">With fewer than two witnesses there is no independent one.</p>
        )}
        {seen.length === 0 ? (
          <p class="quiet">This node has cosigned no log of a peer yet: it does so when a peer asks.</p>
        ) : (
          <DataTable
            id="seen"
            caption="What this node last cosigned of the peers’ logs"
            columns={seenColumns}
            rows={seen}
            rowKey={({ origin }) => origin}
          />
        )}
      </InUtc>,
    );
  },
  evidence: async (visit, desk) => {
    const found = await desk.store.read((reader) => findEvidence(reader, visit.query.get('id') ?? ''));
    if (found === undefined) throw unknownEvidence();
    return page(
      { title: 'Evidence' },
      <InUtc>
        <p>
          <a href={url('consistency')}>← Consistency</a>
        </p>
        <h1>{`${found.peer}: ${evidenceWords(found.kind)}`}</h1>
        <p>
          Found <When at={found.at} show="seconds" />. It is kept for ever, and nobody needs to believe this node:
          whoever has the keys of {found.peer} can verify it.
        </p>
        <div class="halves">
          {found.heads.map((head) => (
            <Head head={head} />
          ))}
        </div>
        <Section id="body" title="As it was received">
          <pre class="raw">{found.body}</pre>
          <p>
            <LinkButton href={url('evidence-file', {}, { id: found.id })}>Download these bytes</LinkButton>
          </p>
        </Section>
      </InUtc>,
    );
  },
  'evidence-file': async (visit, desk) => {
    const found = await desk.store.read((reader) => findEvidence(reader, visit.query.get('id') ?? ''));
    if (found === undefined) throw unknownEvidence();
    const name = `${found.kind}-${found.peer}-${found.at}.txt`;
    return download({ name, type: 'text/plain; charset=utf-8', body: utf8(found.body) });
  },
};

function Alarm({ evidence }: { readonly evidence: readonly EvidenceFact[] }) {
  if (evidence.length === 0)
    return (
      <EmptyState title="No contradiction was found">
        <p>
          Each head that a peer showed extends the one before, and each receipt belongs to the history that it showed.
        </p>
      </EmptyState>
    );
  return (
    <Notice tone="red" title="A peer has shown two truths" role="alert">
      <p>Keep the evidence, call the hospital, and tell the other peers.</p>
      <ul>
        {evidence.map(({ id, kind, peer, at }) => (
          <li>
            <a href={url('evidence', {}, { id })}>{`${peer}: ${evidenceWords(kind)}`}</a>,{' '}
            <When at={at} show="seconds" />
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function Head({ head }: { readonly head: ShownHead }) {
  return (
    <Section id={head.title.replaceAll(' ', '-')} title={`Head ${head.title}`}>
      <Facts
        facts={[
          { term: 'Log', value: <code>{head.origin}</code> },
          { term: 'Entries', value: String(head.size) },
          { term: 'Root', value: <code class="wrap">{toHex(head.root)}</code> },
        ]}
      />
      {head.note === undefined ? (
        <p class="quiet">Only size and root were kept of this one: this node cosigned it, and its log says so.</p>
      ) : (
        <pre class="raw">{head.note}</pre>
      )}
    </Section>
  );
}

function witnessColumns(size: number): readonly Column<WitnessStanding>[] {
  return [
    { key: 'witness', label: 'Witness', isHeader: true, cell: ({ witness }) => witness },
    { key: 'size', label: 'Up to entry', align: 'end', cell: (row) => String(row.size) },
    { key: 'behind', label: 'Behind', align: 'end', cell: (row) => String(Math.max(0, size - row.size)) },
    { key: 'at', label: 'Since', cell: ({ at }) => <When at={at} show="seconds" /> },
  ];
}

const seenColumns: readonly Column<SeenLog>[] = [
  { key: 'origin', label: 'Log', isHeader: true, cell: ({ origin }) => origin },
  { key: 'size', label: 'Entries', align: 'end', cell: ({ size }) => String(size) },
  { key: 'root', label: 'Root', cell: ({ root }) => <code class="wrap">{toHex(root)}</code> },
  { key: 'at', label: 'Since', cell: ({ at }) => <When at={at} show="seconds" /> },
];

/** `1700000000000.id`; anything else begins at the newest. */
function readEvidencePlace(text: string | null): EvidencePlace | undefined {
  const [, at, id] = /^(\d{1,16})\.([0-9A-Za-z_-]{1,100})$/.exec(text ?? '') ?? [];
  return at === undefined || id === undefined ? undefined : { at: Number(at), id };
}

function unknownEvidence(): OperationError {
  return new OperationError('not-found', 'no-evidence', 'There is no such evidence.');
}
