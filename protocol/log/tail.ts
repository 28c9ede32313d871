import { equalBytes } from '../bytes.ts';
import type { LogCrypto } from './crypto.ts';
import { appendLeaves, edgeRoot, type Appended, type Edge } from './edge.ts';
import { leafHash } from './merkle.ts';

/**
 * Judges entries that a peer sent to be copied: `undefined` unless, from where the copy ends, they lead exactly to the
 * signed head. Entries that the copy already has are passed over (Spec §6, leaf copy).
 */
export function takeTail(
  copy: Edge,
  tail: { readonly start: number; readonly entries: readonly Uint8Array[] },
  head: { readonly size: number; readonly root: Uint8Array },
  crypto: LogCrypto,
): (Appended & { readonly entries: readonly Uint8Array[] }) | undefined {
  const end = tail.start + tail.entries.length;
  if (tail.start > copy.size || end !== head.size || end < copy.size) return undefined;
  const entries = tail.entries.slice(copy.size - tail.start);
  const hashes = entries.map((entry) => leafHash(entry, crypto));
  const appended = appendLeaves(copy, hashes, crypto);
  return equalBytes(edgeRoot(appended.edge, crypto), head.root) ? { ...appended, entries } : undefined;
}
