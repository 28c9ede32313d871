import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Person } from '../../../node/alerts/changes.ts';
import type { AlertRequest } from '../../../node/alerts/confirm.ts';
import type { Station, StationInput } from '../../../node/alerts/stations/station.ts';
import type { NodeConfig } from '../../../node/config/config.ts';
import { initNode, openNode, type FernpostNode } from '../../../node/node.ts';
import type { MailPort } from '../../../node/platform/mail.ts';
import { parseNodeName, parseNodeUrl } from '../../../protocol/ids.ts';
import { parseLocalRecord, type LocalRecord } from '../../../protocol/log/record.ts';
import { fastDirectory } from '../../support/hospital.ts';
import { manualClock, type ManualClock } from '../../support/manual-clock.ts';
import { nodeTables } from '../../support/node-tables.ts';

/** A node without jobs whose mail goes where a test wants it, with two police stations in its list. */
export interface AlertNode extends AsyncDisposable {
  readonly node: FernpostNode;
  readonly clock: ManualClock;
  readonly near: Station;
  readonly far: Station;
  readonly directory: string;
  /** What the node told as a failure of its own. */
  readonly failures: string[];
  /** One preview, confirmed. */
  alert(change?: Partial<AlertRequest>): Promise<string>;
  preview(change?: Partial<AlertRequest>): Promise<string>;
  /** Runs the job once. */
  step(): Promise<void>;
  /** The `local` records of the log of one kind, oldest first. */
  records(kind: LocalRecord['kind']): Promise<readonly LocalRecord['members'][]>;
  restart(): Promise<void>;
}

export const doctor: Person = { id: '6f3c1f5e-8f0f-4d53-9a41-0c6c2a1f6a11', name: 'Dr Dora Doctor' };
export const administrator: Person = { id: 'f0b3b1de-0f4f-4f3b-8f0e-3a2f6f1d1c22', name: 'Ada Admin' };

export const nearInput: StationInput = {
  name: 'Elm Street Police Station',
  address: '12 Elm Street; 1010 Alder',
  telephone: '+1 555 0110',
  email: 'desk@elm.station.test',
  latitude: '47.5',
  longitude: '19.05',
};
export const farInput: StationInput = {
  name: 'Harbour Police Station',
  address: '1 Harbour Road; 1090 Alder',
  telephone: '+1 555 0190',
  email: 'desk@harbour.station.test',
  latitude: '47.9',
  longitude: '19.9',
};

export async function openAlertNode(mail: MailPort | undefined, given: Partial<NodeConfig> = {}): Promise<AlertNode> {
  const directory = fastDirectory();
  const clock = manualClock();
  const failures: string[] = [];
  const config = { ...configOf(join(directory, 'alder')), ...given };
  mkdirSync(config.dataDirectory, { recursive: true });
  const overrides = {
    clock,
    ...(mail === undefined ? {} : { mail }),
    diagnostics: {
      info: () => undefined,
      warn: () => undefined,
      error: (event: string, cause?: unknown) =>
        void failures.push(`${event} ${cause instanceof Error ? (cause.stack ?? '') : ''}`),
    },
  };
  await initNode(config, overrides);
  let node = await openNode(config, overrides);
  await node.settings.change(administrator, { callBackNumber: '+1 555 0100', latitude: '47.49', longitude: '19.04' });
  const near = await stationOf(node, nearInput);
  const far = await stationOf(node, farInput);
  const preview = async (change: Partial<AlertRequest> = {}): Promise<string> => {
    const about = { patient: '0b7c6f9e-7d8a-4a34-9a55-2f6f1d7be0c1' };
    const request = { caseNumber: 'PC-2026-0001', reason: 'Assault', about, recordTexts: [], ...change };
    const previewed = await node.alerts.preview({ by: doctor, station: near.id, ...request });
    if (previewed.state !== 'shown') throw new Error(JSON.stringify(previewed.faults));
    return previewed.preview.token;
  };
  return {
    get node() {
      return node;
    },
    clock,
    near,
    far,
    directory,
    failures,
    preview,
    alert: async (change) => (await node.alerts.confirm(doctor, await preview(change))).id,
    step: () => node.alerts.step(AbortSignal.timeout(20_000)),
    records: async (kind) => {
      const leaves = await node.store.read((reader) => reader.all(nodeTables.leaves, {}));
      const records = leaves.filter(({ type }) => type === 'local').map(({ record }) => parseLocalRecord(record));
      return records.filter((record) => record.kind === kind).map(({ members }) => members);
    },
    restart: async () => {
      await node[Symbol.asyncDispose]();
      node = await openNode(config, overrides);
    },
    [Symbol.asyncDispose]: async () => {
      await node[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function stationOf(node: FernpostNode, input: StationInput): Promise<Station> {
  const saved = await node.stations.add(administrator, input);
  if (saved.state !== 'saved') throw new Error(JSON.stringify(saved.faults));
  return saved.station;
}

function configOf(dataDirectory: string): NodeConfig {
  const listen = { host: '127.0.0.1', port: 0 };
  return {
    dataDirectory,
    name: parseNodeName('alder.example'),
    title: 'St. Alder Hospital',
    url: parseNodeUrl('https://alder.example'),
    exchange: listen,
    desk: listen,
    control: listen,
    peerAddresses: { allow: [] },
    proxies: [],
    logAccess: 'peers',
    rootKey: { path: join(dataDirectory, 'root.key') },
    limits: { bytesADay: 2 ** 36, leavesADay: 20_000, peers: {}, bundleBytesMax: 2 ** 33, ballastBytes: 0 },
  };
}
