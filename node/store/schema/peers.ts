export interface PeerTables {
  peer_placeholder: { id: string };
}

/** Creates the tables above, in order, on an empty database (migration 1). */
export const createPeerTables: readonly string[] = [];
