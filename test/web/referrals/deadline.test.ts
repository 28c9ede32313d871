import { expect, test } from 'vitest';
import { instantOfMs } from '../../../protocol/instant.ts';
import { htmlOf } from '../../../node/web/answer.ts';
import { Deadline } from '../../../node/web/pages/referrals/deadline.tsx';
import { textOf } from './two-desks.ts';

const end = Date.UTC(2026, 10, 23, 8, 0);
const open = 'To be accepted until 23-Nov-2026 08:00 UTC .';
const passed = 'It was to be accepted until 23-Nov-2026 08:00 UTC . That time has passed without an answer';

async function said(state: string, now: number): Promise<string> {
  return textOf(await htmlOf(Deadline({ state, expiresAt: instantOfMs(end), now: instantOfMs(now) })));
}

test.each(['draft', 'sent', 'received', 'info-requested'])(
  'while it is %s, a deadline is ahead or passed',
  async (state) => {
    expect(await said(state, end)).toBe(open);
    expect(await said(state, end + 1)).toContain(passed);
  },
);

test.each(['accepted', 'scheduled', 'in-progress', 'cancel-requested', 'rejected', 'cancelled', 'completed', 'void'])(
  'once it is %s, nothing is said of a deadline',
  async (state) => {
    expect([await said(state, end), await said(state, end + 1)]).toEqual(['', '']);
  },
);

test('an expired referral says that nobody accepted it in time', async () => {
  expect(await said('expired', end + 1)).toBe('Nobody accepted it by 23-Nov-2026 08:00 UTC .');
});
