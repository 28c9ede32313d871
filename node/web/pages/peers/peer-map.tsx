import type { PeerOverview } from '../../../peers/overview.ts';
import { shown } from '../../components/text.tsx';
import { url } from '../../urls.ts';
import { peerStateWord } from './peer-words.tsx';

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly centre: { readonly x: number; readonly y: number };
  readonly radius: { readonly x: number; readonly y: number };
}

const titleLettersMax = 22;
const boxWidth = 184;
const boxHeight = 48;

/** One peer stands beside this node, two on both sides of it, more around it: no more room than the picture needs. */
function layoutOf(count: number): Layout {
  if (count === 1) return { width: 480, height: 72, centre: { x: 110, y: 36 }, radius: { x: 260, y: 0 } };
  if (count === 2) return { width: 720, height: 72, centre: { x: 360, y: 36 }, radius: { x: 250, y: 0 } };
  return { width: 720, height: 320, centre: { x: 360, y: 160 }, radius: { x: 250, y: 112 } };
}

/**
 * The peers around this node, as a picture of what the table below says: a line for each, whole where referrals go, broken
 * where they do not. Cards tell no coordinates, so the places mean nothing. Each peer is a link with its state in words.
 */
export function PeerMap({ title, peers }: { readonly title: string; readonly peers: readonly PeerOverview[] }) {
  const { width, height, centre, radius } = layoutOf(peers.length);
  const places = peers.map((each, i) => ({ ...each, ...placeOf({ centre, radius }, i, peers.length) }));
  const words = peers.map(({ peer }) => `${shown(peer.title)}: ${peerStateWord(peer.state)}`).join('. ');
  return (
    <div class="scroll" role="region" aria-label="Map of the peers" tabindex={0}>
      <svg
        class={peers.length > 1 ? 'map wide' : 'map'}
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-labelledby="map-picture map-words"
      >
        <title id="map-picture">{`${title} and its peers`}</title>
        <desc id="map-words">{words}</desc>
        {places.map(({ peer, x, y }) => (
          <line class={`link ${peer.state}`} x1={centre.x} y1={centre.y} x2={x} y2={y} aria-hidden="true" />
        ))}
        <Place x={centre.x} y={centre.y} name={title} word="this node" kind="own" />
        {places.map(({ peer, x, y }) => (
          <a href={url('peer', { peer: peer.name })}>
            <Place x={x} y={y} name={peer.title} word={peerStateWord(peer.state)} kind={peer.state} />
          </a>
        ))}
      </svg>
    </div>
  );
}

function Place(props: {
  readonly x: number;
  readonly y: number;
  readonly name: string;
  readonly word: string;
  readonly kind: string;
}) {
  const { x, y, kind, word } = props;
  const name = shown(props.name);
  return (
    <g class={`place ${kind}`}>
      <rect x={x - boxWidth / 2} y={y - boxHeight / 2} width={boxWidth} height={boxHeight} rx="6" />
      <text x={x} y={y - 4} text-anchor="middle">
        {name.length > titleLettersMax ? `${name.slice(0, titleLettersMax - 1)}…` : name}
      </text>
      <text class="word" x={x} y={y + 15} text-anchor="middle">
        {word}
      </text>
    </g>
  );
}

function placeOf(
  { centre, radius }: Pick<Layout, 'centre' | 'radius'>,
  i: number,
  count: number,
): { readonly x: number; readonly y: number } {
  // From the right, clockwise: names have more room at the sides.
  const angle = (2 * Math.PI * i) / Math.max(count, 2);
  return {
    x: Math.round(centre.x + radius.x * Math.cos(angle)),
    y: Math.round(centre.y + radius.y * Math.sin(angle)),
  };
}
