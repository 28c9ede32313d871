import { randomBytes, randomUUID } from 'node:crypto';

/** The port of randomness (law 1): every key, nonce, salt, IV and id of a node comes from here. */
export interface Random {
  bytes(size: number): Uint8Array;
  /** A version 4 UUID, lower case. */
  uuid(): string;
}

export const systemRandom: Random = {
  bytes: (size) => new Uint8Array(randomBytes(size)),
  uuid: () => randomUUID(),
};
