import type { PatientDetails, Sex } from '../model.ts';
import { storedForm } from '../normalise.ts';

/** The columns of a CSV file, in the order in which we write them; names are exact (Records §1). */
export const columns = [
  'csv_id',
  'mrn',
  'national_id',
  'family_name',
  'given_names',
  'name_native',
  'sex',
  'birth_date',
  'phone',
  'email',
  'address_line',
  'city',
  'postal_code',
  'country',
  'language',
  'bystander_name',
  'bystander_relation',
  'bystander_phone',
  'insurer',
  'policy_number',
  'policy_valid_from',
  'policy_valid_to',
  'allergies',
  'conditions',
  'medications',
  'immunizations',
  'family_history',
  'procedures',
  'police_case',
  'police_case_no',
  'notes',
  'updated_at',
] as const;

export type Column = (typeof columns)[number];
/** One patient as the cells of a row; an empty cell says nothing. */
export type Cells = Readonly<Record<Column, string>>;

/** These six hold lists of free text with `;` between. */
export const listColumns = [
  'allergies',
  'conditions',
  'medications',
  'immunizations',
  'family_history',
  'procedures',
] as const satisfies readonly Column[];

export const sexes: readonly Sex[] = ['male', 'female', 'other', 'unknown'];

const columnNames: ReadonlySet<string> = new Set(columns);
const sexNames: ReadonlySet<string> = new Set(sexes);

export function isColumn(name: string): name is Column {
  return columnNames.has(name);
}

export function isSex(text: string): text is Sex {
  return sexNames.has(text);
}

/** Makes the cells of a row from one text for each column. */
export function makeCells(textOf: (column: Column) => string): Cells {
  return Object.fromEntries(columns.map((column) => [column, textOf(column)])) as Cells;
}

/** The items of a list cell: trimmed, empty ones left out. */
export function listItems(cell: string): readonly string[] {
  return cell
    .split(';')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** A patient as cells: `detailsOf(cellsOf(details))` is `details` again, once they are tidy. */
export function cellsOf(details: PatientDetails): Cells {
  const { bystander, insurance } = details;
  const cells: Record<Column, string | undefined> = {
    csv_id: details.csvId,
    mrn: details.mrn,
    national_id: details.nationalId,
    family_name: details.familyName,
    given_names: details.givenNames,
    name_native: details.nameNative,
    sex: details.sex,
    birth_date: details.birthDate,
    phone: details.phone,
    email: details.email,
    address_line: details.addressLine,
    city: details.city,
    postal_code: details.postalCode,
    country: details.country,
    language: details.language,
    bystander_name: bystander?.name,
    bystander_relation: bystander?.relation,
    bystander_phone: bystander?.phone,
    insurer: insurance?.insurer,
    policy_number: insurance?.policyNumber,
    policy_valid_from: insurance?.validFrom,
    policy_valid_to: insurance?.validTo,
    allergies: details.allergies.join(';'),
    conditions: details.conditions.join(';'),
    medications: details.medications.join(';'),
    immunizations: details.immunizations.join(';'),
    family_history: details.familyHistory.join(';'),
    procedures: details.procedures.join(';'),
    police_case: details.policeCase ? 'yes' : 'no',
    police_case_no: details.policeCaseNumber,
    notes: details.notes,
    updated_at: details.updatedAt,
  };
  return makeCells((column) => storedForm(cells[column] ?? ''));
}

/** The patient that cells describe, in NFC. The cells have passed `checkCells`. */
export function detailsOf(cells: Cells): PatientDetails {
  const text = (column: Column): string => storedForm(cells[column]);
  const list = (column: Column): readonly string[] => listItems(text(column));
  const sex = text('sex');
  const bystander = present({
    name: text('bystander_name'),
    relation: text('bystander_relation'),
    phone: text('bystander_phone'),
  });
  const insurance = present({
    insurer: text('insurer'),
    policyNumber: text('policy_number'),
    validFrom: text('policy_valid_from'),
    validTo: text('policy_valid_to'),
  });
  return {
    csvId: text('csv_id'),
    ...present({
      mrn: text('mrn'),
      nationalId: text('national_id'),
      familyName: text('family_name'),
      givenNames: text('given_names'),
      nameNative: text('name_native'),
    }),
    ...(isSex(sex) ? { sex } : {}),
    ...present({
      birthDate: text('birth_date'),
      phone: text('phone'),
      email: text('email'),
      addressLine: text('address_line'),
      city: text('city'),
      postalCode: text('postal_code'),
      country: text('country'),
      language: text('language'),
    }),
    ...(Object.keys(bystander).length === 0 ? {} : { bystander }),
    ...(Object.keys(insurance).length === 0 ? {} : { insurance }),
    allergies: list('allergies'),
    conditions: list('conditions'),
    medications: list('medications'),
    immunizations: list('immunizations'),
    familyHistory: list('family_history'),
    procedures: list('procedures'),
    policeCase: text('police_case') === 'yes',
    ...present({
      policeCaseNumber: text('police_case_no'),
      notes: text('notes'),
      updatedAt: text('updated_at'),
    }),
  };
}

/** Only the members that say something. */
function present<Name extends string>(members: Readonly<Record<Name, string>>): Partial<Record<Name, string>> {
  return Object.fromEntries(Object.entries(members).filter(([, text]) => text !== '')) as Partial<Record<Name, string>>;
}
