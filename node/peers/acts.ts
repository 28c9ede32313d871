import { formatInstant } from '../../protocol/instant.ts';
import { parseNodeName } from '../../protocol/ids.ts';
import { writeLocalRecord } from '../../protocol/log/record.ts';
import type { Sequencer } from '../exchange-log/sequencer.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { Writer } from '../store/store.ts';

/** What an administrator does with a peer, or what happened to the trust in one. */
export type PeerAct =
  | 'peer-invited'
  | 'peer-invitation-opened'
  | 'peer-invitation-withdrawn'
  | 'peer-words-right'
  | 'peer-words-wrong'
  | 'peer-paired'
  | 'peer-paused'
  | 'peer-resumed'
  | 'peer-blocked'
  | 'peer-key-changed';

export interface ActPorts {
  readonly log: Pick<Sequencer, 'queue'>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Whoever types commands at the machine itself: the command line has no users. */
export const operator = 'operator';
/** What the node did because of what it saw. */
export const thisNode = 'node';
const saltBytes = 32;
const lettersMax = 100;

/**
 * Puts an act on a peer into the exchange log, in the transaction of the act: a `local` record of kind audit with who, what
 * and when. `by` is a user's id, never a name (Spec §6).
 */
export async function noteAct(
  writer: Writer,
  ports: ActPorts,
  act: PeerAct,
  what: { readonly peer: string | null; readonly by: string },
): Promise<void> {
  const { peer, by } = what;
  const at = formatInstant(ports.clock.now());
  const members = { act, at, by: by.replaceAll(/[^A-Za-z0-9._@-]/g, '?').slice(0, lettersMax) };
  const named = peer === null ? undefined : parseNodeName(peer);
  const record = writeLocalRecord({
    kind: 'audit',
    salt: ports.random.bytes(saltBytes),
    members: named === undefined || named.length > lettersMax ? members : { ...members, peer: named },
  });
  await ports.log.queue(writer, { type: 'local', record, ...(named === undefined ? {} : { peer: named }) });
}
