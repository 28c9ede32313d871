import { outboxGroups, type OutboxChoice } from '../../../referrals/outbox-list-queries.ts';
import type { OutboxFilter } from '../../../referrals/outbox-list.ts';
import { findPlace, type PagePlace } from '../../../referrals/page-place.ts';
import type { Priority } from '../../../referrals/referrals.ts';
import { url } from '../../urls.ts';
import { priorities } from '../inbox/inbox-query.ts';

/** What the address of the outbox says. */
export interface OutboxQueryText {
  readonly group: OutboxChoice;
  readonly peer: string;
  readonly priority: Priority | '';
  readonly place: PagePlace | undefined;
}

export type OutboxAsked = Omit<OutboxQueryText, 'place'>;

const choices: readonly OutboxChoice[] = ['open', 'all', ...outboxGroups];
const lettersMax = 200;

/** Reads it leniently: what no page of ours wrote counts as not said. */
export function readOutboxQuery(query: URLSearchParams): OutboxQueryText {
  return {
    group: choices.find((each) => each === query.get('group')) ?? 'open',
    peer: (query.get('peer') ?? '').slice(0, lettersMax),
    priority: priorities.find((each) => each === query.get('priority')) ?? '',
    place: findPlace('after', query.get('after') ?? undefined) ?? findPlace('before', query.get('before') ?? undefined),
  };
}

export function outboxQueryOf({ group, peer, priority }: OutboxAsked): Readonly<Record<string, string | undefined>> {
  return { group: group === 'open' ? undefined : group, peer, priority };
}

export function outboxLink(
  asked: OutboxAsked,
  more: Partial<OutboxAsked> & { readonly after?: string; readonly before?: string } = {},
): string {
  const { after, before, ...changed } = more;
  return url('outbox', {}, { ...outboxQueryOf({ ...asked, ...changed }), after, before });
}

export function outboxFilterOf({ group, peer, priority }: OutboxAsked): OutboxFilter {
  return { group, ...(peer === '' ? {} : { peer }), ...(priority === '' ? {} : { priority }) };
}
