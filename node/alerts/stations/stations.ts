import type { Clock } from '../../platform/clock.ts';
import { OperationError } from '../../platform/operation-error.ts';
import type { Random } from '../../platform/random.ts';
import type { Reader, Store, Writer } from '../../store/store.ts';
import type { Changes, Person } from '../changes.ts';
import { changedMeanwhile } from '../departments.ts';
import { distanceKm, type Position } from '../distance.ts';
import type { FieldFault } from '../fields.ts';
import type { Settings } from '../settings.ts';
import { importStations, type StationImport, type StationImported } from './import.ts';
import { stationQueries } from './station-queries.ts';
import {
  changesOf,
  readStation,
  rowOfCells,
  stationOf,
  type Station,
  type StationInput,
  type StationRow,
} from './station.ts';

export type StationSaved =
  | { readonly state: 'saved'; readonly station: Station }
  | { readonly state: 'refused'; readonly faults: readonly FieldFault[] };

export interface NearStation {
  readonly station: Station;
  /** `undefined` where the hospital or the station has no coordinates. */
  readonly distanceKm: number | undefined;
}

/** The administrator's list of police stations. Each change of a field is a leaf of the log. */
export interface Stations {
  /** By name; also those that are not in use any more. */
  list(): Promise<readonly Station[]>;
  /** Fails with `unknown-station`. */
  get(id: string): Promise<Station>;
  add(by: Person, input: StationInput): Promise<StationSaved>;
  /** Fails with `changed-meanwhile` when `version` is not the newest. */
  change(by: Person, id: string, version: number, input: StationInput): Promise<StationSaved>;
  /** All of a CSV file or nothing; a name that is there already is that station, changed. */
  importAll(by: Person, file: StationImport): Promise<StationImported>;
  /** Those in use, nearest first; those without coordinates behind them by name. */
  nearest(reader?: Reader): Promise<readonly NearStation[]>;
}

export interface StationsPorts {
  readonly store: Store;
  readonly changes: Changes;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
}

export const stationsMax = 1_000;

export function openStations(ports: StationsPorts): Stations {
  const { store, changes, settings, clock, random } = ports;
  const find = async (reader: Reader, id: string): Promise<StationRow> => {
    const found = await reader.first(stationQueries.byId, { id });
    if (found === undefined)
      throw new OperationError('not-found', 'unknown-station', 'There is no such police station in the list.');
    return found;
  };
  const put = async (
    writer: Writer,
    by: Person,
    before: StationRow | undefined,
    made: StationRow,
  ): Promise<boolean> => {
    const changed = changesOf(before, made);
    if (changed.length === 0) return false;
    if (before === undefined) await writer.run(stationQueries.insert, made);
    else await writer.run(stationQueries.update, made);
    await changes.note(writer, by, changed);
    return true;
  };
  const nearest = async (reader: Reader): Promise<readonly NearStation[]> => {
    const { latitude, longitude } = await settings.values(reader);
    const here =
      latitude === '' || longitude === '' ? undefined : { latitude: Number(latitude), longitude: Number(longitude) };
    const rows = await reader.all(stationQueries.all, {});
    return nearestFirst(
      here,
      rows.map(stationOf).filter(({ active }) => active),
    );
  };
  return {
    list: async () => (await store.read((reader) => reader.all(stationQueries.all, {}))).map(stationOf),
    get: async (id) => stationOf(await store.read((reader) => find(reader, id))),
    nearest: (reader) => (reader === undefined ? store.read(nearest) : nearest(reader)),
    add: async (by, input) => {
      const read = readStation(input);
      if ('faults' in read) return { state: 'refused', faults: read.faults };
      return await store.write(async (writer): Promise<StationSaved> => {
        const all = await writer.all(stationQueries.all, {});
        if (all.length >= stationsMax) return refused(`there are ${stationsMax} stations already`);
        if (all.some(({ name }) => name === read.cells.name)) return refused('is in use by another station');
        const made = { ...rowOfCells(read.cells), id: random.uuid(), version: 1, changed_at: clock.now() };
        await put(writer, by, undefined, made);
        return { state: 'saved', station: stationOf(made) };
      });
    },
    change: async (by, id, version, input) => {
      const read = readStation(input);
      if ('faults' in read) return { state: 'refused', faults: read.faults };
      return await store.write(async (writer): Promise<StationSaved> => {
        const before = await find(writer, id);
        if (before.version !== version) throw changedMeanwhile('station');
        const all = await writer.all(stationQueries.all, {});
        if (all.some((other) => other.id !== id && other.name === read.cells.name))
          return refused('is in use by another station');
        const made = { ...rowOfCells(read.cells), id, version: version + 1, changed_at: clock.now() };
        const isNew = await put(writer, by, before, made);
        return { state: 'saved', station: stationOf(isNew ? made : before) };
      });
    },
    importAll: (by, file) =>
      importStations(file, {
        stationsMax,
        write: (change) => store.write(change),
        put: (writer, before, made) => put(writer, by, before, made),
        newId: () => random.uuid(),
        now: () => clock.now(),
      }),
  };
}

function nearestFirst(here: Position | undefined, stations: readonly Station[]): readonly NearStation[] {
  const measured = stations.map((station): NearStation => ({
    station,
    distanceKm: here === undefined || station.position === undefined ? undefined : distanceKm(here, station.position),
  }));
  return measured.toSorted(
    (left, right) =>
      (left.distanceKm ?? Number.POSITIVE_INFINITY) - (right.distanceKm ?? Number.POSITIVE_INFINITY) || 0,
  );
}

function refused(message: string): StationSaved {
  return { state: 'refused', faults: [{ field: 'name', message }] };
}
