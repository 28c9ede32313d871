import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toHex } from '../../protocol/bytes.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { parseBlobName } from '../../node/blobs/blob-store.ts';
import { forgetExpired } from '../../node/referrals/expire-transfers.ts';
import { sweepUnused } from '../../node/referrals/unused-blobs.ts';
import { silentDiagnostics } from '../../node/platform/diagnostics.ts';
import { composeReferral, forgeBundle, requestsOf, sendParts, type Composed } from '../support/forged-bundle.ts';
import { wordOf } from '../support/peer-requests.ts';
import { openHospitals, type TestHospital, type TestHospitals } from '../support/two-hospitals.ts';

const weekMs = 7 * 24 * 3_600_000;

let two: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;
let composed: Composed;

beforeAll(async () => {
  two = await openHospitals({ names: ['alder', 'birch'] });
  [alder, birch] = [two.at('alder'), two.at('birch')];
  composed = await composeReferral(alder, birch, [new Uint8Array(randomBytes(3000)), new Uint8Array(0)]);
});
afterAll(async () => await two[Symbol.asyncDispose]());

async function forge(plaintext = composed.plaintext) {
  two.clock.advance(1_000);
  const forged = await forgeBundle(alder, birch, composed, { plaintext });
  const names = forged.chunks.flat().map((token) => parseBlobName(toHex(sha256(token))));
  const held = async () => (await Promise.all(names.map((name) => birch.node.blobs.has(name)))).filter(Boolean).length;
  return { forged, requests: requestsOf(alder, birch, forged), held };
}

const sweep = async () => await sweepUnused({ ...birch.node, diagnostics: silentDiagnostics });

test('the chunks of a bundle that was taken back leave the disk', async () => {
  const { forged, requests, held } = await forge();
  await sendParts(alder, birch, forged);
  expect(await held()).toBe(2);
  await requests.withdraw();
  expect([await sweep(), await held()]).toEqual([2, 0]);
  expect(await sweep()).toBe(0);
});

test('so do those of a transfer that stood still for a week, and they may come again', async () => {
  const { forged, requests, held } = await forge();
  await requests.manifest();
  await requests.document();
  await requests.chunk(0, 0);
  two.clock.advance(weekMs + 1);
  await forgetExpired(birch.node.store, two.clock, silentDiagnostics);
  await requests.manifest();
  await requests.document();
  expect(wordOf(await requests.chunk(0, 0))).toBe('201');
  expect([await sweep(), await held()]).toEqual([0, 1]);
  const commit = await sendParts(alder, birch, forged);
  expect(wordOf(await requests.commit(commit))).toBe('200');
  await sweep();
  expect(await held()).toBe(2);
});

test('and those of a bundle that was refused', async () => {
  const other = new TextDecoder().decode(composed.plaintext).replaceAll('Fracture', 'Sprain');
  const { forged, requests, held } = await forge(new TextEncoder().encode(other));
  const commit = await sendParts(alder, birch, forged);
  expect(wordOf(await requests.commit(commit))).toBe('REC_CONTENT + proof');
  expect(await held()).toBe(2);
  expect([await sweep(), await held()]).toEqual([2, 0]);
});
