import { toBase64Url } from '../../protocol/bytes.ts';
import { formatInstant, instantOfMs } from '../../protocol/instant.ts';
import type { Store } from '../store/store.ts';
import type { Looks } from './looks.ts';
import { logQueries } from './queries.ts';

export interface AuditQuery {
  readonly peer: string | undefined;
  /** Milliseconds since 1970, both inclusive. */
  readonly from: number;
  readonly to: number;
  /** The page begins behind this index. */
  readonly after: number;
}

/** A leaf with the record behind it; records hold no patient data (Spec §6). */
export interface AuditRecord {
  readonly index: number;
  readonly type: string;
  readonly x: string;
  readonly record: string;
  readonly peer: string | null;
  readonly at: string;
}

/** The records behind the leaves, for auditors. Each look is itself a `local` leaf, durable before anything is shown. */
export interface Audit {
  /** `by` and `asked` stand in the record of the look; other than plain ASCII in them is written as a question mark. */
  look(by: string, asked: string, query: AuditQuery): Promise<readonly AuditRecord[]>;
}

/** Records in one page. */
export const auditRecordsMax = 1_000;

export function openAudit(store: Store, looks: Looks): Audit {
  return {
    look: async (by, asked, { peer, ...range }) => {
      await looks.note(by, asked);
      const page = { ...range, limit: auditRecordsMax };
      const rows = await store.read((reader) =>
        peer === undefined
          ? reader.all(logQueries.auditRecords, page)
          : reader.all(logQueries.auditRecordsOfPeer, { peer, ...page }),
      );
      return rows.map((row) => ({
        index: row.idx,
        type: row.type,
        x: row.x,
        record: toBase64Url(row.record),
        peer: row.peer,
        at: formatInstant(instantOfMs(row.at)),
      }));
    },
  };
}
