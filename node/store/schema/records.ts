export interface RecordTables {
  record_placeholder: { id: string };
}

/** Creates the tables above, in order, on an empty database (migration 1). */
export const createRecordTables: readonly string[] = [];
