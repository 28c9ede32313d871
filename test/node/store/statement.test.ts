import { expect, test } from 'vitest';
import { NamedParameter, statement } from '../../../node/store/statement.ts';

test('values that come with each run are parameters that no plan depends on, and what never changes stands in the text', () => {
  const query = statement<{ bundle: string }>()((db, values) =>
    db
      .selectFrom('outbox')
      .select('bundle')
      .where('bundle', '=', values.bundle)
      .where('trouble', '<>', "the peer's fault")
      .where('state', 'in', ['queued', 'leaving'])
      .limit(1),
  );
  expect(query.sql).toBe(
    `select "bundle" from "outbox" where "bundle" = +? and "trouble" <> 'the peer''s fault' ` +
      `and "state" in ('queued', 'leaving') limit 1`,
  );
  expect(query.parameters).toEqual([new NamedParameter('bundle')]);
});
