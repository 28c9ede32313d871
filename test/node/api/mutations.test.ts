import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { mediaTypes } from '../../../protocol/http/media-types.ts';
import { targetOf } from '../../../protocol/http/routes.ts';
import { commitTo, writePairRequest } from '../../../protocol/pairing.ts';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { writeAddCheckpoint } from '../../../protocol/log/witness.ts';
import { writeCommit } from '../../../protocol/messages.ts';
import {
  commitOf,
  composeReferral,
  forgeBundle,
  logSent,
  newBundleId,
  requestsOf,
} from '../../support/forged-bundle.ts';
import { prepare, speakerOf, type Ask } from '../../support/peer-requests.ts';
import { mutatedBytes, mutatedText } from '../../support/refusal.ts';
import { bodyOf, openHospitals, type TestHospital, type TestHospitals } from '../../support/two-hospitals.ts';

let two: TestHospitals;
let alder: TestHospital;
let birch: TestHospital;
let asks: Ask[];

beforeAll(async () => {
  two = await openHospitals();
  [alder, birch] = [two.at('alder'), two.at('birch')];
  const forged = await forgeBundle(alder, birch, await composeReferral(alder, birch, [new Uint8Array(500)]));
  const requests = requestsOf(alder, birch, forged);
  await requests.manifest();
  await requests.document();
  const commit = await commitOf(alder, birch, await logSent(alder, birch, forged));
  const { bundle } = forged;
  const { own, log } = alder.node;
  const first = { step: 1, card: own.card().note, identity: own.identityVkey } as const;
  const pair = writePairRequest({ ...first, commit: commitTo(new Uint8Array(16), new Uint8Array(32), logCrypto) });
  asks = [
    { method: 'PUT', target: targetOf({ name: 'putManifest', bundle }), body: forged.manifestBytes },
    { method: 'PUT', target: targetOf({ name: 'putManifest', bundle: newBundleId() }), body: forged.manifestBytes },
    { method: 'PUT', target: targetOf({ name: 'putDocument', bundle }), body: forged.token, type: mediaTypes.text },
    {
      method: 'PUT',
      target: targetOf({ name: 'putChunk', bundle, attachment: 0, chunk: 0 }),
      body: forged.chunks[0]?.[0] ?? utf8(''),
      type: mediaTypes.bytes,
    },
    { method: 'POST', target: targetOf({ name: 'commit', bundle }), body: writeCommit(commit) },
    { method: 'GET', target: targetOf({ name: 'getBundle', bundle }) },
    { method: 'PUT', target: targetOf({ name: 'putCard' }), body: utf8(own.card().note), type: mediaTypes.text },
    { method: 'POST', target: targetOf({ name: 'pair', invitation: new Uint8Array(16) }), body: pair },
    { method: 'POST', target: '/witness/add-checkpoint', body: utf8(writeAddCheckpoint(0, [], log.head().checkpoint)) },
    { method: 'GET', target: '/log/tile/0/000.p/1' },
    { method: 'GET', target: '/audit/v1/records?peer=alder.example&from=2026-09-14T08:00:00Z&after=0' },
  ];
});

afterAll(async () => {
  const failures = birch.takeFailures();
  await two[Symbol.asyncDispose]();
  // What the peers' own words cause is no failure of this node.
  expect(failures).toEqual([]);
});

const runs = { numRuns: 400 };
const asked = () => fc.constantFrom(...asks);

async function statusOf(incoming: ReturnType<typeof prepare>['incoming']): Promise<number> {
  two.clock.advance(200); // Nobody asks more often than a peer may.
  return (await birch.node.exchange.handle(incoming)).status;
}

test('a signed request with a changed body never makes the node fail', async () => {
  const changed = asked().chain((ask) => mutatedBytes(ask.body ?? utf8('')).map((body) => ({ ...ask, body })));
  await fc.assert(
    fc.asyncProperty(changed, async (ask) => {
      const tag = ask.target.startsWith('/pairing') ? 'fernpost-pair/v1' : 'fernpost/v1';
      expect(await statusOf(prepare(birch, speakerOf(alder), ask, { tag }).incoming)).toBeLessThan(500);
    }),
    runs,
  );
});

test('a request with a changed target never makes the node fail', async () => {
  const changed = asked().chain((ask) => mutatedText(ask.target).map((target) => ({ ...ask, target })));
  await fc.assert(
    fc.asyncProperty(changed, async ({ target, ...ask }) => {
      const { incoming } = prepare(birch, speakerOf(alder), { ...ask, target: '/exchange/v1/card' });
      expect(await statusOf({ ...incoming, target })).toBeLessThan(500);
    }),
    runs,
  );
});

test('a request with changed, repeated, missing or foreign fields never makes the node fail', async () => {
  const edit = fc.tuple(fc.nat(20), fc.constantFrom('name', 'value', 'drop', 'double'), mutatedText('sha-256=:AAAA:'));
  const edits = fc.array(edit, { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(asked(), edits, async (ask, list) => {
      const fields = (raw: readonly string[]): readonly string[] => {
        let all = [...raw];
        for (const [n, what, text] of list) {
          const at = (n % Math.max(1, all.length >> 1)) * 2;
          const [name = '', value = ''] = all.slice(at, at + 2);
          const by =
            { name: [text, value], value: [name, text], drop: [], double: [name, value, name, text] }[what] ?? [];
          all = [...all.slice(0, at), ...by, ...all.slice(at + 2)];
        }
        return all;
      };
      expect(await statusOf(prepare(birch, speakerOf(alder), ask, { fields }).incoming)).toBeLessThan(500);
    }),
    runs,
  );
});

test('noise never makes the node fail', async () => {
  const word = fc.string({ unit: 'binary', maxLength: 30 });
  const method = fc.oneof(fc.constantFrom('GET', 'PUT', 'POST', 'DELETE'), word);
  await fc.assert(
    fc.asyncProperty(method, word, fc.array(word), fc.uint8Array(), async (verb, target, rawHeaders, body) => {
      const incoming = { method: verb, target: `/${target}`, rawHeaders, body: bodyOf(body), remoteAddress: 'x' };
      expect(await statusOf(incoming)).toBeLessThan(500);
    }),
    runs,
  );
});
