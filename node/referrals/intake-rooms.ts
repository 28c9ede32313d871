import { chunkRoom, type ChunkHasher, type ChunkRoom } from '../../protocol/bundle/chunk-room.ts';

/** Tokens in memory at once, of all peers: as many as a peer of this program sends. */
export const roomsMax = 3;

/** Memory for tokens that arrive, lent so that constant memory is enough however many peers send. */
export interface IntakeRooms {
  /** Waits for a room that is nearly free; `undefined` while those who have them may take their time. */
  lend(): Promise<ChunkRoom | undefined>;
  giveBack(room: ChunkRoom): void;
  /** What is in it is hashed now: it will be free in a moment. */
  closing(room: ChunkRoom): void;
  /** What is in it is wanted later. Until then whoever finds no other room takes it, and `lost` runs. */
  park(room: ChunkRoom, lost: () => void): void;
}

export function openIntakeRooms(hasher: ChunkHasher): IntakeRooms {
  const free: ChunkRoom[] = [];
  const waiting: ((room: ChunkRoom) => void)[] = [];
  const closing = new Set<ChunkRoom>();
  const parked = new Map<ChunkRoom, () => void>();
  let made = 0;
  return {
    lend: async () => {
      const found = free.pop();
      if (found !== undefined) return found;
      if (made < roomsMax) {
        made += 1;
        return chunkRoom(hasher);
      }
      if (closing.size > waiting.length) return await new Promise<ChunkRoom>((resolve) => waiting.push(resolve));
      const [oldest] = parked;
      if (oldest === undefined) return undefined;
      const [room, lost] = oldest;
      parked.delete(room);
      lost();
      return room;
    },
    giveBack: (room) => {
      closing.delete(room);
      parked.delete(room);
      const next = waiting.shift();
      if (next === undefined) free.push(room);
      else next(room);
    },
    closing: (room) => {
      parked.delete(room);
      closing.add(room);
    },
    park: (room, lost) => {
      parked.set(room, lost);
    },
  };
}
