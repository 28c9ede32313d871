import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import { parseCosignatures, verifyCosignature } from '../../protocol/log/cosignature.ts';
import { noteKey, noteKeyTypes } from '../../protocol/log/note.ts';
import { writeAddCheckpoint } from '../../protocol/log/witness.ts';
import { findLiveKeys } from '../../protocol/card.ts';
import type { NodeName } from '../../protocol/ids.ts';
import type { LogProofs } from '../exchange-log/proofs.ts';
import { logQueries } from '../exchange-log/queries.ts';
import type { Sequencer } from '../exchange-log/sequencer.ts';
import type { Peer } from '../peers/directory.ts';
import type { Clock } from '../platform/clock.ts';
import type { Store } from '../store/store.ts';

/** What a commit brings along so that the receiver can find its leaf in a head that it has cosigned (Spec §5). */
export interface HeadForPeer {
  /** The size that the proof is to be made for. */
  readonly size: number;
  /** An add-checkpoint body, when the peer does not hold a head that covers the leaf. */
  readonly checkpoint: string | undefined;
}

export interface NextCheckpoint {
  readonly body: string;
  readonly size: number;
}

/** Which head of our log each peer holds. One add-checkpoint is in flight per peer; the commits of a batch share it. */
export interface PeerHeads {
  /** Runs `send` with a head that covers leaf `index`; alone, when it has to bring a checkpoint along. */
  withHead<T>(peer: NodeName, index: number, send: (head: HeadForPeer) => Promise<T>): Promise<T>;
  /**
   * Stores a cosignature that came back; true when it is the peer's own over that head. Whoever brings the next head
   * waits until it is stored, so that a caller may write what else it has in the same commit.
   */
  takeCosignature(peer: Peer, size: number, line: string): Promise<boolean>;
  /** What the peer says it holds: told by 409, or 0 when it knows nothing of us. */
  correct(peer: NodeName, size: number): Promise<void>;
  /** Runs `send`, in its turn, with the body that brings a peer up to our newest head; not at all when it is there. */
  withNewest<T>(peer: NodeName, send: (next: NextCheckpoint) => Promise<T>): Promise<T | undefined>;
}

export interface PeerHeadsPorts {
  readonly store: Store;
  readonly log: Sequencer;
  readonly proofs: LogProofs;
  readonly clock: Clock;
}

export function openPeerHeads(ports: PeerHeadsPorts): PeerHeads {
  const { store, log, proofs, clock } = ports;
  const turns = new Map<NodeName, Promise<unknown>>();
  const taking = new Map<NodeName, Promise<unknown>>();
  const heldSize = async (peer: NodeName): Promise<number> => {
    await taking.get(peer);
    return (await store.read((reader) => reader.first(logQueries.witness, { peer })))?.size ?? 0;
  };
  const nextCheckpoint = async (peer: NodeName): Promise<NextCheckpoint | undefined> => {
    const old = await heldSize(peer);
    const { size, checkpoint } = log.head();
    if (old >= size) return undefined;
    const path = await store.read((reader) => proofs.consistency(reader, old, size));
    return { body: writeAddCheckpoint(old, path, checkpoint), size };
  };
  const inTurn = async <T>(peer: NodeName, run: () => Promise<T>): Promise<T> => {
    const before = turns.get(peer) ?? Promise.resolve();
    const turn = before.then(run, run);
    const settled = turn.catch(() => undefined);
    turns.set(peer, settled);
    try {
      return await turn;
    } finally {
      if (turns.get(peer) === settled) turns.delete(peer);
    }
  };
  const takeOne = async (peer: Peer, size: number, line: string): Promise<boolean> => {
    const row = await store.read((reader) => reader.first(logQueries.checkpointAt, { size }));
    if (row === undefined) return false;
    const [signature] = parseCosignatures(line.endsWith('\n') ? line : `${line}\n`);
    const now = clock.now();
    const keys = findLiveKeys(peer.card, 'cosign', now);
    const checkpoint = parseCheckpoint(row.note);
    const good = keys.some(({ key }) => {
      const witness = noteKey(`${peer.name}/witness`, noteKeyTypes.cosignature, key, logCrypto);
      return signature !== undefined && verifyCosignature(checkpoint, signature, witness, logCrypto) !== undefined;
    });
    if (!good) return false;
    await store.write(async (writer) => {
      const text = line.endsWith('\n') ? line.slice(0, -1) : line;
      await writer.run(logQueries.putCosignature, { size, witness: peer.name, line: text, at: now });
      const held = await writer.first(logQueries.witness, { peer: peer.name });
      if ((held?.size ?? 0) < size) await writer.run(logQueries.putWitness, { peer: peer.name, size, at: now });
    });
    return true;
  };
  return {
    withNewest: (peer, send) =>
      inTurn(peer, async () => {
        const next = await nextCheckpoint(peer);
        return next === undefined ? undefined : send(next);
      }),
    withHead: async (peer, index, send) => {
      const held = await heldSize(peer);
      if (held > index) return send({ size: held, checkpoint: undefined });
      const brought = await inTurn(peer, async () => {
        const meanwhile = await heldSize(peer);
        if (meanwhile > index) return { size: meanwhile };
        const next = await nextCheckpoint(peer);
        return { answer: await send({ size: next?.size ?? meanwhile, checkpoint: next?.body }) };
      });
      // Whoever waited while another brought the checkpoint goes beside the others, not behind them.
      return 'answer' in brought ? brought.answer : send({ size: brought.size, checkpoint: undefined });
    },
    takeCosignature: async (peer, size, line) => {
      const taken = takeOne(peer, size, line);
      const settled = Promise.allSettled([taking.get(peer.name), taken]);
      taking.set(peer.name, settled);
      try {
        return await taken;
      } finally {
        if (taking.get(peer.name) === settled) taking.delete(peer.name);
      }
    },
    correct: async (peer, size) => {
      const known = await store.read((reader) => reader.first(logQueries.checkpointAt, { size }));
      const safe = size === 0 || known !== undefined ? size : 0;
      await store.write(async (writer) => writer.run(logQueries.putWitness, { peer, size: safe, at: clock.now() }));
    },
  };
}
