import { isUuid } from '../../../../protocol/ids.ts';
import type { ListCursor } from '../../../records/paging.ts';

/** Where a page of a list begins, as it stands in an address: `1700000000000.uuid`. */
export function writePlace({ at, id }: ListCursor): string {
  return `${at}.${id}`;
}

/** Anything else begins at the newest. */
export function readPlace(text: string | null): ListCursor | undefined {
  const [, at, id = ''] = /^(-?\d{1,16})\.(.+)$/.exec(text ?? '') ?? [];
  return at === undefined || !isUuid(id) ? undefined : { at: Number(at), id };
}

/** Below which version or entry a page begins. */
export function readNumber(text: string | null): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text ?? '') ? Number(text) : undefined;
}
