import type { Change } from '../changes.ts';
import { yesNoRule } from '../departments.ts';
import {
  checkFields,
  degreesRule,
  lineRule,
  mailAddressRule,
  optional,
  required,
  telephoneRule,
  type FieldFault,
} from '../fields.ts';
import type { Position } from '../distance.ts';

/** A police station of the administrator's list: the only place where an alert's recipient comes from (Node §8 rule 1). */
export interface Station {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly telephone: string;
  readonly email: string;
  readonly position: Position | undefined;
  readonly active: boolean;
  readonly version: number;
}

/** Columns of the CSV file and fields of the form; `active` is `yes` or `no`. */
export const stationColumns = ['name', 'address', 'telephone', 'email', 'latitude', 'longitude', 'active'] as const;
export type StationColumn = (typeof stationColumns)[number];
export type StationInput = Readonly<Partial<Record<StationColumn, string>>>;

export type StationRow = {
  id: string;
  name: string;
  address: string;
  telephone: string;
  email: string;
  latitude: number | null;
  longitude: number | null;
  active: number;
  version: number;
  changed_at: number;
};

const nameLettersMax = 100;
const addressLettersMax = 200;

const rules = {
  name: required(lineRule(nameLettersMax)),
  address: required(lineRule(addressLettersMax)),
  telephone: required(telephoneRule),
  email: required(mailAddressRule),
  latitude: optional(degreesRule(90)),
  longitude: optional(degreesRule(180)),
  active: yesNoRule,
};

type Cells = Readonly<Record<StationColumn, string>>;

/** Reads what was typed or imported; one fault for each field that is wrong. */
export function readStation(
  input: StationInput,
): { readonly cells: Cells } | { readonly faults: readonly FieldFault[] } {
  const { values, faults } = checkFields(rules, input);
  const half = faults.length === 0 && (values.latitude === '') !== (values.longitude === '');
  const missing = values.latitude === '' ? 'latitude' : 'longitude';
  const all = half
    ? [...faults, { field: missing, message: 'is missing: latitude and longitude go together' }]
    : faults;
  return all.length > 0 ? { faults: all } : { cells: values };
}

export function rowOfCells(cells: Cells): Omit<StationRow, 'id' | 'version' | 'changed_at'> {
  const { name, address, telephone, email, latitude, longitude, active } = cells;
  return {
    name,
    address,
    telephone,
    email,
    latitude: latitude === '' ? null : Number(latitude),
    longitude: longitude === '' ? null : Number(longitude),
    active: active === 'yes' ? 1 : 0,
  };
}

export function stationOf(row: StationRow): Station {
  const { id, name, address, telephone, email, latitude, longitude, active, version } = row;
  const position = latitude === null || longitude === null ? undefined : { latitude, longitude };
  return { id, name, address, telephone, email, position, active: active === 1, version };
}

/** As the form shows it again. */
export function inputOf({ position, active, ...station }: Station): Cells {
  const { name, address, telephone, email } = station;
  return {
    name,
    address,
    telephone,
    email,
    latitude: position === undefined ? '' : String(position.latitude),
    longitude: position === undefined ? '' : String(position.longitude),
    active: active ? 'yes' : 'no',
  };
}

/** Field by field, what a change makes different; everything for a new station. */
export function changesOf(before: StationRow | undefined, after: StationRow): readonly Change[] {
  const old = before === undefined ? undefined : inputOf(stationOf(before));
  const made = inputOf(stationOf(after));
  return stationColumns
    .filter((name) => (old?.[name] ?? '') !== made[name])
    .map((name) => ({ subject: 'station', id: after.id, name, old: old?.[name] ?? '', new: made[name] }));
}
