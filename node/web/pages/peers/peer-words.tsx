import type { PeerState } from '../../../peers/directory.ts';
import type { PairingFault, PairingStatus, PairingStepName } from '../../../peers/pairing-status.ts';
import { Tag, type Tone } from '../../components/tag.tsx';

/** A peer's state is one word, the same in cards, map and table; what it means stands beside it. */
const states: Readonly<Record<PeerState, { readonly word: string; readonly tone: Tone; readonly means: string }>> = {
  invited: { word: 'Invited', tone: 'blue', means: 'An invitation waits to be opened.' },
  confirming: { word: 'Confirming', tone: 'blue', means: 'Words are being compared.' },
  paired: { word: 'Paired', tone: 'green', means: 'Referrals go both ways, and each witnesses the other’s log.' },
  paused: { word: 'Paused', tone: 'amber', means: 'Nothing is taken from it and nothing sent. It is told so.' },
  blocked: { word: 'Blocked', tone: 'red', means: 'It is treated as a stranger.' },
  'key-changed': { word: 'Key changed', tone: 'red', means: 'Its trust has stopped by itself.' },
};

export function peerStateWord(state: PeerState): string {
  return states[state].word;
}

export function peerStateMeans(state: PeerState): string {
  return states[state].means;
}

export function PeerStateTag({ state }: { readonly state: PeerState }) {
  return <Tag tone={states[state].tone}>{states[state].word}</Tag>;
}

const steps: Readonly<Record<PairingStepName, (status: PairingStatus) => string>> = {
  invitation: ({ role }) => (role === 'host' ? 'Invitation made here' : 'Invitation opened here'),
  contact: ({ role }) => (role === 'host' ? 'Other hospital opens it' : 'Other node answers, cards checked'),
  words: () => 'Six words agreed',
  'typed-here': () => 'Three words typed here',
  'typed-there': () => 'Three words typed there',
  trust: () => 'Keys pinned, paired',
};

export function pairingStepWords(name: PairingStepName, status: PairingStatus): string {
  return steps[name](status);
}

const sides: Readonly<Record<PairingFault['side'], string>> = {
  this: 'to be mended at this node',
  network: 'to be mended in the network between',
  peer: 'to be mended at the other hospital',
};

export function sideWords(side: PairingFault['side']): string {
  return sides[side];
}

const pairingStates: Readonly<Record<PairingStatus['state'], { readonly word: string; readonly tone: Tone }>> = {
  invited: { word: 'Waiting', tone: 'blue' },
  confirming: { word: 'Compare words', tone: 'amber' },
  paired: { word: 'Paired', tone: 'green' },
  ended: { word: 'Ended', tone: 'plain' },
};

export function PairingTag({ status }: { readonly status: PairingStatus }) {
  const { word, tone } = pairingStates[status.state];
  return <Tag tone={tone}>{word}</Tag>;
}
