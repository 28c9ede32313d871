export interface KeyTables {
  key_placeholder: { id: string };
}

/** Creates the tables above, in order, on an empty database (migration 1). */
export const createKeyTables: readonly string[] = [];
