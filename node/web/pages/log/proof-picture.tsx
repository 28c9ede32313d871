import { toHex } from '../../../../protocol/bytes.ts';
import type { PathJoint } from '../../../exchange-log/proof-check.ts';
import { DataTable, type Column } from '../../components/table.tsx';

interface Level {
  readonly level: number;
  readonly joint: PathJoint;
  readonly made: Uint8Array;
}

/** A picture of at most 29 nodes: leaf, and a node with its sibling for each level that is drawn. */
const drawnMax = 14;
const rowHeight = 44;
const width = 560;
const boxWidth = 150;
const boxHeight = 26;
const shortHexLetters = 12;

/** The way from a leaf to the root, as a picture and as a table of the same hashes. */
export function ProofPicture({
  leaf,
  joints,
  root,
}: {
  readonly leaf: Uint8Array;
  readonly joints: readonly PathJoint[];
  readonly root: Uint8Array;
}) {
  const levels = joints.map((joint, level) => ({ level, joint, made: joints[level + 1]?.hash ?? root }));
  const half = drawnMax / 2;
  const drawn = levels.length > drawnMax ? [...levels.slice(0, half), ...levels.slice(-half)] : levels;
  const left = levels.length - drawn.length;
  return (
    <>
      <Picture leaf={leaf} levels={drawn} left={left} gapAt={half} />
      <DataTable
        id="path"
        caption="The same path as a table, from the leaf up"
        columns={columns}
        rows={levels}
        rowKey={({ level }) => String(level)}
      />
    </>
  );
}

interface PictureProps {
  readonly leaf: Uint8Array;
  readonly levels: readonly Level[];
  readonly left: number;
  readonly gapAt: number;
}

function Picture({ leaf, levels, left, gapAt }: PictureProps) {
  const rows = levels.length + (left > 0 ? 1 : 0);
  const height = (rows + 1) * rowHeight;
  const yOf = (i: number): number => height - rowHeight * (i + 0.5) - (left > 0 && i > gapAt ? rowHeight : 0);
  const middle = width / 2;
  return (
    <div class="scroll" role="region" aria-label="Picture of the path" tabindex={0}>
      <svg class="proof" viewBox={`0 0 ${width} ${height}`} role="img" aria-labelledby="way-picture way-words">
        <title id="way-picture">From the leaf to the root</title>
        <desc id="way-words">{`${levels.length + left} levels; the table below has every hash.`}</desc>
        <line x1={middle} y1={yOf(0)} x2={middle} y2={yOf(levels.length)} />
        {levels.map(({ joint }, i) => (
          <SideNode
            x={joint.siblingIsLeft ? boxWidth / 2 + 8 : width - boxWidth / 2 - 8}
            y={yOf(i)}
            to={middle}
            hash={joint.sibling}
          />
        ))}
        {left > 0 ? (
          <text x={middle} y={yOf(gapAt) - rowHeight} text-anchor="middle">{`… ${left} levels between …`}</text>
        ) : null}
        <Node x={middle} y={yOf(0)} hash={leaf} kind="leaf" word="leaf" />
        {levels.map(({ made }, i) => (
          <Node
            x={middle}
            y={yOf(i + 1)}
            hash={made}
            kind={i === levels.length - 1 ? 'root' : 'made'}
            word={i === levels.length - 1 ? 'root' : ''}
          />
        ))}
      </svg>
    </div>
  );
}

function SideNode({
  x,
  y,
  to,
  hash,
}: {
  readonly x: number;
  readonly y: number;
  readonly to: number;
  readonly hash: Uint8Array;
}) {
  return (
    <>
      <line x1={x} y1={y} x2={to} y2={y - rowHeight} class="side" />
      <Node x={x} y={y} hash={hash} kind="sibling" word="" />
    </>
  );
}

function Node(props: {
  readonly x: number;
  readonly y: number;
  readonly hash: Uint8Array;
  readonly kind: string;
  readonly word: string;
}) {
  const { x, y, hash, kind, word } = props;
  return (
    <g class={kind}>
      <rect x={x - boxWidth / 2} y={y - boxHeight / 2} width={boxWidth} height={boxHeight} rx="4" />
      <text x={x} y={y + 5} text-anchor="middle">
        {`${word === '' ? '' : `${word} `}${toHex(hash).slice(0, shortHexLetters)}`}
      </text>
    </g>
  );
}

const columns: readonly Column<Level>[] = [
  { key: 'level', label: 'Level', isHeader: true, align: 'end', cell: ({ level }) => String(level) },
  { key: 'side', label: 'Sibling', cell: ({ joint }) => (joint.siblingIsLeft ? 'left' : 'right') },
  {
    key: 'sibling',
    label: 'Hash of the sibling',
    cell: ({ joint }) => <code class="wrap">{toHex(joint.sibling)}</code>,
  },
  { key: 'made', label: 'Makes', cell: ({ made }) => <code class="wrap">{toHex(made)}</code> },
];
