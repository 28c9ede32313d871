import { toBase64Url } from '../../protocol/bytes.ts';
import { formatInstant, type Instant } from '../../protocol/instant.ts';
import { writeLocalRecord } from '../../protocol/log/record.ts';
import type { Sequencer } from '../exchange-log/sequencer.ts';
import type { Random } from '../platform/random.ts';
import type { Writer } from '../store/store.ts';
import { loggable, type Person } from './changes.ts';

export type AlertAct = 'confirmed' | 'sent' | 'failed' | 'tried-again' | 'acknowledged';

/** What an alert is to the log: no case, no patient, no address. */
export interface LoggedAlert {
  readonly id: string;
  readonly station: string;
  /** SHA-256 of the mail's text. */
  readonly sha256: Uint8Array;
}

/** Who acts when the node itself sends or gives up. */
export const machine: Person = { id: 'machine', name: 'machine' };

const saltBytes = 32;

/** A `local` leaf of kind alert in the transaction of what was done: who, what, when, which mail, to whom (Node §8 rule 5). */
export async function queueAlertLeaf(
  writer: Writer,
  ports: { readonly log: Pick<Sequencer, 'queue'>; readonly random: Random },
  given: { readonly act: AlertAct; readonly alert: LoggedAlert; readonly by: Person; readonly at: Instant },
): Promise<void> {
  const { act, alert, by, at } = given;
  const members = {
    act,
    alert: alert.id,
    station: alert.station,
    mail: toBase64Url(alert.sha256),
    by: loggable(by.id),
    name: loggable(by.name),
    at: formatInstant(at),
  };
  const record = writeLocalRecord({ kind: 'alert', salt: ports.random.bytes(saltBytes), members });
  await ports.log.queue(writer, { type: 'local', record });
}
