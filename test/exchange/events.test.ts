import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fhirJsonRules } from '../../protocol/bundle/fhir/check.ts';
import { eventOf, referralFactsOf } from '../../protocol/bundle/fhir/referral.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import { parseJsonObject } from '../../protocol/json.ts';
import { composeEvent } from '../../node/referrals/compose/event.ts';
import type { EventContent, EventInput } from '../../node/referrals/compose/event-input.ts';
import { composeReferral, transfer, type Composed } from '../support/forged-bundle.ts';
import { nodeTables } from '../support/node-tables.ts';
import { wordOf } from '../support/peer-requests.ts';
import { openHospitals, type TestHospital, type TestHospitals } from '../support/two-hospitals.ts';

let three: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;
let cedar: TestHospital;

beforeEach(async () => {
  three = await openHospitals({ names: ['alder', 'birch', 'cedar'] });
  [alder, birch, cedar] = [three.at('alder'), three.at('birch'), three.at('cedar')];
});

afterEach(async () => {
  const failures = [alder, birch, cedar].flatMap((each) => each.takeFailures());
  await three[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

const dayMs = 86_400_000;

/** The second event of a referral's sender, as `from` would write it. */
function eventFrom(
  from: TestHospital,
  composed: Composed,
  content: EventContent,
  given: Partial<EventInput> = {},
): Composed {
  const first = parseJsonObject(composed.plaintext, fhirJsonRules);
  const { placer, message, expiresAt } = eventOf(first);
  const { authoredOn, ...names } = referralFactsOf(first);
  const { own, clock } = from.node;
  const { bytes } = composeEvent({
    from: { name: own.name, title: own.title, url: own.url },
    to: { name: birch.name, title: 'Birch', url: birch.node.own.url },
    referral: {
      id: composed.referral,
      referrer: own.name,
      number: placer ?? '',
      ...names,
      messageId: message,
      priority: 'urgent',
      writtenAt: authoredOn,
      expiresAt: expiresAt ?? authoredOn,
    },
    order: { seq: 2, prev: sha256(composed.plaintext) },
    content,
    before: 'received',
    accepted: false,
    author: content.event === 'expired' ? { role: 'machine' } : { role: 'referrer', id: 'u-1', name: 'Dr. Amina' },
    now: clock.now(),
    zone: 'UTC',
    version: '0.1.0',
    uuid: randomUUID,
    ...given,
  });
  return { ...composed, plaintext: bytes, files: [] };
}

const cancelling: EventContent = { event: 'cancel-requested', reason: 'The patient went elsewhere' };
const asEvent = { kind: 'event' } as const;
const stateAtBirch = async ({ referral }: Composed) => (await birch.node.referrals.show(referral)).state;
const eventsAtBirch = () => birch.node.store.read((reader) => reader.all(nodeTables.events, {}));

describe('a third hospital', () => {
  test('cannot change a referral between two others', async () => {
    const composed = await composeReferral(alder, birch);
    expect(wordOf((await transfer(alder, birch, composed)).reply)).toBe('200');
    const { reply } = await transfer(cedar, birch, eventFrom(cedar, composed, cancelling), asEvent);
    expect(wordOf(reply)).toBe('REC_CONTENT + proof');
    expect([await stateAtBirch(composed), (await eventsAtBirch()).length]).toEqual(['received', 1]);
    expect((await birch.node.referrals.show(composed.referral)).events.map(({ name }) => name)).toEqual([
      'referral-sent',
    ]);
  });

  test('cannot prepare events for a referral that has not come yet', async () => {
    const composed = await composeReferral(alder, birch);
    await transfer(cedar, birch, eventFrom(cedar, composed, cancelling), asEvent);
    expect(wordOf((await transfer(alder, birch, composed)).reply)).toBe('200');
    expect([await stateAtBirch(composed), (await eventsAtBirch()).map(({ name }) => name)]).toEqual([
      'received',
      ['referral-sent'],
    ]);
  });

  test('cannot answer a referral that was not sent to it', async () => {
    const composed = await composeReferral(alder, birch);
    await transfer(alder, birch, composed);
    const accepted: EventContent = { event: 'referral-accepted', number: 'C-1' };
    const to = { name: alder.name, title: 'Alder', url: alder.node.own.url };
    const first = parseJsonObject(composed.plaintext, fhirJsonRules);
    const forged = eventFrom(cedar, composed, accepted, {
      to,
      order: { seq: 1, seen: sha256(composed.plaintext) },
      author: { role: 'triage', id: 'u-9', name: 'Dr. Cee' },
      referral: {
        id: composed.referral,
        referrer: alder.name,
        number: eventOf(first).placer ?? '',
        ...referralFactsOf(first),
        messageId: eventOf(first).message,
        priority: 'urgent',
        writtenAt: referralFactsOf(first).authoredOn,
        expiresAt: eventOf(first).expiresAt ?? instantOfMs(0),
        filler: { node: cedar.name, number: 'C-1' },
      },
    });
    const { reply } = await transfer(cedar, alder, forged, asEvent);
    expect(wordOf(reply)).toBe('REC_CONTENT + proof');
    expect((await alder.node.referrals.show(composed.referral)).state).not.toBe('accepted');
  });
});

test('an event that comes before its referral waits for it, and can be read then', async () => {
  const composed = await composeReferral(alder, birch);
  const event = eventFrom(alder, composed, cancelling);
  expect(wordOf((await transfer(alder, birch, event, asEvent)).reply)).toBe('200');
  await expect(birch.node.referrals.show(composed.referral)).rejects.toThrow('No referral');
  expect(wordOf((await transfer(alder, birch, composed)).reply)).toBe('200');
  const shown = await birch.node.referrals.show(composed.referral);
  expect([shown.state, shown.events.map(({ name, status }) => `${name} ${status}`)]).toEqual([
    'cancel-requested',
    ['referral-sent applied', 'cancel-requested applied'],
  ]);
  for (const { message } of shown.events) {
    const bytes = await birch.node.referrals.document(composed.referral, message);
    expect(sha256(bytes)).toEqual(sha256(message === shown.events[0]?.message ? composed.plaintext : event.plaintext));
  }
});

test('one event in two bundles has one effect, and another text under its id is refused', async () => {
  const composed = await composeReferral(alder, birch);
  await transfer(alder, birch, composed);
  const event = eventFrom(alder, composed, cancelling);
  expect(wordOf((await transfer(alder, birch, event, asEvent)).reply)).toBe('200');
  expect(wordOf((await transfer(alder, birch, event, asEvent)).reply)).toBe('200');
  expect((await eventsAtBirch()).length).toBe(2);
  const text = Buffer.from(event.plaintext).toString('utf8');
  const other = new Uint8Array(Buffer.from(text.replaceAll('went elsewhere', 'stays at home')));
  const { reply } = await transfer(alder, birch, { ...event, plaintext: other }, asEvent);
  expect(wordOf(reply)).toBe('REC_CONTENT + proof');
});

test.each<[string, number, string]>([
  ['said after the end and its skew', 31 * dayMs, 'expired'],
  ['said before the end', 29 * dayMs, 'received'],
])('an expiry %s counts by its own time, however late it comes', async (_, saidMs, state) => {
  const composed = await composeReferral(alder, birch);
  await transfer(alder, birch, composed);
  const sentAt = alder.node.clock.now();
  const said = instantOfMs(sentAt + saidMs) as Instant;
  const event = eventFrom(alder, composed, { event: 'expired' }, { now: said, occurredAt: said });
  three.clock.advance(29 * dayMs);
  // Birch's card of the day of pairing has expired by then only where it was not renewed.
  for (const each of [alder, birch]) await each.restart();
  await birch.node.cards.take(birch.node.directory.get(alder.name), alder.node.own.card().note);
  expect(wordOf((await transfer(alder, birch, event, asEvent)).reply)).toBe('200');
  expect(await stateAtBirch(composed)).toBe(state);
});

test('notices are taken, logged and change nothing', async () => {
  const composed = await composeReferral(alder, birch);
  const { forged, commit } = await transfer(alder, birch, composed);
  const record = Buffer.from(sha256(commit.record)).toString('base64url');
  const text = JSON.stringify({ v: 1, notice: 'recall', bundle: forged.bundle, record, at: '2026-09-14T08:00:00Z' });
  const notice = { ...composed, files: [], plaintext: new Uint8Array(Buffer.from(text)) };
  expect(wordOf((await transfer(alder, birch, notice, { kind: 'notice' })).reply)).toBe('200');
  const wrong = { ...notice, plaintext: new Uint8Array(Buffer.from(text.replace('recall', 'explode'))) };
  expect(wordOf((await transfer(alder, birch, wrong, { kind: 'notice' })).reply)).toBe('REC_CONTENT + proof');
  const noise = { ...notice, plaintext: new Uint8Array(randomBytes(100)) };
  expect(wordOf((await transfer(alder, birch, noise, { kind: 'notice' })).reply)).toBe('REC_CONTENT + proof');
  expect(await stateAtBirch(composed)).toBe('received');
});
