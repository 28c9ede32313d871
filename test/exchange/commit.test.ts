import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { toBase64, utf8 } from '../../protocol/bytes.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import { parseOrigin } from '../../protocol/ids.ts';
import { recordX } from '../../protocol/log/entry.ts';
import { writeAddCheckpoint } from '../../protocol/log/witness.ts';
import { parseReceiptAnswer, parseTransferState, writeCommit, type Commit } from '../../protocol/messages.ts';
import { verifyReceipt } from '../../protocol/receipt.ts';
import {
  commitOf,
  composeReferral,
  forgeBundle,
  logSent,
  newBundleId,
  requestsOf,
  sendParts,
  transfer,
  type BundleTwist,
} from '../support/forged-bundle.ts';
import { nodeTables } from '../support/node-tables.ts';
import { ask, speakerOf, wordOf } from '../support/peer-requests.ts';
import { openHospitals, type TestHospital, type TestHospitals } from '../support/two-hospitals.ts';

let three: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;
let cedar: TestHospital;

beforeAll(async () => {
  three = await openHospitals({ names: ['alder', 'birch', 'cedar'] });
  [alder, birch, cedar] = [three.at('alder'), three.at('birch'), three.at('cedar')];
});

afterAll(async () => {
  await three[Symbol.asyncDispose]();
});

/** Alarms that a hostile peer is meant to cause. */
let alarms: string[] = [];
afterEach(() => {
  three.clock.advance(1_000);
  const failures = [alder, birch, cedar].flatMap((each) => each.takeFailures());
  const unexpected = failures.filter((failure) => !alarms.some((alarm) => failure.includes(alarm)));
  alarms = [];
  expect(unexpected).toEqual([]);
});

async function sent(twist?: BundleTwist, files: readonly Uint8Array[] = []) {
  const composed = await composeReferral(alder, birch, files);
  const forged = await forgeBundle(alder, birch, composed, twist);
  const commit = await sendParts(alder, birch, forged);
  return { composed, forged, commit, requests: requestsOf(alder, birch, forged) };
}

const evidence = () => birch.node.store.read((reader) => reader.all(nodeTables.evidence, {}));
const birchLeaves = () => birch.node.store.read((reader) => reader.all(nodeTables.leaves, {}));
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

describe('a receipt', () => {
  test('is the same bytes for ever: again, by GET, in pieces or at once, and after a restart', async () => {
    const { commit, requests } = await sent();
    const first = parseReceiptAnswer((await requests.commit(commit)).body);
    await composeAndTransfer();
    const again = async () => [
      parseReceiptAnswer((await requests.commit(commit)).body).receipt,
      parseTransferState((await requests.state()).body).receipt,
      (await requests.withdraw()).problem?.receipt,
      parseReceiptAnswer((await requests.atOnce(commit)).body).receipt,
    ];
    const same = [first.receipt, first.receipt, first.receipt, first.receipt];
    expect(await again()).toEqual(same);
    await birch.restart();
    expect(await again()).toEqual(same);
    const { logKey } = birch.node.own;
    verifyReceipt(first.receipt, 'received', commit.record, logKey, logCrypto);
    expect(() => verifyReceipt(first.receipt, 'refused', commit.record, logKey, logCrypto)).toThrow();
    expect(() => verifyReceipt(commit.proof, 'received', commit.record, logKey, logCrypto)).toThrow();
    expect(() => verifyReceipt(first.receipt, 'received', commit.record, cedar.node.own.logKey, logCrypto)).toThrow();
  });

  test('ten commits of one bundle at once give one leaf and one receipt', async () => {
    const { commit, requests } = await sent({}, [new Uint8Array(randomBytes(2_000))]);
    const before = (await birchLeaves()).length;
    const answers = await Promise.all(Array.from({ length: 10 }, () => requests.commit(commit)));
    expect(answers.map(wordOf)).toEqual(Array.from({ length: 10 }, () => '200'));
    expect(new Set(answers.map(({ body }) => parseReceiptAnswer(body).receipt)).size).toBe(1);
    expect((await birchLeaves()).length).toBe(before + 1);
  });

  test('commits of many bundles at once are all received', async () => {
    const all = [];
    for (let n = 0; n < 8; n += 1) {
      const composed = await composeReferral(alder, birch);
      const forged = await forgeBundle(alder, birch, composed);
      const requests = requestsOf(alder, birch, forged);
      await requests.manifest();
      await requests.document();
      all.push({ requests, logged: await logSent(alder, birch, forged) });
    }
    const [first, ...others] = all;
    if (first === undefined) throw new Error('nothing to commit');
    const firstWord = wordOf(await first.requests.commit(await commitOf(alder, birch, first.logged)));
    const commits = await Promise.all(others.map(({ logged }) => commitOf(alder, birch, logged)));
    const words = await Promise.all(others.map(({ requests }, n) => requests.commit(commits[n] as Commit)));
    expect([firstWord, ...words.map(wordOf)]).toEqual(Array.from({ length: 8 }, () => '200'));
  });

  test('the fast path is judged as manifest, document and commit in turn, and keeps nothing undecided', async () => {
    const composed = await composeReferral(alder, birch);
    const forged = await forgeBundle(alder, birch, composed);
    const requests = requestsOf(alder, birch, forged);
    const commit = await commitOf(alder, birch, await logSent(alder, birch, forged));
    const unlogged = { ...commit, proof: commit.proof.replace(/index [0-9]+/, 'index 0') };
    expect(wordOf(await requests.atOnce(unlogged))).toMatch(/^REC_NOT_LOGGED|SEND_MALFORMED$/);
    expect(wordOf(await requests.state())).toBe('REC_NOT_FOUND');
    const { record, proof } = commit;
    const once = await Promise.all([1, 2, 3].map(() => requests.atOnce({ record, proof, have: 0 })));
    expect(once.map(wordOf)).toEqual(['200', '200', '200']);
    const withFile = await composeReferral(alder, birch, [new Uint8Array(3)]);
    const tooMuch = await forgeBundle(alder, birch, withFile);
    expect(wordOf(await requestsOf(alder, birch, tooMuch).atOnce(commit))).toBe('SEND_MALFORMED');
  });
});

test('two bundles under one uuid at the same moment: one is taken, the other is other bytes', async () => {
  const bundle = newBundleId();
  const pair = [];
  for (let n = 0; n < 2; n += 1) {
    const forged = await forgeBundle(alder, birch, await composeReferral(alder, birch), { bundle });
    pair.push({ requests: requestsOf(alder, birch, forged), logged: await logSent(alder, birch, forged) });
  }
  const commits: Commit[] = [];
  for (const { logged } of pair) commits.push(await commitOf(alder, birch, logged));
  await birch.node.witness.addAlone(commits[0]?.checkpoint ?? '');
  const words = await Promise.all(
    pair.map(async ({ requests }, n) => {
      const { record = new Uint8Array(0), proof = '' } = commits[n] ?? {};
      return wordOf(await requests.atOnce({ record, proof, have: 0 }));
    }),
  );
  expect(words.toSorted()).toEqual(['200', 'REC_OTHER_BYTES']);
});

describe('before the record is proven a commit is answered without a leaf', () => {
  test.each<[string, (commit: Commit, all: Awaited<ReturnType<typeof sent>>) => Promise<Commit> | Commit, string]>([
    ['a record with a space', (c) => ({ ...c, record: utf8(textOf(c.record).replace(',', ', ')) }), 'SEND_MALFORMED'],
    [
      'a record in another order',
      (c) => ({ ...c, record: utf8(textOf(c.record).replace(/^\{("from":"[^"]*"),(.*)\}$/, '{$2,$1}')) }),
      'SEND_MALFORMED',
    ],
    ['no record at all', (c) => ({ ...c, record: utf8('{}') }), 'SEND_MALFORMED'],
    [
      'a proof with another index',
      (c) => ({ ...c, proof: c.proof.replace(/index [0-9]+/, 'index 1') }),
      'REC_NOT_LOGGED',
    ],
    [
      'a proof with a hash less',
      (c) => ({ ...c, proof: c.proof.replace(/(index [0-9]+\n).*\n/, '$1') }),
      'REC_NOT_LOGGED',
    ],
    ['a proof that is none', (c) => ({ ...c, proof: 'c2sp.org/tlog-proof@v1\n' }), 'SEND_MALFORMED'],
    [
      'a proof with an extra line',
      (c) => ({ ...c, proof: c.proof.replace('@v1\n', '@v1\nextra AAAA\n') }),
      'SEND_MALFORMED',
    ],
    [
      'a proof of another log',
      (c) => ({ ...c, proof: c.proof.replaceAll('alder.example/log', 'cedar.example/log') }),
      'SEND_MALFORMED',
    ],
  ])('%s', async (_, change, word) => {
    const all = await sent();
    const before = (await birchLeaves()).length;
    const reply = await all.requests.commit(await change(all.commit, all));
    expect([wordOf(reply), (await birchLeaves()).length]).toEqual([word, before]);
    expect(parseTransferState((await all.requests.state()).body).state).toBe('open');
    // The right one is welcome after any of them.
    expect(wordOf(await all.requests.commit(await commitOf(alder, birch, recordOf(all.commit))))).toBe('200');
  });

  test('the record of another bundle, of the other direction, and to another hospital', async () => {
    const { requests, commit } = await sent();
    const other = await sent();
    expect(wordOf(await requests.commit({ ...commit, record: other.commit.record }))).toBe('SEND_MALFORMED');
    const composed = await composeReferral(alder, birch);
    const forged = await forgeBundle(alder, birch, composed);
    const mine = requestsOf(alder, birch, forged);
    await mine.manifest();
    await mine.document();
    for (const change of [
      { to: cedar.node.own.origin },
      { from: birch.node.own.origin, to: alder.node.own.origin },
      { from: cedar.node.own.origin },
      { from: parseOrigin('alder.example/log/2') },
      { to: parseOrigin('birch.example/log/2') },
    ]) {
      const logged = await logSent(alder, birch, forged, (honest) => ({ ...honest, ...change }));
      expect(wordOf(await mine.commit(await commitOf(alder, birch, logged)))).toBe('SEND_MALFORMED');
    }
    await mine.withdraw();
    await requests.withdraw();
    await other.requests.withdraw();
  });

  test('the proof of another leaf', async () => {
    const one = await sent();
    const two = await sent();
    const mixed = await commitOf(alder, birch, recordOf(two.commit));
    expect(wordOf(await one.requests.commit({ ...mixed, record: one.commit.record }))).toBe('REC_NOT_LOGGED');
    expect(wordOf(await one.requests.commit(await commitOf(alder, birch, recordOf(one.commit))))).toBe('200');
  });

  test('a leaf of this record under another type', async () => {
    const { forged, requests, commit } = await sent();
    const { log, store, proofs } = alder.node;
    const x = await store.write(async (writer) => log.queue(writer, { type: 'withdrawn', record: commit.record }));
    const proof = await store.read((reader) => proofs.proofOf(reader, x, log.head().size));
    const current = await commitOf(alder, birch, recordOf(commit));
    expect(wordOf(await requests.commit({ ...current, proof: proof ?? '' }))).toBe('REC_NOT_LOGGED');
    expect(forged.chunks).toEqual([]);
    await requests.withdraw();
  });

  test('a checkpoint that Birch has not cosigned', async () => {
    const { requests, commit } = await sent();
    const { checkpoint: _, ...without } = commit;
    expect(wordOf(await requests.commit(without))).toBe('REC_NOT_WITNESSED');
    expect(wordOf(await requests.commit(commit))).toBe('200');
  });

  test('a checkpoint from another old size is told the size that is held', async () => {
    const { requests, commit } = await sent();
    const held = await birch.node.store.read((reader) => birch.node.witness.held(reader, alder.node.own.origin));
    const wrong = commit.checkpoint?.replace(/^old [0-9]+\n(?:.*\n)*?\n/, 'old 1\n\n') ?? '';
    const reply = await requests.commit({ ...commit, checkpoint: wrong });
    expect([wordOf(reply), reply.problem?.size]).toEqual(['REC_LOG_SIZE', held?.size]);
    expect(wordOf(await requests.commit(commit))).toBe('200');
  });

  test('a forked log is refused, and the proof of the fork kept', async () => {
    alarms = ['log-fork-evidence'];
    const { requests, commit } = await sent();
    const held = await birch.node.store.read((reader) => birch.node.witness.held(reader, alder.node.own.origin));
    const { own, log } = alder.node;
    const forked = own.signHead({
      origin: own.origin,
      size: log.head().size + 7,
      root: new Uint8Array(randomBytes(32)),
    });
    const before = (await evidence()).length;
    const body = writeAddCheckpoint(held?.size ?? 0, [new Uint8Array(32)], forked);
    expect(wordOf(await requests.commit({ ...commit, checkpoint: body }))).toBe('REC_LOG_FORK');
    const kept = (await evidence()).slice(before);
    expect(kept.map(({ kind, peer, body: text }) => [kind, peer, text])).toEqual([['forked-log', alder.name, body]]);
    const sameSize = own.signHead({ origin: own.origin, size: held?.size ?? 0, root: new Uint8Array(randomBytes(32)) });
    const twin = writeAddCheckpoint(held?.size ?? 0, [], sameSize);
    expect(wordOf(await requests.commit({ ...commit, checkpoint: twin }))).toBe('REC_LOG_SIZE');
    expect((await evidence()).length).toBe(before + 2);
    expect(wordOf(await requests.commit(commit))).toBe('200');
  });

  test('the checkpoint of a third log', async () => {
    const { requests, commit } = await sent();
    const head = cedar.node.log.head();
    const body = writeAddCheckpoint(0, [], head.checkpoint);
    expect(wordOf(await requests.commit({ ...commit, checkpoint: body }))).toBe('REC_NOT_WITNESSED');
    const strange = body.replaceAll('cedar.example', 'elm.example');
    expect(wordOf(await requests.commit({ ...commit, checkpoint: strange }))).toBe('SEND_MALFORMED');
    expect(wordOf(await requests.commit(commit))).toBe('200');
  });

  test('a tail is passed over and the commit stands', async () => {
    const { requests, commit } = await sent();
    const tail = { start: 0, entries: [utf8('not a leaf')] };
    expect(wordOf(await requests.commit({ ...commit, tail }))).toBe('200');
  });

  test('record in standard base64, a member more, another version', async () => {
    const { forged, requests, commit } = await sent();
    const target = targetOf({ name: 'commit', bundle: forged.bundle });
    const text = textOf(writeCommit(commit));
    const post = async (body: string) =>
      wordOf(await ask(birch, speakerOf(alder), { method: 'POST', target, body: utf8(body) }));
    expect(await post(text.replace(/"record":"[^"]*"/, `"record":"${toBase64(commit.record)}=="`))).toBe(
      'SEND_MALFORMED',
    );
    expect(await post(text.replace('{"v":1', '{"v":1,"w":1'))).toBe('SEND_MALFORMED');
    expect(await post(text.replace('{"v":1', '{"v":2'))).toBe('REC_VERSION');
    await requests.withdraw();
  });
});

test('a sequence number names one record for ever', async () => {
  alarms = ['seq-reused'];
  const { commit, requests } = await sent();
  expect(wordOf(await requests.commit(commit))).toBe('200');
  const before = (await evidence()).length;
  const composed = await composeReferral(alder, birch);
  const forged = await forgeBundle(alder, birch, composed);
  const mine = requestsOf(alder, birch, forged);
  await mine.manifest();
  await mine.document();
  const { seq, prev } = JSON.parse(textOf(commit.record)) as { seq: number; prev: string };
  const logged = await logSent(alder, birch, forged, (honest) => ({
    ...honest,
    seq,
    prev: prev === '' ? undefined : (prev as typeof honest.prev),
  }));
  const reply = await mine.commit(await commitOf(alder, birch, logged));
  expect(wordOf(reply)).toBe('REC_SEQ_REUSED + proof');
  verifyReceipt(reply.problem?.proof ?? '', 'refused', logged.record, birch.node.own.logKey, logCrypto);
  expect((await evidence()).slice(before).map(({ kind }) => kind)).toEqual(['seq-reused']);
  await expect(birch.node.referrals.show(composed.referral)).rejects.toThrow('No referral');
});

test('gaps in the sequence are taken: it proves completeness, not order', async () => {
  const first = await sent();
  const second = await sent();
  expect(wordOf(await second.requests.commit(second.commit))).toBe('200');
  const late = await commitOf(alder, birch, recordOf(first.commit));
  expect(wordOf(await first.requests.commit(late))).toBe('200');
});

test('a commit after the deadline is judged like any other', async () => {
  const { commit, requests } = await sent({
    manifest: (honest) => ({ ...honest, deadline: (honest.deadline - 86_400_000 * 2) as typeof honest.deadline }),
  });
  expect(wordOf(await requests.commit(commit))).toBe('200');
});

async function composeAndTransfer(): Promise<void> {
  const { reply } = await transfer(alder, birch, await composeReferral(alder, birch));
  expect(wordOf(reply)).toBe('200');
}

function recordOf({ record }: Commit) {
  return { record, x: recordX('sent', record, logCrypto) };
}
