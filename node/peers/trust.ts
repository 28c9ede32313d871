import { OperationError } from '../platform/operation-error.ts';
import { noteAct, type ActPorts, type PeerAct } from './acts.ts';
import type { Peer, PeerDirectory, PeerState } from './directory.ts';

/** What an administrator may do to a peer that is there. Each is a leaf of the log with who did it (Spec §2, §6). */
export interface PeerTrust {
  /** Takes nothing from the peer and sends it nothing, for a while; it is told `REC_PAUSED`. */
  pause(name: string, by: string): Promise<Peer>;
  /** Treats the peer as a stranger. */
  block(name: string, by: string): Promise<Peer>;
  /** Exchanges with a paused or blocked peer again. A peer whose key changed has to be paired anew. */
  resume(name: string, by: string): Promise<Peer>;
}

export interface PeerTrustPorts extends ActPorts {
  readonly directory: PeerDirectory;
}

interface Move {
  readonly to: PeerState;
  readonly from: readonly PeerState[];
  readonly detail: string;
  readonly act: PeerAct;
}

const moves = {
  pause: { to: 'paused', from: ['paired'], detail: 'Paused by the administrator.', act: 'peer-paused' },
  block: {
    to: 'blocked',
    from: ['paired', 'paused', 'key-changed'],
    detail: 'Blocked by the administrator.',
    act: 'peer-blocked',
  },
  resume: { to: 'paired', from: ['paused', 'blocked'], detail: '', act: 'peer-resumed' },
} as const satisfies Record<string, Move>;

export function openPeerTrust(ports: PeerTrustPorts): PeerTrust {
  const { directory, clock } = ports;
  const run = async (move: Move, name: string, by: string): Promise<Peer> => {
    const found = directory.get(name);
    await directory.change(
      found.name,
      (current) => {
        if (current.state === move.to) return undefined;
        if (!move.from.includes(current.state)) throw refused(current.state, move);
        return { ...current, state: move.to, since: clock.now(), detail: move.detail };
      },
      (writer) => noteAct(writer, ports, move.act, { peer: found.name, by }),
    );
    return directory.get(name);
  };
  return {
    pause: (name, by) => run(moves.pause, name, by),
    block: (name, by) => run(moves.block, name, by),
    resume: (name, by) => run(moves.resume, name, by),
  };
}

/** Which acts a peer's state allows, for pages that offer no others. */
export function mayDo(state: PeerState): readonly (keyof PeerTrust)[] {
  return (['pause', 'resume', 'block'] as const).filter((act) =>
    (moves[act].from as readonly PeerState[]).includes(state),
  );
}

function refused(state: PeerState, move: Move): OperationError {
  return new OperationError(
    'conflict',
    'peer-state',
    `The peer is ${state}; only ${move.from.join(' or ')} can become ${move.to}. Nothing was changed.`,
  );
}
