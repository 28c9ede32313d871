import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../protocol/bytes.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import { writeProblem } from '../../protocol/http/problem.ts';
import { parseRequestSignature } from '../../protocol/http/signature.ts';
import type { RecordX } from '../../protocol/log/entry.ts';
import { parseReceiptAnswer, writeReceiptAnswer } from '../../protocol/messages.ts';
import { signedAnswer } from '../../node/api/signed-door.ts';
import type { PeerAnswer, PeerRequest } from '../../node/platform/peer-http.ts';
import { jsonAnswer, type DoorAnswer } from '../../node/referrals/answers.ts';
import { composeReferral, transfer, type Composed } from '../support/forged-bundle.ts';
import { nodeTables } from '../support/node-tables.ts';
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

const isCommit = ({ method, url }: PeerRequest) => method === 'POST' && url.includes('/bundles/');
const deliveryOf = async ({ referral }: Composed) => (await alder.node.referrals.show(referral)).deliveries[0];

/** An answer that Birch really signed, for exactly this request. */
function byBirch(request: PeerRequest, answer: DoorAnswer): PeerAnswer {
  const { method, url: targetUri, headers: fields } = request;
  return signedAnswer(birch.node, answer, parseRequestSignature({ method, targetUri, fields }).request);
}

/** Lets commits be answered by `answer`; what is left of the answer of the real Birch comes along. */
async function deliverAnswering(
  composed: Composed,
  answer: (request: PeerRequest, real: PeerAnswer) => PeerAnswer | Promise<PeerAnswer>,
) {
  three.setBetween(async (request, pass) => {
    const real = await pass();
    return isCommit(request) ? answer(request, real) : real;
  });
  await three.deliver();
  three.setBetween(undefined);
  return deliveryOf(composed);
}

async function proofOfLeaf(of: TestHospital, type: string): Promise<string> {
  const { store, proofs } = of.node;
  const leaves = await store.read((reader) => reader.all(nodeTables.leaves, {}));
  const leaf = leaves.findLast((each) => each.type === type);
  const proof = await store.read((reader) => proofs.proofOf(reader, (leaf?.x ?? '') as RecordX));
  if (proof === undefined) throw new Error(`no leaf ${type} at ${of.name}`);
  return proof;
}

describe('"delivered" is shown only with a receipt that holds', () => {
  test('and then it is, once the true one comes', async () => {
    const composed = await composeReferral(alder, birch);
    const lost = await deliverAnswering(composed, () => ({ status: 502, headers: {}, body: utf8('') }));
    expect(lost).toMatchObject({ state: 'leaving', troubleCode: 'NET_UNSIGNED' });
    three.clock.advance(15 * 60_000);
    await three.deliver();
    const delivery = await deliveryOf(composed);
    expect(delivery).toMatchObject({ state: 'delivered' });
    expect(delivery?.proof).toBe((await birch.node.referrals.show(composed.referral)).receipt);
  });

  test.each<[string, (real: PeerAnswer) => Promise<string>]>([
    [
      'of another bundle',
      async () => {
        const { reply } = await transfer(cedar, birch, await composeReferral(cedar, birch));
        return parseReceiptAnswer(reply.body).receipt;
      },
    ],
    ['that is the sender’s own proof', async () => proofOfLeaf(alder, 'sent')],
    ['that is a proof of another leaf of the same log', async () => proofOfLeaf(birch, 'key')],
    [
      'of another log that took the same record',
      async ({ body }) => parseReceiptAnswer(body).receipt.replaceAll('birch.example/log', 'cedar.example/log'),
    ],
    [
      'with one hash changed',
      async ({ body }) =>
        parseReceiptAnswer(body).receipt.replace(/^index ([0-9]+)$/m, (_, n: string) => `index ${Number(n) - 1}`),
    ],
    [
      'under a checkpoint that nobody signed',
      async ({ body }) =>
        parseReceiptAnswer(body).receipt.replace(
          /(— \S+ .{10})(.)/,
          (_, before: string, letter: string) => before + (letter === 'A' ? 'B' : 'A'),
        ),
    ],
    ['that is none', async () => 'c2sp.org/tlog-proof@v1\nindex 0\n\n'],
  ])('not with one %s', async (_, receipt) => {
    const composed = await composeReferral(alder, birch);
    const delivery = await deliverAnswering(composed, async (request, real) =>
      byBirch(request, jsonAnswer(200, writeReceiptAnswer({ receipt: await receipt(real) }))),
    );
    expect(delivery?.state).toBe('leaving');
    expect(delivery?.proof).toBeUndefined();
    expect((await alder.node.referrals.show(composed.referral)).state).toBe('sent');
    three.clock.advance(60 * 60_000);
    await three.deliver();
    expect(await deliveryOf(composed)).toMatchObject({ state: 'delivered' });
    alder.takeFailures(); // A receipt that does not hold is alarmed.
  });

  test.each<[string, (request: PeerRequest, real: PeerAnswer) => PeerAnswer]>([
    ['unsigned', (_, { body }) => ({ status: 200, headers: { 'content-type': mediaTypes.json }, body })],
    [
      'signed for another request',
      (request, real) => ({ ...byBirch({ ...request, headers: other(request) }, jsonAnswer(200, real.body)) }),
    ],
    [
      'with another body than was signed',
      (_, real) => ({ ...real, body: utf8(`${Buffer.from(real.body).toString('utf8')} `) }),
    ],
    ['with another status than was signed', (_, real) => ({ ...real, status: 201 })],
    ['that leads elsewhere', () => ({ status: 307, headers: { location: 'https://cedar.example/' }, body: utf8('') })],
  ])('an answer %s counts as none', async (_, answer) => {
    const composed = await composeReferral(alder, birch);
    expect(await deliverAnswering(composed, answer)).toMatchObject({ state: 'leaving', troubleCode: 'NET_UNSIGNED' });
  });
});

describe('a refusal is final only with a proof that holds', () => {
  test.each<[string, () => Promise<string>]>([
    ['the proof of another leaf', async () => proofOfLeaf(birch, 'key')],
    ['the sender’s own proof', async () => proofOfLeaf(alder, 'sent')],
    ['the proof that it was received', async () => proofOfLeaf(birch, 'received')],
  ])('not with %s', async (_, proof) => {
    const composed = await composeReferral(alder, birch);
    const delivery = await deliverAnswering(composed, async (request) => {
      const body = writeProblem('REC_CONTENT', 'x', { proof: await proof() });
      return byBirch(request, { status: 422, type: mediaTypes.problem, body });
    });
    expect(delivery?.state).not.toBe('refused');
    three.clock.advance(60 * 60_000);
    await three.deliver();
    expect(await deliveryOf(composed)).toMatchObject({ state: 'delivered' });
    alder.takeFailures();
  });
});

/** The fields of the same request with another signature in them. */
function other({ headers }: PeerRequest): Record<string, string> {
  return { ...headers, signature: `sig=:${Buffer.alloc(64, 3).toString('base64')}:` };
}
