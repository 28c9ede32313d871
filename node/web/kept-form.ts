import { parseBase64Url, parseUtf8, toBase64Url, utf8 } from '../../protocol/bytes.ts';
import type { Draft } from '../accounts/drafts.ts';
import { isSecretField } from './http/form.ts';

/** What the sign-in page may carry of a form, as text: with it the page's own form stays within a stranger's. */
export const keptTextMax = 24 * 1024;

/** Fields that a page puts into its forms by itself. */
const ownFields = new Set(['once', 'version', 'seen', 'next']);

/** Whether a form holds anything that a person would miss. */
export function hasTyped(fields: Draft['fields']): boolean {
  return fields.some(([name, value]) => value !== '' && !ownFields.has(name) && !isSecretField(name));
}

/**
 * What somebody typed who was signed out before it was sent, as a hidden field of the sign-in page: nobody is known yet
 * under whom it could be stored (Node §13.3). `undefined` where it is more than a page may carry.
 */
export function packForm(fields: Draft['fields']): string | undefined {
  const typed = fields.filter(([name, value]) => value !== '' && !isSecretField(name));
  const text = toBase64Url(utf8(JSON.stringify(typed)));
  return text.length > keptTextMax ? undefined : text;
}

/** The fields again; none where the text is not one of `packForm`'s. */
export function unpackForm(text: string): Draft['fields'] {
  if (text === '' || text.length > keptTextMax) return [];
  try {
    const value: unknown = JSON.parse(parseUtf8(parseBase64Url(text)));
    return Array.isArray(value) && value.every(isField) ? value : [];
  } catch {
    return [];
  }
}

function isField(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === 'string');
}
