import type { PeerOverview } from '../../../peers/overview.ts';
import { shown } from '../../components/text.tsx';
import { url } from '../../urls.ts';
import { peerStateWord } from './peer-words.tsx';

const width = 720;
const height = 320;
const centre = { x: width / 2, y: height / 2 };
const radius = { x: 250, y: 112 };
const titleLettersMax = 22;

/**
 * The peers around this node, as a picture of what the table below says: a line for each, whole where referrals go, broken
 * where they do not. Cards tell no coordinates, so the places mean nothing. Each peer is a link with its state in words.
 */
export function PeerMap({ title, peers }: { readonly title: string; readonly peers: readonly PeerOverview[] }) {
  const places = peers.map((each, i) => ({ ...each, ...placeOf(i, peers.length) }));
  const words = peers.map(({ peer }) => `${shown(peer.title)}: ${peerStateWord(peer.state)}`).join('. ');
  return (
    <div class="scroll" role="region" aria-label="Map of the peers" tabindex={0}>
      <svg class="map" viewBox={`0 0 ${width} ${height}`} role="group" aria-labelledby="map-title map-words">
        <title id="map-title">{`${title} and its peers`}</title>
        <desc id="map-words">{words}</desc>
        {places.map(({ peer, x, y }) => (
          <line class={`link ${peer.state}`} x1={centre.x} y1={centre.y} x2={x} y2={y} aria-hidden="true" />
        ))}
        <Place x={centre.x} y={centre.y} name={title} word="this node" kind="own" />
        {places.map(({ peer, x, y }) => (
          <a href={url('peer', { peer: peer.name })} aria-label={`${shown(peer.title)}, ${peerStateWord(peer.state)}`}>
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
    <g class={`place ${kind}`} aria-hidden={kind === 'own' ? undefined : 'true'}>
      <rect x={x - 92} y={y - 24} width="184" height="48" rx="6" />
      <text x={x} y={y - 4} text-anchor="middle">
        {name.length > titleLettersMax ? `${name.slice(0, titleLettersMax - 1)}…` : name}
      </text>
      <text class="word" x={x} y={y + 15} text-anchor="middle">
        {word}
      </text>
    </g>
  );
}

function placeOf(i: number, count: number): { readonly x: number; readonly y: number } {
  // From the right, clockwise: two peers lie left and right, where names have room.
  const angle = (2 * Math.PI * i) / Math.max(count, 2);
  return {
    x: Math.round(centre.x + radius.x * Math.cos(angle)),
    y: Math.round(centre.y + radius.y * Math.sin(angle)),
  };
}
