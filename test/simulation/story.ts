import type { NodeName, ReferralId } from '../../protocol/ids.ts';
import { OperationError } from '../../node/platform/operation-error.ts';
import type { Priority } from '../../node/referrals/referrals.ts';
import { drawnFaults, type FaultRates } from '../support/network-faults.ts';
import type { Federation, Hospital } from '../support/hospital.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { Watch } from './watch.ts';

/** What happens in one simulation, drawn from its seed before anything happens. */
export interface Story {
  readonly names: readonly string[];
  readonly faults: FaultRates;
  /** By hospital: how far its wall clock is off, within what the protocol allows. */
  readonly skewMs: ReadonlyMap<string, number>;
  readonly sends: readonly PlannedSend[];
  readonly partings: readonly {
    readonly one: string;
    readonly other: string;
    readonly at: number;
    readonly ms: number;
  }[];
  /** At which arrival, after how many turns, who is killed, and for how long. */
  readonly kills: readonly {
    readonly arrival: number;
    readonly turns: number;
    readonly victim: string;
    readonly offMs: number;
  }[];
  readonly stops: readonly { readonly who: string; readonly at: number; readonly offMs: number }[];
  /** Once: one clock is set wrong by so much, beyond what the protocol allows, until the end of the troubles. */
  readonly wrongClock: { readonly who: string; readonly at: number; readonly byMs: number } | undefined;
  /** How readily people ask about a referral in one look; most stories do without. */
  readonly asking: number;
}

export interface PlannedSend {
  readonly from: string;
  readonly to: string;
  readonly at: number;
  readonly priority: Priority;
  readonly withAttachments: boolean;
  /** So long after sending somebody changes their mind. */
  readonly withdrawAfterMs: number | undefined;
}

/** What people were told had been done: none of it may be missing in the end. */
export interface Ledger {
  readonly sent: { readonly from: NodeName; readonly id: ReferralId }[];
  readonly decided: { readonly by: NodeName; readonly id: ReferralId }[];
  /** Questions and answers, each a signed event of its author. */
  readonly said: { readonly by: NodeName; readonly id: ReferralId; readonly text: string }[];
}

const allNames = ['alder', 'birch', 'cedar'];
const storyMs = 5 * 60_000;
const skewMsMax = 14_000;
const decideEveryMs = 20_000;
const author = { id: 'simulated', name: 'Dr. Simulated' };

export function drawStory(random: SeededRandom): Story {
  const names = random.chance(0.25) ? allNames : allNames.slice(0, 2);
  const other = (name: string): string => random.pick(names.filter((each) => each !== name));
  const times = <T>(count: number, draw: () => T): readonly T[] => Array.from({ length: count }, draw);
  return {
    names,
    faults: drawnFaults(random),
    skewMs: new Map(names.map((name) => [name, random.chance(0.5) ? 0 : random.below(2 * skewMsMax) - skewMsMax])),
    sends: times(2 + random.below(5), () => {
      const from = random.pick(names);
      return {
        from,
        to: other(from),
        at: random.chance(0.4) ? 0 : random.below(storyMs),
        priority: random.pick(['routine', 'urgent', 'stat'] as const),
        withAttachments: random.chance(0.4),
        withdrawAfterMs: random.chance(0.25) ? random.below(random.chance(0.5) ? 2_000 : 90_000) : undefined,
      };
    }),
    partings: times(random.below(3), () => {
      const one = random.pick(names);
      return { one, other: other(one), at: random.below(storyMs), ms: random.below(storyMs) };
    }),
    kills: times(random.chance(0.5) ? 0 : 1 + random.below(3), () => ({
      arrival: 1 + random.below(40),
      turns: random.below(60),
      victim: random.pick(names),
      offMs: random.below(90_000),
    })),
    stops: times(random.chance(0.15) ? 1 : 0, () => ({
      who: random.pick(names),
      at: random.below(storyMs),
      offMs: random.below(120_000),
    })),
    wrongClock: random.chance(0.1)
      ? { who: random.pick(names), at: random.below(storyMs), byMs: random.pick([-31_536_000_000, -120_000, 120_000]) }
      : undefined,
    asking: random.chance(0.25) ? 0.15 : 0,
  };
}

/** Plays the troubles of a story, from the first referral to the last, and comes back when all have been begun. */
export async function playStory(
  federation: Federation,
  story: Story,
  watch: Watch,
  random: SeededRandom,
): Promise<Ledger> {
  const { network, time, hospital } = federation;
  const ledger: Ledger = { sent: [], decided: [], said: [] };
  network.setFaults(story.faults);
  const restarts = planKills(federation, story, watch);
  const until = time.elapsedMs() + storyMs;
  await Promise.all([
    ...story.sends.map((planned) => send(federation, planned, ledger)),
    ...story.partings.map(async ({ one, other, at, ms }) => {
      await time.sleep(at);
      network.part(hospital(one).url, hospital(other).url, ms);
    }),
    ...story.stops.map(async ({ who, at, offMs }) => {
      await time.sleep(at);
      await hospital(who).stop();
      await time.sleep(offMs);
      await startAgain(hospital(who));
    }),
    setWrongClock(federation, story),
    ...federation.hospitals.map(async (each) => {
      while (time.elapsedMs() < until) {
        await time.sleep(decideEveryMs);
        await decide(each, random.fork(`${each.name}/${time.elapsedMs()}`), ledger, 0.4);
        await converse(each, random.fork(`${each.name}/${time.elapsedMs()}/words`), ledger, story.asking);
      }
    }),
  ]);
  watch.onArrival = () => undefined;
  await Promise.all(restarts);
  return ledger;
}

/** Accepts or rejects what lies there undecided; each with the given probability. */
export async function decide(
  hospital: Hospital,
  random: SeededRandom,
  ledger: Ledger,
  probability: number,
): Promise<void> {
  const lines = (await hospital.ask((node) => node.referrals.list('received', { limit: 50 }))) ?? [];
  for (const { id, state } of lines) {
    if (state !== 'received' || !random.chance(probability)) continue;
    const isAccepted = random.chance(0.7);
    const done = await asked(hospital, (node) =>
      isAccepted
        ? node.referrals.accept(id, { author })
        : node.referrals.reject(id, { author, reason: 'There is no bed.' }),
    );
    if (done) ledger.decided.push({ by: hospital.name, id });
  }
}

/** Asks about what lies there and answers what is asked, each with the given probability: before a decision and after. */
export async function converse(
  hospital: Hospital,
  random: SeededRandom,
  ledger: Ledger,
  probability: number,
): Promise<void> {
  if (probability === 0) return;
  const say = async (id: ReferralId, text: string, work: Parameters<Hospital['ask']>[0]): Promise<void> => {
    if (await asked(hospital, work)) ledger.said.push({ by: hospital.name, id, text });
  };
  const lists = await hospital.ask(async ({ referrals }) => ({
    received: await referrals.list('received', { limit: 50 }),
    sent: await referrals.list('sent', { limit: 50 }),
  }));
  for (const { id, state } of lists?.received ?? []) {
    if ((state !== 'received' && state !== 'accepted') || !random.chance(probability)) continue;
    const question = `Since when? ${random.uuid()}`;
    await say(id, question, (node) => node.referrals.ask(id, { question, author }));
  }
  for (const { id, state } of lists?.sent ?? []) {
    if (state !== 'info-requested' || !random.chance(4 * probability)) continue;
    const text = `Since the morning. ${random.uuid()}`;
    await say(id, text, (node) => node.referrals.answer(id, { text, author }));
  }
}

async function send({ time, hospital }: Federation, planned: PlannedSend, ledger: Ledger): Promise<void> {
  await time.sleep(planned.at);
  const from = hospital(planned.from);
  let id: ReferralId | undefined;
  await asked(from, async (node) => {
    const { records } = await node.patients.list('created', { limit: 10 });
    const short = planned.from;
    const patient = records.find(({ details }) => details.csvId === `${short}-${planned.withAttachments ? 1 : 2}`);
    if (patient === undefined) throw new Error('the patient is not there');
    const attachments = planned.withAttachments ? await node.attachments.list(patient.id) : [];
    const sent = await node.referrals.send({
      attachments: attachments.map((each) => each.id),
      to: hospital(planned.to).name,
      patient: patient.id,
      priority: planned.priority,
      reason: 'Raised blood pressure',
      question: 'Please take over',
      author,
    });
    id = sent.id;
  });
  if (id === undefined) return;
  ledger.sent.push({ from: from.name, id });
  if (planned.withdrawAfterMs === undefined) return;
  await time.sleep(planned.withdrawAfterMs);
  const withdrawn = id;
  await asked(from, (node) => node.referrals.withdraw(withdrawn));
}

/** True when it was done and said to be done; what a person would be told to try again later counts as not done. */
async function asked(hospital: Hospital, work: Parameters<Hospital['ask']>[0]): Promise<boolean> {
  try {
    const done = await hospital.ask(async (node) => {
      await work(node);
      return true;
    });
    return done === true;
  } catch (error) {
    if (error instanceof OperationError && (error.kind === 'conflict' || error.kind === 'unavailable')) return false;
    if (!hospital.isOn()) return false;
    throw error;
  }
}

function planKills({ time, hospital }: Federation, story: Story, watch: Watch): Promise<void>[] {
  const restarts: Promise<void>[] = [];
  let arrivals = 0;
  const kill = async ({ turns, victim, offMs }: Story['kills'][number]): Promise<void> => {
    for (let turn = 0; turn < turns; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
    const target = hospital(victim);
    if (!target.isOn()) return;
    target.kill();
    await time.sleep(offMs);
    await startAgain(target);
  };
  watch.onArrival = () => {
    arrivals += 1;
    for (const planned of story.kills) if (planned.arrival === arrivals) restarts.push(kill(planned));
  };
  return restarts;
}

async function startAgain(hospital: Hospital): Promise<void> {
  if (!hospital.isOn()) await hospital.start();
}

async function setWrongClock({ time, hospital }: Federation, { wrongClock }: Story): Promise<void> {
  if (wrongClock === undefined) return;
  await time.sleep(wrongClock.at);
  hospital(wrongClock.who).clock.setWall(wrongClock.byMs);
}
