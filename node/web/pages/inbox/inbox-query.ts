import { inboxGroups, inboxSorts, type InboxChoice, type InboxSort } from '../../../referrals/inbox-list-queries.ts';
import type { InboxFilter } from '../../../referrals/inbox-list.ts';
import { findPlace, type PagePlace } from '../../../referrals/page-place.ts';
import type { Priority } from '../../../referrals/referrals.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';

export type Scope = 'me' | 'department' | 'hospital';

/** What the address of the inbox says: it survives reload and Back, and can be kept as a bookmark. */
export interface InboxQueryText {
  readonly group: InboxChoice;
  readonly scope: Scope;
  /** A department's name; of the scope `department` the person's own. */
  readonly department: string;
  readonly peer: string;
  readonly priority: Priority | '';
  readonly sort: InboxSort;
  readonly place: PagePlace | undefined;
}

const choices: readonly InboxChoice[] = ['to-decide', 'all', ...inboxGroups];
const scopes: readonly Scope[] = ['me', 'department', 'hospital'];
export const priorities: readonly Priority[] = ['stat', 'urgent', 'routine'];
const lettersMax = 200;

/** Reads it leniently: what no page of ours wrote counts as not said. */
export function readInboxQuery(query: URLSearchParams): InboxQueryText {
  const one = <T extends string, F>(name: string, known: readonly T[], otherwise: F): T | F =>
    known.find((each) => each === query.get(name)) ?? otherwise;
  const text = (name: string): string => (query.get(name) ?? '').slice(0, lettersMax);
  return {
    group: one('group', choices, 'to-decide'),
    scope: one('scope', scopes, 'hospital'),
    department: text('department'),
    peer: text('peer'),
    priority: one('priority', priorities, ''),
    sort: one('sort', inboxSorts, 'urgency'),
    place: findPlace('after', query.get('after') ?? undefined) ?? findPlace('before', query.get('before') ?? undefined),
  };
}

/** What of it stands in a link; what goes without saying is left out. */
export function inboxQueryOf(asked: Omit<InboxQueryText, 'place'>): Readonly<Record<string, string | undefined>> {
  return {
    group: asked.group === 'to-decide' ? undefined : asked.group,
    scope: asked.scope === 'hospital' ? undefined : asked.scope,
    department: asked.department,
    peer: asked.peer,
    priority: asked.priority,
    sort: asked.sort === 'urgency' ? undefined : asked.sort,
  };
}

export function inboxLink(
  asked: Omit<InboxQueryText, 'place'>,
  more: Partial<InboxQueryText> & { readonly after?: string; readonly before?: string } = {},
): string {
  const { after, before, ...changed } = more;
  return url('inbox', {}, { ...inboxQueryOf({ ...asked, ...changed }), after, before });
}

/** The same for the store. A person without a department sees nothing under "Department" until they have one. */
export function filterOf(visit: Visit, asked: InboxQueryText): InboxFilter {
  const { group, scope, peer, priority } = asked;
  const me = visit.user.id;
  const department = scope === 'department' ? visit.user.department : asked.department;
  return {
    group,
    me,
    ...(scope === 'me' ? { assigned: me } : {}),
    ...(department === '' && scope !== 'department' ? {} : { department }),
    ...(peer === '' ? {} : { peer }),
    ...(priority === '' ? {} : { priority }),
  };
}
