import { expect, test } from 'vitest';
import {
  applyEvent,
  draft,
  eventNames,
  findState,
  isAccepted,
  isFinal,
  priorOf,
  type EventAuthor,
  type EventName,
  type ReferralState,
} from '../../../node/referrals/state.ts';
import { roles, stateNames, type Role, type StateName } from '../../../protocol/bundle/fhir/terms.ts';
import { instantOfMs } from '../../../protocol/instant.ts';

/** The table of Spec bundle §6, written a second time as it stands there: from, to, author, roles. */
const back = 'the state before';
const anyState = [...stateNames];
const rows: readonly (readonly [
  EventName,
  readonly StateName[],
  StateName | typeof back,
  EventAuthor,
  readonly Role[],
])[] = [
  ['referral-sent', ['draft'], 'sent', 'sender', ['referrer']],
  ['referral-received', ['sent'], 'received', 'receiver', ['machine']],
  ['referral-refused-technical', ['sent'], 'sent', 'receiver', ['machine']],
  ['referral-accepted', ['received', 'info-requested'], 'accepted', 'receiver', ['triage']],
  [
    'referral-rejected',
    ['received', 'info-requested', 'accepted', 'not-attended', 'appointment-cancelled'],
    'rejected',
    'receiver',
    ['triage'],
  ],
  [
    'info-requested',
    ['received', 'accepted', 'scheduled', 'in-progress'],
    'info-requested',
    'receiver',
    ['clinician', 'triage'],
  ],
  ['info-provided', ['info-requested'], back, 'sender', ['referrer']],
  ['scheduled', ['accepted', 'scheduled', 'not-attended', 'appointment-cancelled'], 'scheduled', 'receiver', ['clerk']],
  ['not-attended', ['scheduled'], 'not-attended', 'receiver', ['clerk']],
  ['appointment-cancelled', ['scheduled'], 'appointment-cancelled', 'receiver', ['clerk']],
  [
    'started',
    ['accepted', 'scheduled', 'not-attended', 'appointment-cancelled'],
    'in-progress',
    'receiver',
    ['clerk', 'clinician'],
  ],
  ['interim-note', ['in-progress'], 'in-progress', 'receiver', ['clinician']],
  [
    'referral-completed',
    ['accepted', 'scheduled', 'in-progress', 'cancel-requested'],
    'completed',
    'receiver',
    ['clinician'],
  ],
  ['withdrawn', ['sent'], 'cancelled', 'sender', ['referrer']],
  [
    'cancel-requested',
    ['received', 'info-requested', 'accepted', 'scheduled', 'not-attended', 'appointment-cancelled', 'in-progress'],
    'cancel-requested',
    'sender',
    ['referrer'],
  ],
  ['cancel-confirmed', ['cancel-requested'], 'cancelled', 'receiver', ['clinician', 'machine']],
  ['cancel-declined', ['cancel-requested'], back, 'receiver', ['clinician']],
  ['expired', ['sent', 'received', 'info-requested'], 'expired', 'sender', ['machine']],
  ['voided', anyState.filter((one) => one !== 'void'), 'void', 'sender', ['referrer']],
  ['forwarded', ['rejected'], 'rejected', 'sender', ['referrer']],
];
/** Two rules that are no rows: a withdrawal that crosses the receipt, and the receiver's own error. */
const asCancel = rows.find(([name]) => name === 'cancel-requested')?.[1] ?? [];
const receiverVoids = anyState.filter((one) => !['draft', 'sent', 'void'].includes(one));

const instances: readonly ReferralState[] = [
  ...stateNames.flatMap((name) => findState(name, []) ?? []),
  ...['received', 'accepted', 'scheduled', 'in-progress'].flatMap((name) => findState('info-requested', [name]) ?? []),
  ...asCancel.flatMap((name) => findState('cancel-requested', [name]) ?? []),
  ...['received', 'scheduled'].flatMap((name) => findState('cancel-requested', ['info-requested', name]) ?? []),
];

const late = { at: instantOfMs(2_000_000), expiresAt: instantOfMs(1_000_000) };

function expectedAfter(state: ReferralState, name: EventName, author: EventAuthor, role: Role): StateName | undefined {
  if (name === 'voided' && author === 'receiver')
    return receiverVoids.includes(state.state) && ['triage', 'clinician', 'clerk'].includes(role) ? 'void' : undefined;
  if (name === 'withdrawn' && author === 'sender' && role === 'referrer' && asCancel.includes(state.state))
    return 'cancel-requested';
  const row = rows.find(([one]) => one === name);
  if (row === undefined) return undefined;
  const [, from, after, whose, allowed] = row;
  if (whose !== author || !allowed.includes(role) || !from.includes(state.state)) return undefined;
  if (name === 'cancel-confirmed' && role === 'machine' && isAccepted(state)) return undefined;
  return after === back ? priorOf(state)[0] : after;
}

test('15 states × 20 events × 2 authors × 5 roles do what the table says and nothing else', () => {
  expect(new Set(instances.map(({ state }) => state)).size).toBe(15);
  let applied = 0;
  for (const state of instances)
    for (const name of eventNames)
      for (const author of ['sender', 'receiver'] as const)
        for (const role of roles) {
          const outcome = applyEvent(state, { name, author, role, ...late });
          const where = `${state.state} (${priorOf(state).join()}) ${name} by ${author} as ${role}`;
          expect(outcome.applied ? outcome.state.state : undefined, where).toBe(
            expectedAfter(state, name, author, role),
          );
          if (outcome.applied) applied += 1;
        }
  expect(applied).toBeGreaterThan(100);
});

test('no final state is left but by voiding', () => {
  for (const state of instances.filter(isFinal))
    for (const name of eventNames)
      for (const author of ['sender', 'receiver'] as const)
        for (const role of roles) {
          const outcome = applyEvent(state, { name, author, role, ...late });
          if (outcome.applied && name !== 'voided') expect(outcome.state).toEqual(state);
        }
});

test.each([
  ['rescheduled is scheduled', { name: 'rescheduled', author: 'receiver', role: 'clerk' }, 'scheduled', true],
  ['another author', { name: 'referral-accepted', author: 'sender', role: 'triage' }, 'received', 'wrong-author'],
  ['another role', { name: 'referral-accepted', author: 'receiver', role: 'clerk' }, 'received', 'wrong-role'],
  [
    'a state the table does not name',
    { name: 'not-attended', author: 'receiver', role: 'clerk' },
    'accepted',
    'wrong-state',
  ],
  ['a final state', { name: 'info-provided', author: 'sender', role: 'referrer' }, 'completed', 'final-state'],
] as const)('%s', (_, event, from, expected) => {
  const outcome = applyEvent(findState(from, []) ?? draft, event);
  expect(outcome.applied || outcome.code).toBe(expected);
});

test.each([
  ['before its day', 999_999, 'not-expired'],
  ['at its day and skew', 1_030_000, 'not-expired'],
  ['a millisecond later', 1_030_001, true],
])('a referral expires %s', (_, atMs, expected) => {
  const at = instantOfMs(atMs);
  const outcome = applyEvent({ state: 'sent' }, { name: 'expired', author: 'sender', role: 'machine', ...late, at });
  expect(outcome.applied || outcome.code).toBe(expected);
});

test('an open cancellation over an open question returns twice', () => {
  const asked = findState('info-requested', ['scheduled']);
  const cancelling = findState('cancel-requested', ['info-requested', 'scheduled']);
  expect(
    asked !== undefined && applyEvent(asked, { name: 'cancel-requested', author: 'sender', role: 'referrer' }),
  ).toEqual({
    applied: true,
    state: cancelling,
  });
  const declined = applyEvent(cancelling ?? draft, { name: 'cancel-declined', author: 'receiver', role: 'clinician' });
  expect(declined).toEqual({ applied: true, state: asked });
  const answered = applyEvent(asked ?? draft, { name: 'info-provided', author: 'sender', role: 'referrer' });
  expect(answered).toEqual({ applied: true, state: { state: 'scheduled' } });
});

test('a state is kept as its name and what lies behind it, and read again', () => {
  for (const state of instances) expect(findState(state.state, priorOf(state))).toEqual(state);
  expect(findState('info-requested', ['rejected'])).toBeUndefined();
  expect(findState('cancel-requested', ['cancel-requested', 'received'])).toBeUndefined();
  expect(findState('lost', [])).toBeUndefined();
});
