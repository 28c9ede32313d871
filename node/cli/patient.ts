import type { Command } from 'commander';
import { messageRules, parseJsonObject } from '../../protocol/json.ts';
import { columns, isColumn } from '../records/csv/columns.ts';
import type { PatientView } from '../operations/patient-views.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Caller } from './caller.ts';
import { addCommand, addGroup, collected, onCall } from './command.ts';
import { readInput } from './files.ts';
import { addPatientExport } from './patient-export.ts';
import { addPatientAttachments } from './patient-attachments.ts';
import { addPatientImport } from './patient-import.ts';
import { fieldLines, tableLines } from './text.ts';

const detailsBytesMax = 1024 * 1024;

export function addPatientCommands(program: Command): void {
  const group = addGroup(program, 'patient', 'the patients of this hospital');
  addPatientAdd(group);
  addPatientQueries(group);
  addPatientConsult(group);
  addPatientAttachments(group);
  addPatientImport(group);
  addPatientExport(group);
}

interface AddOptions {
  readonly file?: string;
  readonly set?: readonly string[];
}

function addPatientAdd(group: Command): void {
  const add = addCommand(group, 'add', 'add one patient')
    .option('--set <column=value>', 'a column of the CSV form, such as csv_id=A-000123; may be repeated', collected)
    .option('--file <file>', 'JSON with such columns as members; - for stdin, which other users cannot see')
    .addHelpText('after', `\nColumns: ${columns.join(', ')}`);
  onCall<AddOptions>(add, async (caller, options) => {
    const details = { ...(await detailsIn(caller, options.file)), ...detailsSet(options.set ?? []) };
    await using session = await caller.openSession();
    const added = await session.plain('patient.add', { details });
    const words = added.remarks.map((remark) => `note: ${remark}`);
    caller.answer(added, [`Added patient ${added.patient.id}.`, ...words]);
  });
}

async function detailsIn(caller: Caller, file: string | undefined): Promise<Record<string, string>> {
  if (file === undefined) return {};
  const given = parseJsonObject(await readInput(caller, file, detailsBytesMax), messageRules);
  return Object.fromEntries(
    Object.entries(given).map(([column, value]) => {
      if (typeof value !== 'string')
        throw new OperationError('invalid', 'bad-input', `${column}: expected text, as in a CSV file.`);
      return [column, value];
    }),
  );
}

function detailsSet(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair, n) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new OperationError('invalid', 'bad-input', '--set expects column=value.');
      const column = pair.slice(0, at);
      if (!isColumn(column))
        throw new OperationError(
          'invalid',
          'bad-input',
          `The name in --set number ${n + 1} is no column. Columns: ${columns.join(', ')}. Nothing was changed.`,
        );
      return [column, pair.slice(at + 1)];
    }),
  );
}

function addPatientQueries(group: Command): void {
  const list = addCommand(group, 'list', 'the newest patients').option('--limit <count>', 'how many, 1 to 100', '50');
  onCall<{ limit: string }>(list, async (caller, { limit }) => {
    await using session = await caller.openSession();
    const page = await session.plain('patient.list', { limit: Number(limit) });
    caller.answer(page, [...patientLines(page.patients), `${page.patients.length} of ${page.total} patients`]);
  });

  const find = addCommand(group, 'find', 'look patients up by words, numbers and birth dates')
    .argument('<query...>', 'all must fit; words from three letters on')
    .option('--limit <count>', 'how many, 1 to 100', '50');
  onCall<{ limit: string }>(find, async (caller, { limit }, ...query) => {
    await using session = await caller.openSession();
    const found = await session.plain('patient.find', { query: query.join(' '), limit: Number(limit) });
    caller.answer(found, found.patients.length === 0 ? ['No patient fits.'] : patientLines(found.patients));
  });

  const show = addCommand(group, 'show', 'everything about one patient').argument('<patient>', 'id or CSV id');
  onCall(show, async (caller, _options, patient = '') => {
    await using session = await caller.openSession();
    const found = await session.plain('patient.show', { patient });
    const { id, version, changedAt, details } = found.patient;
    caller.answer(found, [
      ...fieldLines({ id, version: `${version} of ${changedAt}`, ...details }),
      ...sectionLines(
        'Consultations',
        ['id', 'at', 'class', 'reason'],
        found.consultations.map((one) => [one.id, one.at, one.class, one.reason]),
      ),
      ...sectionLines(
        'Attachments',
        ['id', 'type', 'bytes', 'title'],
        found.attachments.map((one) => [one.id, one.contentType, String(one.size), one.title]),
      ),
    ]);
  });
}

function addPatientConsult(group: Command): void {
  interface ConsultOptions {
    readonly reason: string;
    readonly by: string;
    readonly at?: string;
    readonly class: 'AMB' | 'EMER' | 'IMP';
    readonly findings?: string;
    readonly diagnosis?: readonly string[];
    readonly prescription?: readonly string[];
  }
  const consult = addCommand(group, 'consult', 'add a dated consultation')
    .argument('<patient>', 'id or CSV id')
    .requiredOption('--reason <text>', 'why the patient came')
    .requiredOption('--by <name>', 'who saw the patient')
    .option('--at <time>', 'when, with zone; now without it')
    .option('--class <class>', 'AMB ambulatory, EMER emergency, IMP inpatient', 'AMB')
    .option('--findings <text>')
    .option('--diagnosis <text>', 'may be repeated', collected)
    .option('--prescription <text>', 'may be repeated', collected);
  onCall<ConsultOptions>(consult, async (caller, options, patient = '') => {
    await using session = await caller.openSession();
    const added = await session.plain('patient.consult', {
      patient,
      reason: options.reason,
      practitioner: options.by,
      class: options.class,
      ...(options.at === undefined ? {} : { at: options.at }),
      ...(options.findings === undefined ? {} : { findings: options.findings }),
      diagnoses: [...(options.diagnosis ?? [])],
      prescriptions: [...(options.prescription ?? [])],
    });
    caller.answer(added, [`Added consultation ${added.consultation.id}.`]);
  });
}

function patientLines(patients: readonly PatientView[]): readonly string[] {
  const rows = patients.map(({ id, details }) => [
    details.csv_id ?? '',
    details.birth_date ?? '',
    details.sex ?? '',
    [details.given_names, details.family_name].filter((name) => name !== undefined).join(' ') ||
      (details.name_native ?? ''),
    id,
  ]);
  return tableLines(['csv_id', 'born', 'sex', 'name', 'id'], rows);
}

function sectionLines(
  title: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  return rows.length === 0 ? [] : ['', title, ...tableLines(header, rows)];
}
