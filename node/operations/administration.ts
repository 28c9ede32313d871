import * as v from 'valibot';
import type { Person } from '../alerts/changes.ts';
import type { FieldFault } from '../alerts/fields.ts';
import { settingRules, type SettingName } from '../alerts/settings.ts';
import type { StationImport, StationImported } from '../alerts/stations/import.ts';
import { stationColumns } from '../alerts/stations/station.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { ByteStream } from '../platform/files.ts';
import { nextTurn } from '../platform/turn.ts';
import { readCsv } from '../records/csv/read.ts';
import { nodeName } from './fields.ts';
import type { NodeServices } from './node-services.ts';
import { plain, upload } from './operation.ts';

/** Whoever may speak to the control door has the machine's rights and no account (Node §2). */
export const atTheMachine: Person = { id: 'control', name: 'the machine of the node' };

const cell = v.optional(v.pipe(v.string(), v.maxLength(1_000)));
const settingNames = Object.keys(settingRules) as readonly SettingName[];

/** Stations, departments, telephones of peers and settings (Node §8), for programs at the node's machine; people use the desk. */
export const administrationOperations = {
  'station.list': plain(v.strictObject({}), async ({ stations }) => ({ stations: await stations.list() })),

  /** A CSV file, all of it or nothing. */
  'station.import': upload(v.strictObject({}), async (services, _input, bytes) => {
    const imported = await importStationFile(services, atTheMachine, bytes);
    if (imported.state === 'imported') return imported;
    const [first, ...more] = imported.faults;
    const others = more.length === 0 ? '' : ` There are ${more.length} more faults.`;
    const where = `line ${first?.line}: ${first?.field ?? ''} ${first?.message ?? ''}`;
    throw new OperationError('invalid', 'bad-stations', `In ${where}.${others} Nothing was stored.`);
  }),

  'department.list': plain(v.strictObject({}), async ({ departments }) => ({ departments: await departments.list() })),

  'department.add': plain(
    v.strictObject({ code: v.string(), name: v.string(), answer_hours: cell, active: cell }),
    async ({ departments }, { code, name, answer_hours = '', active = 'yes' }) => {
      const saved = await departments.add(atTheMachine, { code, name, answer_hours, active });
      if (saved.state === 'refused') throw refused(saved.faults);
      return { department: saved.department };
    },
  ),

  'peer.telephone': plain(
    v.strictObject({ peer: nodeName, telephone: v.pipe(v.string(), v.maxLength(1_000)) }),
    async ({ peerTelephones, directory }, { peer, telephone }) => {
      const { name } = directory.get(peer);
      const saved = await peerTelephones.set(atTheMachine, name, telephone);
      if (saved.state === 'refused') throw refused(saved.faults);
      return { peer: name, telephone: (await peerTelephones.all()).get(name) ?? '' };
    },
  ),

  'setting.list': plain(v.strictObject({}), async ({ settings }) => ({ settings: await settings.values() })),

  'setting.change': plain(
    v.record(v.picklist(settingNames), v.pipe(v.string(), v.maxLength(1_000))),
    async ({ settings }, given) => {
      const changed = await settings.change(atTheMachine, given);
      if (changed.state === 'refused') throw refused(changed.faults);
      return { changed: changed.names };
    },
  ),
};

/** Reads the file as strictly as a file of patients; its columns are those of a station. */
export async function importStationFile(
  { stations }: Pick<NodeServices, 'stations'>,
  by: Person,
  bytes: ByteStream,
): Promise<StationImported> {
  let header: readonly string[] = [];
  const records: StationImport['records'][number][] = [];
  for await (const { number, line, fields } of readCsv(bytes, nextTurn)) {
    if (number === 0) header = fields;
    else records.push({ line, fields });
  }
  if (header.length === 0) header = [...stationColumns];
  return await stations.importAll(by, { header, records });
}

function refused(faults: readonly FieldFault[]): OperationError {
  const words = faults.map(({ field, message }) => `${field} ${message}`).join('; ');
  return new OperationError('invalid', 'bad-input', `${words}. Nothing was changed.`);
}
