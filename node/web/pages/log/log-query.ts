import { ProtocolError } from '../../../../protocol/errors.ts';
import { parseNodeName } from '../../../../protocol/ids.ts';
import { leafTypes } from '../../../../protocol/log/entry.ts';
import { isLeafType, parseHashFilter, type LogFilter, type LogPlace } from '../../../exchange-log/explorer.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import type { FormError } from '../../components/form.tsx';

/** What the address of a list says: the filter as it was typed, as it was understood, and what was not. */
export interface LogQuery {
  readonly typed: Readonly<Record<(typeof filterNames)[number], string>>;
  readonly filter: LogFilter;
  readonly place: LogPlace;
  readonly errors: readonly FormError[];
  /** As it stands in the record of the look. */
  readonly asked: string;
}

export const filterNames = ['peer', 'kind', 'from', 'to', 'hash'] as const;
export const kindNames = leafTypes;
const dayMs = 86_400_000;

/** Filters live in the address: they survive reload, Back and a bookmark. A filter that says nothing is left out. */
export function readLogQuery(query: URLSearchParams): LogQuery {
  const typed = Object.fromEntries(
    filterNames.map((name) => [name, (query.get(name) ?? '').trim()]),
  ) as LogQuery['typed'];
  const errors: FormError[] = [];
  const read = <T>(field: string, text: string, parse: (text: string) => T): T | undefined => {
    if (text === '') return undefined;
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof OperationError) && !(error instanceof ProtocolError)) throw error;
      errors.push({ field, message: error.message });
      return undefined;
    }
  };
  const from = read('from', typed.from, parseDay);
  const to = read('to', typed.to, parseDay);
  if (from !== undefined && to !== undefined && to < from)
    errors.push({ field: 'to', message: 'The last day lies before the first' });
  const filter: LogFilter = {
    peer: read('peer', typed.peer, parseNodeName),
    type: isLeafType(typed.kind) ? typed.kind : undefined,
    from,
    to: to === undefined ? undefined : to + dayMs - 1,
    hash: read('hash', typed.hash, parseHashFilter),
  };
  const place = { below: indexOf(query.get('below')), above: indexOf(query.get('above')) };
  const parts = [
    ...filterNames.map((name) => [name, typed[name]] as const),
    ['below', query.get('below') ?? ''] as const,
  ];
  const asked = parts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return { typed, filter, place, errors, asked: asked === '' ? 'list' : asked };
}

function parseDay(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (!Number.isFinite(ms)) throw new OperationError('invalid', 'bad-date', 'A day is written as 2026-11-22');
  return ms;
}

function indexOf(text: string | null): number | undefined {
  return text !== null && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}
