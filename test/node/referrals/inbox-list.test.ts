import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseReferralId } from '../../../protocol/ids.ts';
import {
  inboxGroups,
  inboxListQueries,
  inboxPage,
  inboxSorts,
  type InboxChoice,
} from '../../../node/referrals/inbox-list-queries.ts';
import type { InboxFilter, InboxPage } from '../../../node/referrals/inbox-list.ts';
import { outboxListQueries } from '../../../node/referrals/outbox-list-queries.ts';
import { findPlace } from '../../../node/referrals/page-place.ts';
import type { Statement } from '../../../node/store/statement.ts';
import { makeReferrals, referralIdOf, type MadeReferral } from '../../support/many-referrals.ts';
import { openHospitals, type TestHospitals } from '../../support/two-hospitals.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const me = 'user-me';
let hospitals: TestHospitals;
let now = 0;

/** One referral for each way to be in a group, by the group that it belongs to. */
function oneOfEach(at: number): readonly (MadeReferral & { readonly group: string })[] {
  const make = (n: number, group: string, rest: Partial<MadeReferral>) => ({ id: referralIdOf(n), at, group, ...rest });
  return [
    make(1, 'emergency', { priority: 'stat' }),
    make(2, 'emergency', { priority: 'stat', state: 'info-requested', openedAt: at, assignedTo: me }),
    make(3, 'asked', { state: 'info-requested', openedAt: at, at: at - 9 * dayMs }),
    make(4, 'overdue', { at: at - 8 * dayMs }),
    make(5, 'overdue', { at: at - 2 * dayMs, priority: 'urgent', openedAt: at, assignedTo: me }),
    make(6, 'mine', { assignedTo: me }),
    make(7, 'new', { department: 'Cardiology' }),
    make(8, 'new', { assignedTo: 'somebody-else' }),
    make(9, 'opened', { openedAt: at, peer: 'cedar.example', department: 'Cardiology' }),
    make(10, 'opened', { openedAt: at, state: 'cancel-requested', priority: 'stat', at: at - 1000 }),
    make(11, 'accepted', { state: 'accepted', openedAt: at }),
    make(12, 'accepted', { state: 'in-progress', priority: 'stat', openedAt: at }),
    make(13, 'closed', { state: 'completed', openedAt: at }),
    make(14, 'closed', { state: 'void' }),
  ];
}

beforeAll(async () => {
  hospitals = await openHospitals({ names: ['birch'] });
  now = hospitals.clock.now();
  await makeReferrals(hospitals.at('birch').node, oneOfEach(now));
  await makeReferrals(hospitals.at('birch').node, [
    { id: referralIdOf(99), at: now, direction: 'sent', peer: 'alder.example', state: 'received' },
  ]);
});

afterAll(() => hospitals[Symbol.asyncDispose]());

const list = () => hospitals.at('birch').node.inboxList;
const idsOf = ({ lines }: Pick<InboxPage, 'lines'>) => lines.map(({ id }) => Number(id.slice(-12)));
const ask = (filter: Partial<InboxFilter>) => list().page({ group: 'all', me, sort: 'urgency', limit: 50, ...filter });

describe('groups', () => {
  test.each(inboxGroups)('each received referral that is %s stands in that group and in no other', async (group) => {
    const expected = oneOfEach(now).filter((one) => one.group === group);
    const page = await ask({ group });
    expect(new Set(idsOf(page))).toEqual(new Set(expected.map(({ id }) => Number(id.slice(-12)))));
    expect(page.lines).toHaveLength(expected.length);
    expect(page.lines.every((line) => line.group === group)).toBe(true);
  });

  test('the counts of the groups sum to all that was received, and nothing that was sent is counted', async () => {
    const { counts, total } = await ask({});
    expect(counts).toEqual({ emergency: 2, asked: 1, overdue: 2, mine: 1, new: 2, opened: 2, accepted: 2, closed: 2 });
    expect(total).toBe(14);
  });

  test('"to decide" is every group before "accepted"', async () => {
    expect(idsOf(await ask({ group: 'to-decide' })).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test.each<[string, Partial<InboxFilter>, readonly number[]]>([
    ['one person', { assigned: me }, [2, 5, 6]],
    ['a department, however it is spelt', { department: ' CARDIOLOGY ' }, [7, 9]],
    ['a peer', { peer: 'cedar.example' }, [9]],
    ['a priority', { priority: 'urgent' }, [5]],
    ['several at once', { department: 'Cardiology', peer: 'cedar.example', group: 'opened' }, [9]],
    ['a department that nobody asked for', { department: 'Neurology' }, []],
  ])('a list narrowed to %s counts only that, and the counts still sum', async (_, filter, ids) => {
    const page = await ask(filter);
    expect(idsOf(page).toSorted((a, b) => a - b)).toEqual(ids);
    expect(page.total).toBe(ids.length);
  });

  test('what waits for me is told apart by who looks', async () => {
    expect((await ask({ me: 'somebody-else' })).counts).toMatchObject({ mine: 1, new: 2, opened: 2 });
  });

  test('a row says who it is about, where it is new and when an answer is expected', async () => {
    const [line] = await list().lines([parseReferralId(referralIdOf(7))], me);
    expect(line).toMatchObject({ isNew: true, group: 'new', answerDueAt: now + 7 * dayMs, assignedTo: undefined });
    expect(line?.summary).toMatchObject({ patientName: 'Canary, Synthia', specialty: 'Cardiology' });
    expect(line?.department).toEqual(list().departmentTerm('cardiology'));
  });
});

describe('order and pages', () => {
  test.each([
    ['urgency, and what waits longest first', 'urgency', [10, 1, 2, 5, 3, 4, 6, 7, 8, 9]],
    ['time of arrival, the newest first', 'newest', [9, 8, 7, 6, 2, 1, 10, 5, 4, 3]],
    ['the moment an answer is due', 'deadline', [3, 4, 5, 10, 1, 2, 6, 7, 8, 9]],
  ] as const)('rows stand in the order of %s', async (_, sort, ids) => {
    expect(idsOf(await list().page({ group: 'to-decide', me, sort, limit: 50 }))).toEqual(ids);
  });

  test.each(
    inboxSorts.flatMap((sort) => (['to-decide', 'all', 'new'] as const).map((group) => [sort, group] as const)),
  )('pages by %s of "%s" go to the end and back without losing or repeating a row', async (sort, group) => {
    const whole = idsOf(await list().page({ group, me, sort, limit: 50 }));
    const forth = await walk(sort, group, 'after');
    expect(forth.flat()).toEqual(whole);
    const back = await walk(sort, group, 'before', forth.at(-1));
    expect(back.toReversed().flat()).toEqual(whole.slice(0, -(forth.at(-1)?.length ?? 0)));
  });

  test('a place that no page of ours wrote is none', () => {
    for (const text of ['', '1.2', 'x.1.y', `1.-5.${referralIdOf(1)}`, `1.5.${referralIdOf(1)}'`])
      expect(findPlace('after', text)).toBeUndefined();
  });

  async function walk(
    sort: (typeof inboxSorts)[number],
    group: InboxChoice,
    side: 'after' | 'before',
    last?: readonly number[],
  ): Promise<number[][]> {
    const limit = 3;
    const found: number[][] = [];
    let text = last === undefined ? undefined : await placeOfLast(sort, group);
    for (;;) {
      const place = findPlace(side, text);
      if (last !== undefined && place === undefined) return found;
      const page = await list().page({ group, me, sort, limit, ...(place === undefined ? {} : { place }) });
      found.push(idsOf(page));
      text = page[side];
      if (text === undefined) return found;
    }
  }

  /** Where the last page of all says that it can be gone back from. */
  async function placeOfLast(sort: (typeof inboxSorts)[number], group: InboxChoice): Promise<string | undefined> {
    let page = await list().page({ group, me, sort, limit: 3 });
    for (;;) {
      const place = findPlace('after', page.after);
      if (place === undefined) return page.before;
      page = await list().page({ group, me, sort, limit: 3, place });
    }
  }
});

describe('what people do', () => {
  test('assigning moves a referral to "waiting for me", and taking it back moves it away', async () => {
    const id = parseReferralId(referralIdOf(9));
    await list().assign(id, me, me);
    expect((await list().lines([id], me))[0]).toMatchObject({ group: 'mine', assignedTo: me });
    await list().assign(id, undefined, me);
    expect((await list().lines([id], me))[0]).toMatchObject({ group: 'opened', assignedTo: undefined });
  });

  test('what is not held cannot be assigned', async () => {
    await expect(list().assign(parseReferralId(referralIdOf(77)), me, me)).rejects.toMatchObject({
      code: 'unknown-referral',
    });
  });

  test('emergencies that nobody opened are told, and no others', async () => {
    const unopened = await list().unopenedEmergencies(5);
    expect(unopened).toEqual([expect.objectContaining({ id: referralIdOf(1), peer: 'alder.example', arrivedAt: now })]);
  });
});

describe('the way through the database', () => {
  test.each(inboxSorts.flatMap((sort) => [true, false].map((inPhase) => [sort, inPhase] as const)))(
    'a page by %s goes along an index in its own order (within one phase: %s)',
    async (sort, inPhase) => {
      for (const way of ['asc', 'desc'] as const)
        expect(await planOf(inboxPage(sort, way, inPhase))).toEqual([
          expect.stringMatching(/^SEARCH referral USING INDEX/),
        ]);
    },
  );

  test.each(['phaseCount', 'phaseCountAskedFor', 'groupCounts', 'groupCountsAskedFor'] as const)(
    '%s reads an index and no row',
    async (name) => {
      expect((await planOf(inboxListQueries[name]))[0]).toMatch(/^SEARCH referral USING COVERING INDEX/);
    },
  );

  test('the outbox is counted in an index and paged along one', async () => {
    expect((await planOf(outboxListQueries.counts))[0]).toMatch(/^SEARCH referral USING COVERING INDEX/);
    expect((await planOf(outboxListQueries.askedEmergencies))[0]).toMatch(
      /^SEARCH referral USING INDEX referral_counts \(direction=\? AND phase=\? AND state=\?\)/,
    );
    for (const query of [outboxListQueries.newestFirst, outboxListQueries.oldestFirst])
      expect(await planOf(query)).toEqual([expect.stringMatching(/^SEARCH referral USING INDEX/)]);
  });

  async function planOf({ sql, parameters }: Pick<Statement<never, unknown>, 'sql' | 'parameters'>): Promise<string[]> {
    const explain: Statement<object, { detail: string }> = { sql: `EXPLAIN QUERY PLAN ${sql}`, parameters };
    const values = Object.fromEntries(parameters.map(({ name }) => [name, 0]));
    const rows = await hospitals.at('birch').node.store.read((reader) => reader.all(explain, values));
    return rows.map(({ detail }) => detail);
  }
});

describe('at ten thousand referrals', () => {
  const many = 10_000;
  const pageMsMax = 50;
  /** What is made first takes longest. */
  const makingMsMax = 120_000;
  const states = ['received', 'accepted', 'completed', 'completed', 'completed', 'rejected', 'info-requested'];

  test(
    `a page with its counts takes less than ${pageMsMax} ms, first, last, narrowed or not`,
    async () => {
      await using busy = await openHospitals({ names: ['cedar'] });
      const { node } = busy.at('cedar');
      const at = busy.clock.now();
      await makeReferrals(
        node,
        Array.from({ length: many }, (_, n) => ({
          id: referralIdOf(n),
          at: at - n * 60_000,
          state: states[n % states.length] ?? 'received',
          priority: (['routine', 'urgent', 'stat'] as const)[n % 3] ?? 'routine',
          peer: n % 2 === 0 ? 'alder.example' : 'birch.example',
          ...(n % 4 === 0 ? {} : { openedAt: at }),
        })),
      );
      const queries = [
        { group: 'to-decide' },
        { group: 'all' },
        { group: 'closed', sort: 'newest' },
        { group: 'to-decide', sort: 'deadline', peer: 'birch.example' },
        { group: 'all', sort: 'newest', place: findPlace('after', `0.${at - 9_000 * 60_000}.${referralIdOf(9000)}`) },
      ] as const;
      await node.inboxList.page({ group: 'all', me, sort: 'urgency', limit: 25 });
      for (const query of queries) {
        const { place, ...rest } = { place: undefined, ...query };
        const asked = { me, sort: 'urgency', limit: 25, ...rest, ...(place === undefined ? {} : { place }) } as const;
        const times: number[] = [];
        for (let n = 0; n < 5; n += 1) {
          const begun = performance.now();
          const page = await node.inboxList.page(asked);
          times.push(performance.now() - begun);
          expect(page.lines).toHaveLength(25);
          expect(Object.values(page.counts).reduce((sum, count) => sum + count, 0)).toBe(page.total);
        }
        // The best of several: other tests share this machine.
        expect(Math.min(...times), JSON.stringify(query)).toBeLessThan(pageMsMax);
      }
    },
    makingMsMax,
  );
});
