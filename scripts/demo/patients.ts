import { columns, makeCells, type Cells, type Column } from '../../node/records/csv/columns.ts';
import { Dice } from './dice.ts';
import {
  allergies,
  familyIllnesses,
  illnesses,
  procedures,
  relations,
  remarks,
  strangers,
  vaccines,
} from './histories.ts';
import { cultures, type Culture, type Name } from './names.ts';

/**
 * Invented patients as a CSV file of Records §1: the same count and seed give the same text. Every row can be imported,
 * and as long as the names last no two rows are taken for one person.
 */
export function makePatientsCsv(count: number, seed: number): string {
  const dice = new Dice(seed);
  const rows = drawPeople(count, dice).map((person, index) => patientCells(person, index + 1, dice));
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  return `\uFEFF${lines.map((line) => line.map(quoted).join(',')).join('\r\n')}\r\n`;
}

/** The year in which the demo plays: ages and the last vaccinations are counted from it. */
const thisYear = 2026;

interface Person {
  readonly culture: Culture;
  readonly family: Name;
  readonly given: Name;
  readonly sex: 'female' | 'male';
}

/** Takes the cultures in turn, and every full name of one before any comes again. */
function drawPeople(count: number, dice: Dice): readonly Person[] {
  const waiting = new Map<Culture, Person[]>();
  return Array.from({ length: count }, (_, index) => {
    const culture = cultures[index % cultures.length] ?? dice.pick(cultures);
    const list = waiting.get(culture) ?? [];
    if (list.length === 0) list.push(...dice.shuffled(everyone(culture)));
    waiting.set(culture, list);
    return list.pop() ?? dice.pick(everyone(culture));
  });
}

function everyone(culture: Culture): readonly Person[] {
  const people = (sex: Person['sex'], givens: readonly Name[]): readonly Person[] =>
    culture.families.flatMap((family) => givens.map((given) => ({ culture, family, given, sex })));
  return [...people('female', culture.women), ...people('male', culture.men)];
}

function patientCells(person: Person, number: number, dice: Dice): Cells {
  const { culture } = person;
  const birthYear = dice.between(1932, 2024);
  // Neighbouring rows are born on different days, whatever the dice say: two people never share name and birth date.
  const birthDate = `${birthYear}-${twoDigits(1 + (number % 12))}-${twoDigits(dice.between(1, 28))}`;
  const cells: Partial<Record<Column, string>> = {
    csv_id: `A-${String(number).padStart(6, '0')}`,
    mrn: `MRN-A-${String(4000 + number).padStart(6, '0')}`,
    national_id: dice.chance(0.8) ? `${culture.country}-${birthYear}-${String(number).padStart(5, '0')}` : '',
    family_name: latin(person.family),
    given_names: latin(person.given),
    name_native: nativeName(person),
    sex: dice.chance(0.02) ? 'unknown' : person.sex,
    birth_date: dice.chance(0.04) ? String(birthYear) : birthDate,
    phone: `+${culture.callingCode} 900 ${threeDigits(dice.between(100, 999))} ${threeDigits(number % 1000)}`,
    email: dice.chance(0.4) ? `patient${number}@mail.example` : '',
    address_line: `${dice.between(1, 400)} ${dice.pick(culture.streets)}`,
    city: dice.pick(culture.cities),
    postal_code: String(dice.between(0, 99_999)).padStart(5, '0'),
    country: culture.country,
    language: culture.language,
    ...companionCells(person, dice),
    ...insuranceCells(culture, number, dice),
    ...historyCells(person, birthYear, dice),
    ...policeCells(number, dice),
    notes: dice.chance(0.3) ? dice.pick(remarks) : '',
    updated_at: `${thisYear}-0${dice.between(1, 9)}-${twoDigits(dice.between(1, 28))}T${twoDigits(dice.between(7, 18))}:${twoDigits(dice.between(0, 59))}:00Z`,
  };
  return makeCells((column) => cells[column] ?? '');
}

function companionCells({ culture, family }: Person, dice: Dice): Partial<Record<Column, string>> {
  if (dice.chance(0.4)) return {};
  const stranger = dice.chance(0.2) ? dice.pick(strangers) : undefined;
  const given = latin(dice.pick(dice.chance(0.5) ? culture.women : culture.men));
  return {
    bystander_name: stranger?.name ?? `${given} ${latin(family)}`.trim(),
    bystander_relation: stranger?.relation ?? dice.pick(relations),
    bystander_phone: dice.chance(0.8) ? `+${culture.callingCode} 900 555 ${threeDigits(dice.between(100, 999))}` : '',
  };
}

function insuranceCells(culture: Culture, number: number, dice: Dice): Partial<Record<Column, string>> {
  if (dice.chance(0.3)) return dice.chance(0.2) ? { insurer: 'Self-pay' } : {};
  return {
    insurer: dice.pick(culture.insurers),
    policy_number: `EM-${String(number).padStart(5, '0')}-${dice.between(0, 9)}`,
    policy_valid_from: `${thisYear}-01-01`,
    policy_valid_to: `${thisYear + dice.between(0, 2)}-12-31`,
  };
}

function historyCells(person: Person, birthYear: number, dice: Dice): Partial<Record<Column, string>> {
  const age = thisYear - birthYear;
  const ill = dice.some(
    illnesses.filter((one) => one.ageMin <= age),
    3,
  );
  const operated = dice
    .some(
      procedures.filter((one) => one.ageMin < age && (one.women !== true || person.sex === 'female')),
      2,
    )
    .map((one) => `${one.name} ${dice.between(Math.max(birthYear + one.ageMin, 1985), thisYear - 1)}`);
  const vaccinated = dice.some(
    vaccines.filter((one) => one.year === 0 || one.year > birthYear),
    3,
  );
  return {
    allergies: dice.some(allergies, 2).join(';'),
    conditions: ill
      .map((one) =>
        dice.chance(0.5) ? `${one.name} since ${dice.between(birthYear + one.ageMin, thisYear)}` : one.name,
      )
      .join(';'),
    medications: ill.flatMap((one) => (one.medicines.length === 0 ? [] : [dice.pick(one.medicines)])).join(';'),
    immunizations: vaccinated.map((one) => (one.year === 0 ? one.name : `${one.name} ${one.year}`)).join(';'),
    family_history: dice.some(familyIllnesses, 2).join(';'),
    procedures: operated.join(';'),
  };
}

function policeCells(number: number, dice: Dice): Partial<Record<Column, string>> {
  if (!dice.chance(0.06)) return { police_case: 'no' };
  return { police_case: 'yes', police_case_no: `MLC-A-${thisYear}-${String(number).padStart(4, '0')}` };
}

function latin(name: Name): string {
  return name.split('/')[0] ?? '';
}

function nativeName({ culture, family, given }: Person): string {
  const [first, last] = [given, family].map((name) => name.split('/')[1] ?? '');
  if (culture.native === undefined || first === undefined || last === undefined) return '';
  if (culture.native === 'given family') return `${first} ${last}`;
  return culture.native === 'family given' ? `${last} ${first}` : `${last}${first}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

function threeDigits(number: number): string {
  return String(number).padStart(3, '0');
}

/** RFC 4180: quotes where a comma, a quote, a line end or an outer space would be lost. */
function quoted(cell: string): string {
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
