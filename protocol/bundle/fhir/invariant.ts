import type { Visit } from './structure.ts';

/**
 * A rule of R4 that structure cannot say: its key there, what it asks, whether an element keeps it, and the part of the
 * element that an issue names, if not the whole.
 */
export type Invariant = readonly [key: string, human: string, holds: (visit: Visit) => boolean, at?: string];
export type InvariantTable = Readonly<Record<string, readonly Invariant[]>>;
