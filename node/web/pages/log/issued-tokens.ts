import type { DeskServices } from '../../desk-services.ts';
import type { Visit } from '../../visit.ts';

/** A token as it is shown to whoever made it. */
export interface IssuedToken {
  readonly label: string;
  readonly token: string;
}

interface Held extends IssuedToken {
  readonly heldUntil: number;
}

/** A second click of the same form comes within seconds; then the secret is nowhere but with its maker. */
export const heldMs = 60_000;
const held = new WeakMap<object, Map<string, Held>>();

/** Keeps a secret in memory for the answers to one form: which of two clicks a browser shows the answer of is its matter. */
export function holdIssued(visit: Visit, desk: DeskServices, once: string, issued: IssuedToken): void {
  const all = held.get(desk.tokens) ?? new Map<string, Held>();
  held.set(desk.tokens, all);
  for (const [key, { heldUntil }] of all) if (heldUntil <= visit.now) all.delete(key);
  all.set(keyOf(visit, once), { ...issued, heldUntil: visit.now + heldMs });
}

/** What this very form of this very session made; `undefined` later than `heldMs`. */
export function findIssued(visit: Visit, desk: DeskServices, once: string): IssuedToken | undefined {
  const found = held.get(desk.tokens)?.get(keyOf(visit, once));
  return found === undefined || found.heldUntil <= visit.now ? undefined : found;
}

function keyOf({ session }: Visit, once: string): string {
  return `${session?.id}/${once}`;
}
