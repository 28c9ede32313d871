import { toBase64Url, utf8 } from '../../protocol/bytes.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { formatInstant, type Instant } from '../../protocol/instant.ts';
import { writeLocalRecord } from '../../protocol/log/record.ts';
import type { Sequencer } from '../exchange-log/sequencer.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import { row, statement } from '../store/statement.ts';
import type { Store, Writer } from '../store/store.ts';

/** Who did something: a user's id and the name that people know. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

export interface Change {
  readonly subject: 'setting' | 'station' | 'department' | 'backup' | 'peer';
  /** Of the station or department; empty for the others. */
  readonly id: string;
  /** The field or setting that changed. */
  readonly name: string;
  readonly old: string;
  readonly new: string;
}

export interface ChangeEntry extends Change {
  readonly number: number;
  readonly by: Person;
  readonly at: Instant;
}

/** Every change of what an administrator sets: a leaf of the log each, in the transaction of the change (Node §8). */
export interface Changes {
  note(writer: Writer, by: Person, changes: readonly Change[]): Promise<void>;
  /** That a person asked for a backup or a restore drill: written down before it begins, on a full disk too. */
  noteAsked(by: Person, what: 'backup' | 'drill'): Promise<void>;
  /** The latest first; with `below`, those before that one. */
  list(limit: number, below?: number): Promise<readonly ChangeEntry[]>;
}

export interface ChangesPorts {
  readonly store: Store;
  readonly log: Pick<Sequencer, 'queue'>;
  readonly clock: Clock;
  readonly random: Random;
}

const saltBytes = 32;
/** What a member of a record may hold (Spec §0.2): ASCII without quote and backslash, here of at most 100 letters. */
const loggableForm = /^[\x20-\x21\x23-\x5b\x5d-\x7e]{0,100}$/;

const insertChange = statement<{
  subject: Change['subject'];
  id: string;
  name: string;
  old: string;
  new: string;
  by_id: string;
  by_name: string;
  at: number;
}>()((db, values) =>
  db.insertInto('admin_change').values(row(values, ['subject', 'id', 'name', 'old', 'new', 'by_id', 'by_name', 'at'])),
);
const latestChanges = statement<{ below: number; limit: number }>()((db, values) =>
  db
    .selectFrom('admin_change')
    .selectAll()
    .where('number', '<', values.below)
    .orderBy('number', 'desc')
    .limit(values.limit),
);

export function openChanges({ store, log, clock, random }: ChangesPorts): Changes {
  const note: Changes['note'] = async (writer, by, changes) => {
    const now = clock.now();
    for (const change of changes) {
      await writer.run(insertChange, { ...change, by_id: by.id, by_name: by.name, at: now });
      const members = {
        act: change.subject === 'backup' ? 'backup-asked' : `${change.subject}-changed`,
        ...(change.id === '' ? {} : { id: loggable(change.id) }),
        setting: change.name,
        old: loggable(change.old),
        new: loggable(change.new),
        by: loggable(by.id),
        at: formatInstant(now),
      };
      const record = writeLocalRecord({ kind: 'audit', salt: random.bytes(saltBytes), members });
      await log.queue(writer, { type: 'local', record });
    }
  };
  return {
    note,
    noteAsked: async (by, what) => {
      const change: Change = { subject: 'backup', id: '', name: what, old: '', new: 'asked' };
      await store.write((writer) => note(writer, by, [change]), { essential: true });
    },
    list: async (limit, below = Number.MAX_SAFE_INTEGER) => {
      const rows = await store.read((reader) => reader.all(latestChanges, { below, limit }));
      return rows.map(({ number, subject, id, name, old, new: to, by_id, by_name, at }) => ({
        number,
        subject,
        id,
        name,
        old,
        new: to,
        by: { id: by_id, name: by_name },
        at: at as Instant,
      }));
    },
  };
}

/** The text itself where a record can hold it, else its SHA-256: whoever knows the text can check it (Spec §6). */
export function loggable(text: string): string {
  return loggableForm.test(text) ? text : `sha256 ${toBase64Url(sha256(utf8(text)))}`;
}
