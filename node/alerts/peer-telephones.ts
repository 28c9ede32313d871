import type { NodeName } from '../../protocol/ids.ts';
import type { Clock } from '../platform/clock.ts';
import { row, statement } from '../store/statement.ts';
import type { Store } from '../store/store.ts';
import type { Changes, Person } from './changes.ts';
import { checkFields, optional, telephoneRule, type FieldFault } from './fields.ts';

export type TelephoneSaved =
  { readonly state: 'saved' } | { readonly state: 'refused'; readonly faults: readonly FieldFault[] };

/** Numbers that people call when another hospital does not answer: no message of the protocol carries them (Node §8). */
export interface PeerTelephones {
  /** By the peer's name; who has none is not there. */
  all(): Promise<ReadonlyMap<string, string>>;
  /** An empty text takes the number away. The change is a leaf of the log. */
  set(by: Person, peer: NodeName, telephone: string): Promise<TelephoneSaved>;
}

export interface PeerTelephonesPorts {
  readonly store: Store;
  readonly changes: Changes;
  readonly clock: Clock;
}

const rules = { telephone: optional(telephoneRule) };

const queries = {
  all: statement()((db) => db.selectFrom('peer_telephone').selectAll()),
  put: statement<{ peer: string; telephone: string; changed_at: number }>()((db, values) =>
    db
      .insertInto('peer_telephone')
      .values(row(values, ['peer', 'telephone', 'changed_at']))
      .onConflict((conflict) =>
        conflict.column('peer').doUpdateSet((eb) => ({
          telephone: eb.ref('excluded.telephone'),
          changed_at: eb.ref('excluded.changed_at'),
        })),
      ),
  ),
};

export function openPeerTelephones({ store, changes, clock }: PeerTelephonesPorts): PeerTelephones {
  return {
    all: async () => {
      const rows = await store.read((reader) => reader.all(queries.all, {}));
      return new Map(rows.filter(({ telephone }) => telephone !== '').map(({ peer, telephone }) => [peer, telephone]));
    },
    set: async (by, peer, given) => {
      const { values, faults } = checkFields(rules, { telephone: given });
      if (faults.length > 0) return { state: 'refused', faults };
      const { telephone } = values;
      return await store.write(async (writer): Promise<TelephoneSaved> => {
        const old = (await writer.all(queries.all, {})).find((each) => each.peer === peer)?.telephone ?? '';
        if (old === telephone) return { state: 'saved' };
        await writer.run(queries.put, { peer, telephone, changed_at: clock.now() });
        await changes.note(writer, by, [{ subject: 'peer', id: peer, name: 'telephone', old, new: telephone }]);
        return { state: 'saved' };
      });
    },
  };
}
