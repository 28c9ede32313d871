import { expect, test } from 'vitest';
import { PeerHttpError, type PeerAnswer, type PeerRequest } from '../../node/platform/peer-http.ts';
import { evenFaults, quietNetwork, type Fault } from '../support/network-faults.ts';
import { openSeededNetwork, type Door, type SeededNetwork } from '../support/seeded-network.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { openVirtualTime, type VirtualTime } from '../support/virtual-clock.ts';

const alder = 'https://alder.example';
const birch = 'https://birch.example';
const sentBody = new TextEncoder().encode('one referral');

interface Arrival {
  readonly target: string;
  readonly headers: string;
  readonly body: string;
  readonly broke: boolean;
}

interface Stage {
  readonly time: VirtualTime;
  readonly network: SeededNetwork;
  readonly arrivals: Arrival[];
}

function stage(seed: string): Stage {
  const time = openVirtualTime();
  const network = openSeededNetwork(seededRandom(seed), time);
  const arrivals: Arrival[] = [];
  const door: Door = async ({ target, rawHeaders, body }) => {
    const pieces: Uint8Array[] = [];
    let broke = false;
    try {
      for await (const piece of body) pieces.push(piece);
    } catch {
      broke = true;
    }
    arrivals.push({ target, headers: rawHeaders.join('|'), body: Buffer.concat(pieces).toString(), broke });
    return { status: 200, headers: { 'Content-Type': 'application/json' }, body: new TextEncoder().encode('{"v":1}') };
  };
  network.attach(birch, door);
  return { time, network, arrivals };
}

const request: PeerRequest = {
  method: 'PUT',
  url: `${birch}/exchange/v1/bundles/1`,
  headers: { 'content-type': 'application/json' },
  body: sentBody,
  answerBytesMax: 1024,
  timeoutMs: 60_000,
  addresses: { allow: [] },
};

async function outcomeOf({ time, network }: Stage): Promise<PeerAnswer | PeerHttpError> {
  let outcome: PeerAnswer | PeerHttpError | undefined;
  const keep = (end: PeerAnswer | PeerHttpError): void => void (outcome = end);
  network.port(alder).request(request).then(keep, keep);
  await time.runUntil(() => outcome !== undefined && network.isIdle(), 600_000);
  if (outcome === undefined) throw new Error('the call never ended');
  return outcome;
}

test('a quiet network brings the request and its answer, in virtual time alone', async () => {
  const on = stage('quiet');
  on.network.setFaults(quietNetwork);
  const answer = await outcomeOf(on);
  expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
  expect(on.arrivals).toEqual([
    {
      target: '/exchange/v1/bundles/1',
      headers: 'host|birch.example|connection|keep-alive|content-type|application/json|content-length|12',
      body: 'one referral',
      broke: false,
    },
  ]);
});

test.each<[Fault, readonly number[]]>([
  ['drop', [0]],
  ['reset', [0]],
  ['dropAnswer', [1]],
  ['double', [2]],
  ['delay', [1]],
  ['stall', [1]],
  ['cut', [1]],
  ['corruptBody', [1]],
  ['corruptHeader', [1]],
  ['cutAnswer', [1]],
  ['corruptAnswer', [1]],
  ['corruptAnswerHeader', [1]],
  ['proxyError', [0, 1]],
])('%s arrives so often: %j', async (fault, expected) => {
  const seen = new Set<number>();
  for (let seed = 0; seed < 20; seed += 1) {
    const on = stage(`${fault}/${seed}`);
    on.network.setFaults({ ...quietNetwork, [fault]: 1 });
    const outcome = await outcomeOf(on);
    seen.add(on.arrivals.length);
    const isWhole =
      outcome instanceof PeerHttpError === false &&
      outcome.status === 200 &&
      Buffer.from(outcome.body).toString() === '{"v":1}' &&
      outcome.headers['content-type'] === 'application/json' &&
      on.arrivals.every((each) => !each.broke && each.body === 'one referral' && each.headers.includes('|application'));
    if (fault === 'double' || fault === 'delay') expect(isWhole).toBe(true);
    else if (fault === 'drop' || fault === 'reset' || fault === 'stall' || fault === 'dropAnswer')
      expect(outcome).toBeInstanceOf(PeerHttpError);
  }
  expect([...seen].toSorted((a, b) => a - b)).toEqual(expected);
});

test('the same seed plays the same story, another seed another one', async () => {
  const play = async (seed: string): Promise<readonly string[]> => {
    const on = stage(seed);
    on.network.setFaults(evenFaults(0.7));
    for (let call = 0; call < 50; call += 1) await outcomeOf(on);
    return on.network.trace;
  };
  const first = await play('7');
  expect(await play('7')).toEqual(first);
  expect(await play('8')).not.toEqual(first);
});

test('between two parted nodes nothing passes until the time is over', async () => {
  const on = stage('parted');
  on.network.part(birch, alder, 3_600_000);
  expect(await outcomeOf(on)).toMatchObject({ code: 'unreachable' });
  await on.time.advance(3_600_000);
  expect(await outcomeOf(on)).toMatchObject({ status: 200 });
});

test('a machine that goes off answers nobody, and its own calls end', async () => {
  const on = stage('off');
  const power = new AbortController();
  on.network.attach(birch, () => new Promise(() => undefined), power.signal);
  const call = on.network.port(alder).request(request);
  const outcome = call.catch((error: unknown) => error);
  await on.time.advance(1000);
  power.abort();
  await on.time.advance(1000);
  expect(await outcome).toMatchObject({ code: 'broken-off' });
  expect(await outcomeOf(on)).toMatchObject({ code: 'unreachable' });
});

test('a body on the wire is a copy: its sender may use the buffer again', async () => {
  const on = stage('copy');
  on.network.setFaults({ ...quietNetwork, double: 1 });
  const body = new TextEncoder().encode('first');
  const call = on.network.port(alder).request({ ...request, body });
  body.fill(0x2a);
  await on.time.advance(120_000);
  await call;
  expect(on.arrivals.map((each) => each.body)).toEqual(['first', 'first']);
});
