import { sha256 } from '../../protocol/crypto/hash.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { keptParameter } from './kept-pages.ts';

/** Names the form of a page: its path and query without what only restores drafts or pages. */
export function draftKeyOf(target: string): string {
  const { pathname, searchParams } = new URL(target, 'http://desk.invalid');
  searchParams.delete('draft');
  searchParams.delete(keptParameter);
  searchParams.sort();
  return sha256(utf8(`${pathname}?${searchParams.toString()}`)).toHex();
}
