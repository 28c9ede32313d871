/**
 * A place between two rows of an ordered list, as it stands in a link: the row on one side of it, by its sort keys and id.
 * Pages that begin at a place lose and repeat nothing when rows come or go before it.
 */
export interface PagePlace {
  readonly side: 'after' | 'before';
  readonly key: number;
  readonly time: number;
  readonly id: string;
}

const placeForm = /^([0-9])\.([0-9]{1,16})\.([0-9a-f-]{36})$/;

export function writePlace({ key, time, id }: Omit<PagePlace, 'side'>): string {
  return `${key}.${time}.${id}`;
}

/** `undefined` for a text that no page of ours wrote. */
export function findPlace(side: PagePlace['side'], text: string | undefined): PagePlace | undefined {
  const [, key, time, id] = placeForm.exec(text ?? '') ?? [];
  if (key === undefined || time === undefined || id === undefined) return undefined;
  return { side, key: Number(key), time: Number(time), id };
}

/** What a page is made of: one row more than it shows was asked for, to know whether it goes on. */
export function cutPage<Row>(
  found: readonly Row[],
  limit: number,
  place: PagePlace | undefined,
  placeOf: (row: Row) => Omit<PagePlace, 'side'>,
): { readonly rows: readonly Row[]; readonly before: string | undefined; readonly after: string | undefined } {
  const goesOn = found.length > limit;
  const back = place?.side === 'before';
  const rows = back ? found.slice(0, limit).toReversed() : found.slice(0, limit);
  const [first] = rows;
  const last = rows.at(-1);
  const hasBefore = back ? goesOn : place !== undefined;
  const hasAfter = back || goesOn;
  return {
    rows,
    before: first !== undefined && hasBefore ? writePlace(placeOf(first)) : undefined,
    after: last !== undefined && hasAfter ? writePlace(placeOf(last)) : undefined,
  };
}

/** Before every row in the order of `way`. */
export function startOf(way: 'asc' | 'desc'): Omit<PagePlace, 'side'> {
  return way === 'asc' ? { key: -1, time: -1, id: '' } : { key: 9, time: Number.MAX_SAFE_INTEGER, id: '~' };
}
