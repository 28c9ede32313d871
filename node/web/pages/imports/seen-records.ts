import type { DraftRecord } from '../../../records/csv/sealed-draft.ts';
import type { DeskServices } from '../../desk-services.ts';
import type { Visit } from '../../visit.ts';

/** A judged row as this person may see it. */
export interface SeenRecord {
  readonly record: DraftRecord;
  /** The stored patient is closed to this person: what it says is not shown. */
  readonly isClosed: boolean;
}

/** A row that changes a stored patient shows what that says: a look like any other, written down before it is shown. */
export async function seenRecords(
  visit: Visit,
  desk: DeskServices,
  records: readonly DraftRecord[],
): Promise<readonly SeenRecord[]> {
  return await Promise.all(
    records.map(async (record) => {
      if (record.stored === undefined) return { record, isClosed: false };
      const looked = await desk.access.look(visit.user, { kind: 'patient', id: record.stored.patient }, 'view');
      return { record, isClosed: looked.state === 'restricted' };
    }),
  );
}
