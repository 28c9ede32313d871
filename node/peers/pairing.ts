import type { Card } from '../../protocol/card.ts';
import type { Instant } from '../../protocol/instant.ts';
import type { PairAnswer, PairRequest } from '../../protocol/pairing.ts';
import { OperationError } from '../platform/operation-error.ts';
import { accept, sendConfirmation } from './pairing-guest.ts';
import { answerStep, invite } from './pairing-host.ts';
import { pairingQueries } from './pairing-queries.ts';
import {
  endRun,
  finish,
  noPairing,
  put,
  statusOf,
  wordsFit,
  type PairingPorts,
  type PairingStatus,
} from './pairing-run.ts';

/** Pairing of Spec §2: nothing is trusted because the network said so. */
export interface Pairing {
  /** Makes an invitation: the link and QR text that the other hospital opens. */
  invite(): Promise<{ readonly link: string; readonly expires: Instant }>;
  /** Opens another hospital's invitation and runs steps 1 and 2 with it. */
  accept(link: string): Promise<PairingStatus>;
  /** Takes the three words that this side's administrator typed. A wrong word ends the run. */
  confirm(peer: string, words: readonly string[]): Promise<'paired' | 'waiting-for-the-other-side'>;
  list(): Promise<readonly PairingStatus[]>;
  /** The host's side of a step, after the door has read the body; `verify` checks the request under the guest's card. */
  answer(id: Uint8Array, request: PairRequest, verify: (card: Card) => void): Promise<PairAnswer | undefined>;
  /** Repeats step 3 for guests that were confirmed here; a job calls it every 5 s. */
  repeatConfirmations(): Promise<void>;
}

export function openPairing(ports: PairingPorts): Pairing {
  const { store, clock } = ports;
  return {
    invite: async () => invite(ports),
    accept: async (link) => accept(ports, link),
    confirm: async (peer, words) => {
      const row = await store.read((reader) => reader.first(pairingQueries.ofPeer, { peer, now: clock.now() }));
      if (row?.transcript === undefined || row.transcript === null) throw noPairing(peer);
      if (!wordsFit(row, words)) {
        await endRun(ports, row, 'A wrong word was typed here: the run ended. Begin again with the invitation.');
        throw new OperationError(
          'denied',
          'wrong-words',
          'The words are not the ones this side expects. The run has ended and nothing is trusted. Ask the other hospital to read out its words once more; if they differ again, somebody stands between you.',
        );
      }
      const confirmed = { ...row, own_confirmed: 1 };
      await put(ports, confirmed);
      if (row.role === 'guest')
        return (await sendConfirmation(ports, confirmed)) ? 'paired' : 'waiting-for-the-other-side';
      if (row.peer_confirmed === 0) return 'waiting-for-the-other-side';
      await finish(ports, confirmed);
      return 'paired';
    },
    list: async () => {
      const rows = await store.read((reader) => reader.all(pairingQueries.open, { now: clock.now() }));
      return rows.map(statusOf);
    },
    answer: async (id, request, verify) => answerStep(ports, id, request, verify),
    repeatConfirmations: async () => {
      const rows = await store.read((reader) => reader.all(pairingQueries.open, { now: clock.now() }));
      for (const row of rows) if (row.role === 'guest' && row.own_confirmed === 1) await sendConfirmation(ports, row);
    },
  };
}
