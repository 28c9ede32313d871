/** Lines of one user at a time: each browser holds one, and a person has a few. */
export const streamsMax = 8;

const open = new WeakMap<object, Map<string, number>>();

/** Counts the open lines of each user of one node; `undefined` when this user has too many already. */
export function takePlace(node: object, user: string): { readonly leave: () => void } | undefined {
  const counts = open.get(node) ?? new Map<string, number>();
  open.set(node, counts);
  const count = counts.get(user) ?? 0;
  if (count >= streamsMax) return undefined;
  counts.set(user, count + 1);
  let isHere = true;
  return {
    leave: () => {
      if (!isHere) return;
      isHere = false;
      const left = (counts.get(user) ?? 1) - 1;
      if (left === 0) counts.delete(user);
      else counts.set(user, left);
    },
  };
}
