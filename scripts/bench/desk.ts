import { gzipSync } from 'node:zlib';
import type { Role } from '../../node/accounts/roles.ts';
import type { FernpostNode } from '../../node/node.ts';
import { readPageFiles } from '../../node/platform/page-files.ts';
import { nameAssets } from '../../node/web/assets.ts';
import { openClient, type DeskClient } from '../../test/support/desk-client.ts';
import { openHospitals, type HospitalPair } from './hospitals.ts';
import { addConsultations, inventPatient, inventPatients } from './invent.ts';
import { measureExplorer } from './log-explorer.ts';
import { pageTimes, timesOf, type Times } from './page-times.ts';
import type { Effort, Figure, Row, RowReport, Verdict } from './row.ts';

interface Amounts {
  readonly referrals: number;
  readonly consultations: number;
  readonly patients: number;
  readonly rounds: number;
  readonly arrivals: number;
  /** Of the log that an auditor looks through. */
  readonly entries: number;
}

const amounts: Readonly<Record<Effort, Amounts>> = {
  full: { referrals: 10_000, consultations: 1000, patients: 100_000, rounds: 101, arrivals: 21, entries: 10_000_000 },
  tiny: { referrals: 5, consultations: 5, patients: 20, rounds: 1, arrivals: 1, entries: 1000 },
};
const outstanding = 16;
const password = 'quiet-lantern-meadow-47';
const arrivalMsMax = 10_000;

/** What a person at the desk waits for, at the sizes of a large hospital; pages are asked for over loopback, whole. */
export const desk: Row = {
  row: 'desk',
  title: 'pages of the desk, arrival on screen, weight of a first load',
  run: async (effort) => {
    const size = amounts[effort];
    await using hospitals = await openHospitals();
    const { alder, birch, desks } = hospitals;
    const atAlder = await signedIn(alder, desks.alder, 'doctor');
    const atBirch = await signedIn(birch, desks.birch, 'doctor');
    await hospitals.exchange(size.referrals, outstanding);
    const inbox = await pageTimes(atBirch, '/', size.rounds);
    const arrival = await arrivalTimes(hospitals, atBirch, size.arrivals);
    const charted = await inventPatient(alder); // Not the one of whom all the referrals are.
    await addConsultations(alder, charted, size.consultations);
    const chart = await pageTimes(atAlder, `/patients/${charted}`, size.rounds);
    const referred = await pageTimes(atAlder, `/patients/${hospitals.patient}`, size.rounds);
    await inventPatients(alder, size.patients);
    const search = await pageTimes(atAlder, '/patients?q=sha', size.rounds);
    const rare = await pageTimes(atAlder, '/patients?q=sharma+1987-04-05', size.rounds);
    const weight = await weights(atBirch);
    const auditor = await signedIn(birch, desks.birch, 'auditor');
    const log = await measureExplorer(birch, auditor, size, hospitals.directory);
    return joined(report(size, { inbox, arrival, chart, referred, search, rare, weight }), log);
  },
};

async function signedIn(node: FernpostNode, address: string, role: Role): Promise<DeskClient> {
  const user = { login: `${role}.bench`, name: 'Dora Bench', roles: [role], department: '', password };
  const added = await node.accounts.users.add('operator', user);
  if (added.state !== 'done') throw new Error('the user of the measurement was not added');
  const client = openClient(address.replace('127.0.0.1', 'localhost'));
  await client.signIn({ login: user.login, password });
  return client;
}

/** From the sender's "send" to the event in the receiver's open page: composing, delivery and both commits are in it. */
async function arrivalTimes({ refer }: HospitalPair, client: DeskClient, count: number): Promise<Times> {
  const taken: number[] = [];
  const stop = new AbortController();
  const stream = await client.fetch('/live', { headers: { accept: 'text/event-stream' }, signal: stop.signal });
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) throw new Error('the line for live changes does not open');
  const nextArrival = async (): Promise<void> => {
    for (const end = performance.now() + arrivalMsMax; performance.now() < end;) {
      const { value = '', done } = await reader.read();
      if (/received|emergency/.test(value)) return;
      if (done) throw new Error('the line for live changes ended');
    }
    throw new Error('nothing arrived');
  };
  for (let i = 0; i < count; i += 1) {
    const begun = performance.now();
    const arrived = nextArrival().then(() => performance.now() - begun);
    await refer();
    taken.push(await arrived);
  }
  stop.abort();
  return timesOf(taken, 0);
}

interface Weights {
  readonly css: number;
  readonly firstLoad: number;
}

/** Gzip, as a browser loads them: all styles; the first page after signing in with everything it names. */
async function weights(client: DeskClient): Promise<Weights> {
  const { styles, all } = nameAssets(readPageFiles());
  const bytesOf = (path: string): number => all.find(({ name }) => path.endsWith(name))?.gzip.length ?? 0;
  const { text } = await client.get('/');
  const named = new Set([...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path));
  for (const path of Array.from(named)) for (const found of await importsOf(client, path)) named.add(found);
  const assets = [...named].reduce((sum, path) => sum + bytesOf(path), 0);
  return { css: bytesOf(styles), firstLoad: assets + gzipSync(text).length };
}

/** The modules that a module asks for, and those that they ask for. */
async function importsOf(client: DeskClient, path: string): Promise<readonly string[]> {
  if (!path.endsWith('.js')) return [];
  const { text } = await client.get(path);
  const direct = [...text.matchAll(/'(\/assets\/[a-z0-9-]+\.js)'/g)].map(([, found = '']) => found);
  const further = await Promise.all(direct.map((found) => importsOf(client, found)));
  return [...direct, ...further.flat()];
}

interface Measured {
  readonly inbox: Times;
  readonly arrival: Times;
  readonly chart: Times;
  readonly referred: Times;
  readonly search: Times;
  readonly rare: Times;
  readonly weight: Weights;
}

function report(size: Amounts, { inbox, arrival, chart, referred, search, rare, weight }: Measured): RowReport {
  const ms = (name: string, value: number): Figure => ({ name, value, unit: 'ms' });
  const bytes = (name: string, value: number): Figure => ({ name, value, unit: 'bytes' });
  const atMost = (figure: Figure, goal: number): Verdict => ({ ...figure, goal: { atMost: goal } });
  const count = (value: number): string => value.toLocaleString('en');
  return {
    figures: [
      ms(`first page of the inbox, ${count(size.referrals)} referrals, median`, inbox.medianMs),
      bytes('first page of the inbox, without gzip', inbox.bytes),
      ms(`chart, ${count(size.consultations)} consultations, median`, chart.medianMs),
      bytes('chart, without gzip', chart.bytes),
      ms(`chart, ${count(size.referrals)} referrals, median`, referred.medianMs),
      bytes('the same, without gzip', referred.bytes),
      ms(`search by beginning of a name, ${count(size.patients)} patients, median`, search.medianMs),
      ms('search by name and birth date, median', rare.medianMs),
      ms('from "send" to the event in the receiver\'s page, median', arrival.medianMs),
    ],
    verdicts: [
      atMost(ms('first page of the inbox, p99', inbox.p99Ms), 50),
      atMost(ms('chart, p99', Math.max(chart.p99Ms, referred.p99Ms)), 200),
      atMost(ms('search, p99', search.p99Ms), 50),
      atMost(ms('arrival, p99', arrival.p99Ms), 2000),
      atMost(bytes('all styles, gzip', weight.css), 12_000),
      atMost(bytes('first load: page, styles, modules, gzip', weight.firstLoad), 40_000),
    ],
    notices: [],
  };
}

function joined(one: RowReport, other: RowReport): RowReport {
  return {
    figures: [...one.figures, ...other.figures],
    verdicts: [...one.verdicts, ...other.verdicts],
    notices: [...one.notices, ...other.notices],
  };
}
