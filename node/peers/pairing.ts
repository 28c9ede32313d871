import type { Card } from '../../protocol/card.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import type { PairAnswer, PairRequest } from '../../protocol/pairing.ts';
import { OperationError } from '../platform/operation-error.ts';
import { noteAct, operator } from './acts.ts';
import { failedRow } from './pairing-faults.ts';
import { advance, begin, sendConfirmation } from './pairing-guest.ts';
import { answerStep, invite } from './pairing-host.ts';
import { pairingQueries, type PairingRow } from './pairing-queries.ts';
import { changeRow, endedRun, finish, noPairing, wordsFit, type PairingPorts } from './pairing-run.ts';
import { linkOf, statusOf, type PairingStatus } from './pairing-status.ts';

export interface Invited {
  readonly link: string;
  readonly expires: Instant;
  readonly invitation: string;
}

/** A pairing that may be over, and the host's link while it serves. */
export interface FoundPairing {
  readonly status: PairingStatus;
  readonly link: string | undefined;
}

/**
 * Pairing of Spec §2: nothing is trusted because the network said so. `by` is the id of the user who acts; each act is a leaf
 * of the exchange log.
 */
export interface Pairing {
  /** Makes an invitation: the link and QR text that the other hospital opens. */
  invite(by?: string): Promise<Invited>;
  /** Opens another hospital's invitation and runs steps 1 and 2 with it. */
  accept(link: string, by?: string): Promise<PairingStatus>;
  /** Opens an invitation; the steps follow in `work`, which is told at once through `onWork`. */
  begin(link: string, by: string): Promise<PairingStatus>;
  /** Takes the three words that this side's administrator typed. A wrong word ends the run. */
  confirm(peer: string, words: readonly string[], by?: string): Promise<'paired' | 'waiting-for-the-other-side'>;
  /** The same for one run by its invitation: a peer may have several. */
  confirmRun(
    invitation: string,
    words: readonly string[],
    by: string,
  ): Promise<'paired' | 'waiting-for-the-other-side'>;
  /** Ends an invitation or a run of it: nobody can use it any more. */
  withdraw(invitation: string, by: string): Promise<void>;
  list(): Promise<readonly PairingStatus[]>;
  /** Those of the last two days, also when they are over; the newest first. */
  recent(): Promise<readonly PairingStatus[]>;
  find(invitation: string): Promise<FoundPairing | undefined>;
  /** The host's side of a step, after the door has read the body; `verify` checks the request under the guest's card. */
  answer(id: Uint8Array, request: PairRequest, verify: (card: Card) => void): Promise<PairAnswer | undefined>;
  /** Repeats step 3 for guests that were confirmed here; a job calls it every 5 s. */
  repeatConfirmations(): Promise<void>;
  /** What the job does: steps 1 and 2 of invitations that were opened, and `repeatConfirmations`. */
  work(): Promise<void>;
  onWork(listener: () => void): void;
}

const recentMs = 2 * 86_400_000;

export function openPairing(ports: PairingPorts): Pairing {
  const { store, clock } = ports;
  const listeners: (() => void)[] = [];
  const open = (): Promise<readonly PairingRow[]> =>
    store.read((reader) => reader.all(pairingQueries.open, { now: clock.now() }));
  const repeatConfirmations = async (): Promise<void> => {
    for (const row of await open())
      if (row.role === 'guest' && row.own_confirmed === 1) await sendConfirmation(ports, row);
  };
  const confirmRun: Pairing['confirmRun'] = (invitation, words, by) => confirmRow(ports, invitation, words, by);
  return {
    invite: async (by = operator) => invite(ports, by),
    accept: async (link, by = operator) => statusOf(await advance(ports, await begin(ports, link, by))),
    begin: async (link, by) => {
      const row = await begin(ports, link, by);
      for (const listener of listeners) listener();
      return statusOf(row);
    },
    confirm: async (peer, words, by = operator) => {
      const row = await store.read((reader) => reader.first(pairingQueries.ofPeer, { peer, now: clock.now() }));
      if (row?.transcript === undefined || row.transcript === null) throw noPairing(peer);
      return confirmRun(row.invitation, words, by);
    },
    confirmRun,
    withdraw: async (invitation, by) => {
      await changeRow(
        ports,
        invitation,
        (row) =>
          row.step === 'done' || row.step === 'ended'
            ? undefined
            : { ...row, step: 'ended', transcript: null, detail: 'Withdrawn by the administrator.' },
        (writer, row) => noteAct(writer, ports, 'peer-invitation-withdrawn', { peer: row.peer, by }),
      );
    },
    list: async () => (await open()).map(statusOf),
    recent: async () => {
      const since = clock.now() - recentMs;
      const rows = await store.read((reader) => reader.all(pairingQueries.since, { since }));
      return rows.map((row) => statusOf(aged(row, clock.now())));
    },
    find: async (invitation) => {
      const row = await store.read((reader) => reader.first(pairingQueries.get, { invitation }));
      if (row === undefined) return undefined;
      const now = aged(row, clock.now());
      return { status: statusOf(now), link: linkOf(ports.own, now) };
    },
    answer: async (id, request, verify) => answerStep(ports, id, request, verify),
    repeatConfirmations,
    work: async () => {
      for (const row of await open()) if (row.role === 'guest' && row.transcript === null) await tryToMeet(ports, row);
      await repeatConfirmations();
    },
    onWork: (listener) => {
      listeners.push(listener);
    },
  };
}

async function confirmRow(
  ports: PairingPorts,
  invitation: string,
  words: readonly string[],
  by: string,
): Promise<'paired' | 'waiting-for-the-other-side'> {
  let isRight = false;
  const row = await changeRow(
    ports,
    invitation,
    (held) => {
      if (held.step !== 'revealed' || held.transcript === null || held.expires_at <= ports.clock.now())
        throw noPairing(held.peer ?? '');
      isRight = wordsFit(held, words);
      return isRight
        ? { ...held, own_confirmed: 1 }
        : endedRun(held, 'A wrong word was typed here: the run ended. Begin again with the invitation.');
    },
    (writer, { peer }) => noteAct(writer, ports, isRight ? 'peer-words-right' : 'peer-words-wrong', { peer, by }),
  );
  if (row === undefined) throw noPairing('');
  if (!isRight)
    throw new OperationError(
      'denied',
      'wrong-words',
      'The words are not the ones this side expects. The run has ended and nothing is trusted. Ask the other hospital to read out its words once more; if they differ again, somebody stands between you.',
    );
  if (row.role === 'guest') return (await sendConfirmation(ports, row)) ? 'paired' : 'waiting-for-the-other-side';
  return row.peer_confirmed === 1 && (await finish(ports, row)) ? 'paired' : 'waiting-for-the-other-side';
}

/** What failed on the way is in the row; only what is this node's own fault is told further. */
async function tryToMeet(ports: PairingPorts, row: PairingRow): Promise<void> {
  try {
    await advance(ports, row);
  } catch (error) {
    if (failedRow(row, 'contact', error) === undefined) throw error;
  }
}

/** A run that outlived its day is over, whether or not anybody wrote that down. */
function aged(row: PairingRow, now: number): PairingRow {
  if (row.step === 'done' || row.step === 'ended' || row.expires_at > now) return row;
  return {
    ...row,
    step: 'ended',
    detail: 'The invitation lived for a day and has expired.',
    expires_at: instantOfMs(row.expires_at),
  };
}
