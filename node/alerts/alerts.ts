import { KeyError } from '../keys/keyring.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Reader, Writer } from '../store/store.ts';
import { aboutTerm, openContent } from './alert-content.ts';
import { queueAlertLeaf, type AlertAct } from './alert-leaf.ts';
import { alertQueries } from './alert-queries.ts';
import { alertOf, type Alert, type AlertRow, type LoudFacts, type OpenAlert } from './alert.ts';
import type { Person } from './changes.ts';
import { confirmAlert, previewAlert, type AlertPreviewed, type AlertRequest } from './confirm.ts';
import { sendDueAlerts, type SendPorts } from './send.ts';
import type { Settings } from './settings.ts';
import type { NearStation, Stations } from './stations/stations.ts';
import { timeZoneOf } from './time-zone.ts';

export interface AlertCursor {
  readonly at: number;
  readonly id: string;
}

/** Mails to the police in medico-legal cases (Node §8): previewed, confirmed by a person, sent from an outbox, logged. */
export interface Alerts {
  /** The next number of this hospital, for a case that has none. */
  proposeCaseNumber(): Promise<string>;
  /** Composes the mail and stores nothing. */
  preview(request: AlertRequest): Promise<AlertPreviewed>;
  /**
   * Queues exactly what was shown, with its leaf. Twice the same token is one alert. Fails with `preview-too-old`, and with
   * `preview-outdated` where station or settings changed since.
   */
  confirm(by: Person, token: string): Promise<Alert>;
  /** Fails with `unknown-alert`. */
  get(id: string): Promise<OpenAlert>;
  /** The latest first. */
  list(page: { readonly limit: number; readonly after?: AlertCursor }): Promise<readonly OpenAlert[]>;
  /** The latest first, no more than `limit`. */
  ofPatient(patient: string, limit: number): Promise<readonly OpenAlert[]>;
  ofReferral(referral: string, limit: number): Promise<readonly OpenAlert[]>;
  /** Those for which somebody has to take up the telephone now, the oldest first; nothing sealed in them is opened. */
  loud(): Promise<readonly Alert[]>;
  /** Stations in use that were not told of this case, nearest first. */
  furtherStations(id: string): Promise<readonly NearStation[]>;
  /** Somebody of the station called back, or was reached by telephone. Fails with `already-acknowledged`. */
  acknowledge(by: Person, id: string): Promise<void>;
  /** Tries at once, also what has failed. Fails with `already-sent`. */
  tryAgain(by: Person, id: string): Promise<void>;
  /** Sends what is due; a job calls it. */
  step(signal: AbortSignal): Promise<void>;
}

export interface AlertsPorts extends SendPorts {
  readonly settings: Settings;
  readonly stations: Stations;
  /** The node's name: the host of every Message-ID. */
  readonly node: string;
  /** Runs the job at once. */
  wake(): void;
}

const caseDigits = 4;
const latest: AlertCursor = { at: Number.MAX_SAFE_INTEGER, id: '' };

export function openAlerts(ports: AlertsPorts): Alerts {
  const { store, keyring, stations } = ports;
  const told = new Set<string>();
  const openAll = async (reader: Reader, rows: readonly AlertRow[]): Promise<readonly OpenAlert[]> => {
    const facts = await factsOf(ports, reader);
    const all: OpenAlert[] = [];
    for (const row of rows) all.push({ ...alertOf(row, facts), ...(await contentOf(ports, reader, row)) });
    return all;
  };
  return {
    proposeCaseNumber: () => store.read((reader) => proposeCaseNumber(ports, reader)),
    preview: (request) => previewAlert(ports, request),
    confirm: async (by, token) => {
      const row = await confirmAlert(ports, by, token);
      ports.wake();
      return await store.read(async (reader) => alertOf(row, await factsOf(ports, reader)));
    },
    get: (id) =>
      store.read(async (reader) => {
        const row = await find(reader, id);
        return { ...alertOf(row, await factsOf(ports, reader)), ...(await contentOf(ports, reader, row)) };
      }),
    list: ({ limit, after = latest }) =>
      store.read(async (reader) => openAll(reader, await reader.all(alertQueries.list, { ...after, limit }))),
    ofPatient: (patient, limit) => {
      const term = aboutTerm(keyring, 'patient', patient);
      return store.read(async (reader) => openAll(reader, await reader.all(alertQueries.ofPatient, { term, limit })));
    },
    ofReferral: (referral, limit) => {
      const term = aboutTerm(keyring, 'referral', referral);
      return store.read(async (reader) => openAll(reader, await reader.all(alertQueries.ofReferral, { term, limit })));
    },
    loud: () => findLoud(ports),
    furtherStations: (id) =>
      store.read(async (reader) => {
        const { first } = await find(reader, id);
        const told = new Set((await reader.all(alertQueries.ofCase, { first })).map(({ station }) => station));
        return (await stations.nearest(reader)).filter(({ station }) => !told.has(station.id));
      }),
    acknowledge: (by, id) =>
      act(ports, { by, id, name: 'acknowledged' }, async (writer, now) => {
        const { changes } = await writer.run(alertQueries.acknowledge, { id, now, by: by.id, name: by.name });
        if (changes === 0) throw conflict('already-acknowledged', 'This alert was acknowledged already.');
      }),
    tryAgain: async (by, id) => {
      await act(ports, { by, id, name: 'tried-again' }, async (writer, now) => {
        const { changes } = await writer.run(alertQueries.requeue, { id, now });
        if (changes === 0) throw conflict('already-sent', 'The mail server has taken this alert already.');
      });
      ports.wake();
    },
    step: async (signal) => {
      if ((await store.read((reader) => reader.first(alertQueries.anyOpen, {}))) === undefined) return told.clear();
      while (!signal.aborted && (await sendDueAlerts(ports, signal)));
      await tellLoud(ports, told);
    },
  };
}

function findLoud(ports: AlertsPorts): Promise<readonly Alert[]> {
  return ports.store.read(async (reader) => {
    const rows = await reader.all(alertQueries.open, {});
    if (rows.length === 0) return [];
    const facts = await factsOf(ports, reader);
    return rows.map((row) => alertOf(row, facts)).filter(({ loud }) => loud !== undefined);
  });
}

/** Time alone makes an alert loud: nothing is written then, and open pages would not know. `told` is what they know. */
async function tellLoud(ports: AlertsPorts, told: Set<string>): Promise<void> {
  const loud = await findLoud(ports);
  const fresh = loud.filter(({ id }) => !told.has(id));
  told.clear();
  for (const { id } of loud) told.add(id);
  if (fresh.length === 0) return;
  await ports.store.write(async (writer) => {
    for (const { id } of fresh) await writer.run(alertQueries.touch, { id });
  });
}

/** Something a person does with a stored alert, and its leaf. */
async function act(
  ports: AlertsPorts,
  { by, id, name }: { readonly by: Person; readonly id: string; readonly name: AlertAct },
  change: (writer: Writer, now: number) => Promise<void>,
): Promise<void> {
  await ports.store.write(async (writer) => {
    const alert = await find(writer, id);
    const now = ports.clock.now();
    await change(writer, now);
    await queueAlertLeaf(writer, ports, { act: name, alert, by, at: now });
  });
}

async function find(reader: Reader, id: string): Promise<AlertRow> {
  const row = await reader.first(alertQueries.byId, { id });
  if (row === undefined) throw new OperationError('not-found', 'unknown-alert', 'There is no such alert.');
  return row;
}

async function factsOf({ clock, settings, mail }: AlertsPorts, reader: Reader): Promise<LoudFacts> {
  const settled = await reader.all(alertQueries.settledCases, {});
  return {
    now: clock.now(),
    settings: await settings.values(reader),
    hasMailServer: mail !== undefined,
    settled: new Set(settled.map(({ first }) => first)),
  };
}

const erased = {
  mail: { from: '', to: '', subject: '', text: '', messageId: '' },
  caseNumber: '',
  reason: '',
  about: {},
};

/** Of an erased patient's alert only what was never sealed is left. */
async function contentOf({ keyring }: AlertsPorts, reader: Reader, row: AlertRow) {
  try {
    return await openContent(reader, keyring, row);
  } catch (error) {
    if (error instanceof KeyError && error.code === 'shredded') return erased;
    throw error;
  }
}

async function proposeCaseNumber({ clock, settings }: AlertsPorts, reader: Reader): Promise<string> {
  const { caseNumberPrefix, timeZone } = await settings.values(reader);
  const zone = timeZoneOf(timeZone);
  const year = zone.wallOf(clock.now()).slice(0, 4);
  const [since = 0] = zone.instantsOf(`${year}-01-01T00:00:00`);
  const found = await reader.first(alertQueries.countSince, { since });
  return `${caseNumberPrefix}-${year}-${String((found?.count ?? 0) + 1).padStart(caseDigits, '0')}`;
}

function conflict(code: string, message: string): OperationError {
  return new OperationError('conflict', code, `${message} Nothing was changed.`);
}
