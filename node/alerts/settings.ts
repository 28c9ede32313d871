import type { Clock } from '../platform/clock.ts';
import { statement } from '../store/statement.ts';
import type { Reader, Store } from '../store/store.ts';
import type { Change, Changes, Person } from './changes.ts';
import {
  checkFields,
  degreesRule,
  lineRule,
  mailAddressRule,
  optional,
  telephoneRule,
  wholeRule,
  type FieldFault,
  type FieldRule,
} from './fields.ts';
import { timeZoneOf, timeZoneRule, utc, type TimeZone } from './time-zone.ts';

const hospitalLettersMax = 80;
const noteLettersMax = 100;
const prefixForm = /^[A-Z][A-Z0-9]{0,7}$/;
const minutesMax = 24 * 60;
/** An attachment's own limit (Spec bundle §2). */
const uploadGibLimit = 64;

const prefixRule: FieldRule = (given) => {
  const value = given.trim().toUpperCase();
  return prefixForm.test(value)
    ? { value }
    : { fault: 'must be 1 to 8 letters and digits, the first one a letter, such as ALD' };
};

/** What an administrator sets in the running node, and what each may be; empty means the default (Node §8). */
export const settingRules = {
  /** The hospital's name as mails to the police say it. */
  hospitalName: optional(lineRule(hospitalLettersMax)),
  /** Where the police calls back. Without it no alert can be made. */
  callBackNumber: optional(telephoneRule),
  /** The From address of alerts; else `mail.from` of the configuration. */
  mailFrom: optional(mailAddressRule),
  /** Where the hospital is: stations are listed nearest first. */
  latitude: optional(degreesRule(90)),
  longitude: optional(degreesRule(180)),
  /** By which clock the desk shows and takes times: an IANA name. */
  timeZone: optional(timeZoneRule),
  /** Case numbers that this hospital gives begin with it. */
  caseNumberPrefix: optional(prefixRule),
  /** After so long an alert that is not sent asks for the next station. */
  unsentMinutes: optional(wholeRule(minutesMax)),
  /** After so long an alert that nobody acknowledged asks for the next station. */
  unansweredMinutes: optional(wholeRule(minutesMax)),
  /** The largest file that may be added to a patient, in GiB. */
  uploadGibMax: optional(wholeRule(uploadGibLimit)),
  /** When somebody confirmed that a copy of the root key lies in a safe. */
  keysBackedUp: optional(lineRule(noteLettersMax)),
} satisfies Readonly<Record<string, FieldRule>>;

export type SettingName = keyof typeof settingRules;
export type SettingValues = Readonly<Record<SettingName, string>>;

export type SettingsChanged =
  | { readonly state: 'changed'; readonly names: readonly SettingName[] }
  | { readonly state: 'refused'; readonly faults: readonly FieldFault[] };

/** The hospital's settings in the database. */
export interface Settings {
  /** What holds now: what was set, else the default; empty where there is none. */
  values(reader?: Reader): Promise<SettingValues>;
  /** The zone of `timeZone`, read from the database once after each change. */
  zone(): Promise<TimeZone>;
  /** What was set; empty where the default holds. */
  ownValues(): Promise<SettingValues>;
  readonly defaults: SettingValues;
  /** All or nothing. Each that changes becomes a leaf of the log with old and new value. */
  change(by: Person, given: Readonly<Partial<Record<SettingName, string>>>): Promise<SettingsChanged>;
}

export interface SettingsPorts {
  readonly store: Store;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly defaults: Readonly<Partial<Record<SettingName, string>>>;
}

const names = Object.keys(settingRules) as readonly SettingName[];

const allSettings = statement()((db) => db.selectFrom('setting').selectAll());
const putSetting = statement<{ name: string; value: string; now: number }>()((db, values) =>
  db
    .insertInto('setting')
    .values({ name: values.name, value: values.value, changed_at: values.now })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet((eb) => ({ value: eb.ref('excluded.value'), changed_at: eb.ref('excluded.changed_at') })),
    ),
);

export function openSettings(ports: SettingsPorts): Settings {
  const { store, changes, clock } = ports;
  const valuesFrom = (given: Readonly<Partial<Record<SettingName, string>>>): SettingValues =>
    Object.fromEntries(names.map((name) => [name, given[name] ?? ''])) as Record<SettingName, string>;
  const defaults = valuesFrom({
    caseNumberPrefix: 'PC',
    unsentMinutes: '5',
    unansweredMinutes: '15',
    uploadGibMax: '20',
    timeZone: utc.name,
    ...ports.defaults,
  });
  const stored = async (reader: Reader): Promise<SettingValues> => {
    const rows = await reader.all(allSettings, {});
    return valuesFrom(Object.fromEntries(rows.map(({ name, value }) => [name, value])));
  };
  const effective = async (reader: Reader): Promise<SettingValues> => {
    const own = await stored(reader);
    return valuesFrom(Object.fromEntries(names.map((name) => [name, own[name] === '' ? defaults[name] : own[name]])));
  };
  let zone: Promise<TimeZone> | undefined;
  const readZone = async (): Promise<TimeZone> => timeZoneOf((await store.read(effective)).timeZone);
  return {
    defaults,
    values: (reader) => (reader === undefined ? store.read(effective) : effective(reader)),
    zone: () => {
      const asked = (zone ??= readZone());
      asked.catch(() => {
        if (zone === asked) zone = undefined; // The next who asks reads again.
      });
      return asked;
    },
    ownValues: () => store.read(stored),
    change: async (by, given) => {
      const wanted = names.filter((name) => given[name] !== undefined);
      const { values, faults } = checkFields(settingRules, given);
      if (faults.length > 0) return { state: 'refused', faults };
      const result = await store.write(async (writer): Promise<SettingsChanged> => {
        const before = await stored(writer);
        const changed = wanted.filter((name) => before[name] !== values[name]);
        const after = { ...before, ...Object.fromEntries(changed.map((name) => [name, values[name]])) };
        if ((after.latitude === '') !== (after.longitude === ''))
          return { state: 'refused', faults: [halfPosition(after.latitude === '')] };
        const now = clock.now();
        for (const name of changed) await writer.run(putSetting, { name, value: values[name], now });
        const noted = changed.map((name): Change => ({
          subject: 'setting',
          id: '',
          name,
          old: before[name],
          new: values[name],
        }));
        await changes.note(writer, by, noted);
        return { state: 'changed', names: changed };
      });
      zone = undefined;
      return result;
    },
  };
}

function halfPosition(latitudeIsMissing: boolean): FieldFault {
  return latitudeIsMissing
    ? { field: 'latitude', message: 'is missing: latitude and longitude go together' }
    : { field: 'longitude', message: 'is missing: latitude and longitude go together' };
}
