import type { Clock } from '../platform/clock.ts';
import { OperationError } from '../platform/operation-error.ts';
import { row, statement } from '../store/statement.ts';
import type { Reader, Store } from '../store/store.ts';
import type { Change, Changes, Person } from './changes.ts';
import { checkFields, lineRule, optional, required, wholeRule, type FieldFault, type FieldRule } from './fields.ts';

/** A department of this hospital: referrals name it, and the usual answer time is what a sender may expect. */
export interface Department {
  readonly code: string;
  readonly name: string;
  readonly active: boolean;
  readonly answerHours: number | undefined;
  readonly version: number;
}

export const departmentColumns = ['code', 'name', 'active', 'answer_hours'] as const;
/** As a form gives it: `active` is `yes` or `no`. */
export type DepartmentInput = Readonly<Partial<Record<(typeof departmentColumns)[number], string>>>;

export type DepartmentSaved =
  | { readonly state: 'saved'; readonly department: Department }
  | { readonly state: 'refused'; readonly faults: readonly FieldFault[] };

export interface Departments {
  /** By name; also those that are not in use any more. */
  list(): Promise<readonly Department[]>;
  /** Fails with `unknown-department`. */
  get(code: string): Promise<Department>;
  add(by: Person, input: DepartmentInput): Promise<DepartmentSaved>;
  /** The code stays. Fails with `changed-meanwhile` when `version` is not the newest. */
  change(by: Person, code: string, version: number, input: DepartmentInput): Promise<DepartmentSaved>;
}

export interface DepartmentsPorts {
  readonly store: Store;
  readonly changes: Changes;
  readonly clock: Clock;
}

const nameLettersMax = 80;
const answerHoursMax = 8760;
const departmentsMax = 500;
const codeForm = /^[A-Z0-9](?:[A-Z0-9-]{0,14}[A-Z0-9])?$/;

const codeRule: FieldRule = (given) => {
  const value = given.trim().toUpperCase();
  return codeForm.test(value) ? { value } : { fault: 'must be 1 to 16 letters, digits and hyphens such as CARD' };
};
export const yesNoRule: FieldRule = (given) => {
  const value = given.trim().toLowerCase();
  return value === '' || value === 'yes' || value === 'no'
    ? { value: value === 'no' ? 'no' : 'yes' }
    : { fault: 'must be yes or no' };
};

const rules = {
  code: required(codeRule),
  name: required(lineRule(nameLettersMax)),
  active: yesNoRule,
  answer_hours: optional(wholeRule(answerHoursMax)),
};

const byName = statement()((db) => db.selectFrom('department').selectAll().orderBy('name').orderBy('code'));
const byCode = statement<{ code: string }>()((db, values) =>
  db.selectFrom('department').selectAll().where('code', '=', values.code),
);
const insertDepartment = statement<DepartmentRow>()((db, values) =>
  db.insertInto('department').values(row(values, ['code', 'name', 'active', 'answer_hours', 'version', 'changed_at'])),
);
const updateDepartment = statement<DepartmentRow>()((db, values) =>
  db
    .updateTable('department')
    .set(row(values, ['name', 'active', 'answer_hours', 'version', 'changed_at']))
    .where('code', '=', values.code),
);

type DepartmentRow = {
  code: string;
  name: string;
  active: number;
  answer_hours: number | null;
  version: number;
  changed_at: number;
};

export function openDepartments({ store, changes, clock }: DepartmentsPorts): Departments {
  const find = async (reader: Reader, code: string): Promise<DepartmentRow> => {
    const found = await reader.first(byCode, { code });
    if (found === undefined)
      throw new OperationError('not-found', 'unknown-department', 'There is no department with this code.');
    return found;
  };
  return {
    list: async () => (await store.read((reader) => reader.all(byName, {}))).map(departmentOf),
    get: async (code) => departmentOf(await store.read((reader) => find(reader, code))),
    add: async (by, input) => {
      const { values, faults } = checkFields(rules, input);
      if (faults.length > 0) return { state: 'refused', faults };
      return await store.write(async (writer): Promise<DepartmentSaved> => {
        const all = await writer.all(byName, {});
        if (all.length >= departmentsMax) return refused('code', `there are ${departmentsMax} departments already`);
        if (all.some(({ code }) => code === values.code)) return refused('code', 'is in use by another department');
        const made = { ...rowOf(values), version: 1, changed_at: clock.now() };
        await writer.run(insertDepartment, made);
        await changes.note(writer, by, changesOf(undefined, made));
        return { state: 'saved', department: departmentOf(made) };
      });
    },
    change: async (by, code, version, input) => {
      const { values, faults } = checkFields(rules, { ...input, code });
      if (faults.length > 0) return { state: 'refused', faults };
      return await store.write(async (writer): Promise<DepartmentSaved> => {
        const before = await find(writer, code);
        if (before.version !== version) throw changedMeanwhile('department');
        const made = { ...rowOf(values), version: version + 1, changed_at: clock.now() };
        const changed = changesOf(before, made);
        if (changed.length === 0) return { state: 'saved', department: departmentOf(before) };
        await writer.run(updateDepartment, made);
        await changes.note(writer, by, changed);
        return { state: 'saved', department: departmentOf(made) };
      });
    },
  };
}

export function changedMeanwhile(what: string): OperationError {
  return new OperationError(
    'conflict',
    'changed-meanwhile',
    `Somebody else changed this ${what} meanwhile. Nothing of yours was stored. Look at it again and repeat the change.`,
  );
}

function refused(field: string, message: string): DepartmentSaved {
  return { state: 'refused', faults: [{ field, message }] };
}

function rowOf(values: Readonly<Record<keyof typeof rules, string>>) {
  const { code, name, active, answer_hours } = values;
  return {
    code,
    name,
    active: active === 'yes' ? 1 : 0,
    answer_hours: answer_hours === '' ? null : Number(answer_hours),
  };
}

function departmentOf({ code, name, active, answer_hours, version }: DepartmentRow): Department {
  return { code, name, active: active === 1, answerHours: answer_hours ?? undefined, version };
}

function changesOf(before: DepartmentRow | undefined, after: DepartmentRow): readonly Change[] {
  const cells = (row: DepartmentRow | undefined) => ({
    name: row?.name ?? '',
    active: row === undefined ? '' : row.active === 1 ? 'yes' : 'no',
    answer_hours: String(row?.answer_hours ?? ''),
  });
  const [old, made] = [cells(before), cells(after)];
  return (['name', 'active', 'answer_hours'] as const)
    .filter((name) => old[name] !== made[name])
    .map((name) => ({ subject: 'department', id: after.code, name, old: old[name], new: made[name] }));
}
