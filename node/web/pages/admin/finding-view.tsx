import type { Finding } from '../../../operations/finding.ts';
import { DataTable, type Column } from '../../components/table.tsx';
import { Tag, type Tone } from '../../components/tag.tsx';
import { MomentsIn } from '../../components/moments-in.tsx';
import { Foreign } from '../../components/text.tsx';
import { begun, meaningOf, titleOf } from '../../../operations/meanings.ts';

export const findingWords: Readonly<Record<Finding['state'], { readonly word: string; readonly tone: Tone }>> = {
  ok: { word: '✓ good', tone: 'green' },
  warn: { word: '! look at it', tone: 'amber' },
  fail: { word: '✕ fails', tone: 'red' },
};

export function FindingTag({ state }: Pick<Finding, 'state'>) {
  const { word, tone } = findingWords[state];
  return <Tag tone={tone}>{word}</Tag>;
}

/** Every check with its state in a word; what is not good says whose matter it is, the fix, and what it means. */
export function FindingTable({
  findings,
  id,
  caption,
}: {
  readonly findings: readonly Finding[];
  readonly id: string;
  readonly caption: string;
}) {
  return (
    <DataTable id={id} caption={caption} hideCaption columns={columns} rows={findings} rowKey={({ check }) => check} />
  );
}

const columns: readonly Column<Finding>[] = [
  { key: 'check', label: 'Check', isHeader: true, cell: (finding) => <Foreign text={titleOf(finding)} /> },
  { key: 'state', label: 'State', cell: ({ state }) => <FindingTag state={state} /> },
  {
    key: 'found',
    label: 'Found',
    cell: (finding) => (
      <>
        <MomentsIn text={begun(finding.detail)} />
        {finding.state === 'ok' ? null : (
          <span class="second-line">
            <strong>To do</strong> ({finding.side}): <Foreign text={finding.fix} />
          </span>
        )}
      </>
    ),
  },
  {
    key: 'meaning',
    label: 'Means for patients',
    cell: (finding) => (finding.state === 'ok' ? <span class="quiet">nothing</span> : meaningOf(finding)),
  },
];
