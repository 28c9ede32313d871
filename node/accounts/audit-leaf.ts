import { formatInstant } from '../../protocol/instant.ts';
import { writeLocalRecord } from '../../protocol/log/record.ts';
import type { Sequencer } from '../exchange-log/sequencer.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { Writer } from '../store/store.ts';

/** Puts an act into the exchange log, in the transaction of its effect. */
export type TellLog = (writer: Writer, act: string, members: Readonly<Record<string, string>>) => Promise<void>;

const saltBytes = 32;

/** Leaves of type `local` and kind `audit` (Spec §6): who did what, by id; never a name, a login or anything of a patient. */
export function openAuditLeaves(ports: {
  readonly log: Sequencer;
  readonly clock: Clock;
  readonly random: Random;
}): TellLog {
  const { log, clock, random } = ports;
  return async (writer, act, members) => {
    const salt = random.bytes(saltBytes);
    const told = { act, at: formatInstant(clock.now()), ...members };
    const record = writeLocalRecord({ kind: 'audit', salt, members: told });
    await log.queue(writer, { type: 'local', record });
  };
}
