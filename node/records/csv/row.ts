import { utf8 } from '../../../protocol/bytes.ts';
import type { Instant } from '../../../protocol/instant.ts';
import {
  endsBefore,
  isDateFault,
  isInFuture,
  isLongAgo,
  lifeYearsMax,
  parsePartialDate,
  parseTimestamp,
  type PartialDate,
} from '../dates.ts';
import { fieldBytesMax } from '../limits.ts';
import type { PatientDetails } from '../model.ts';
import { hasBidiControl, hasForbiddenCharacter, isBlank, storedForm } from '../normalise.ts';
import { cellsOf, columns, isSex, listColumns, sexes, type Cells, type Column } from './columns.ts';

export type RemarkRule =
  | 'missing'
  | 'date-form'
  | 'date-day-first'
  | 'date-impossible'
  | 'date-future'
  | 'date-long-ago'
  | 'ends-before-it-begins'
  | 'not-one-of'
  | 'not-a-timestamp'
  | 'forbidden-character'
  | 'too-long'
  | 'semicolon-in-item'
  | 'police-case-without-number'
  | 'phone-without-name'
  | 'not-a-country-code'
  | 'not-a-language-tag'
  | 'bidi-control';

/** An error keeps a row out; a warning is a verdict of its own; a note stands beside any verdict (Records §1). */
export interface Remark {
  readonly severity: 'error' | 'warning' | 'note';
  readonly column: Column;
  readonly rule: RemarkRule;
}

const words: Readonly<Record<RemarkRule, string>> = {
  missing: 'is required',
  'date-form': 'is not a date: YYYY, YYYY-MM or YYYY-MM-DD',
  'date-day-first': 'is a day-first or month-first date, which is not guessed: write YYYY-MM-DD',
  'date-impossible': 'is a date that does not exist',
  'date-future': 'lies in the future',
  'date-long-ago': `lies more than ${lifeYearsMax} years ago`,
  'ends-before-it-begins': 'lies before the date on which the policy begins',
  'not-one-of': 'is none of the words allowed here', // Each column names its own, below.
  'not-a-timestamp': 'is not an RFC 3339 time with zone, such as 2026-05-04T05:36:00Z',
  'forbidden-character': 'holds a control character',
  'too-long': `is longer than ${fieldBytesMax} bytes`,
  'semicolon-in-item': 'holds a semicolon inside an item of a list',
  'police-case-without-number': 'is missing although this is a police case',
  'phone-without-name': 'is missing although the bystander has a telephone number',
  'not-a-country-code': 'is not a country code of two capital letters',
  'not-a-language-tag': 'is not a language tag such as en or pt-BR',
  'bidi-control': 'holds a character that turns the direction of text; it is shown, not obeyed',
};

const allowedWords: Partial<Record<Column, string>> = {
  sex: `is none of the words ${sexes.join(', ')}`,
  police_case: 'is neither yes nor no',
};

const countryForm = /^[A-Z]{2}$/;
const languageForm = /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/;
const nameColumns = ['family_name', 'given_names', 'name_native'] as const;

/** A remark as a sentence about its column; it never quotes the cell. */
export function remarkWords(remark: Remark): string {
  const said = remark.rule === 'not-one-of' ? allowedWords[remark.column] : undefined;
  return `${remark.column} ${said ?? words[remark.rule]}`;
}

export function hasError(remarks: readonly Remark[]): boolean {
  return remarks.some((remark) => remark.severity === 'error');
}

/** Everything that is to be said about one row, errors first (Records §1). */
export function checkCells(given: Cells, now: Instant): readonly Remark[] {
  const cells = Object.fromEntries(columns.map((column) => [column, storedForm(given[column])])) as Cells;
  const found = [...characterRemarks(cells), ...requiredRemarks(cells), ...dateRemarks(cells, now)];
  const wrong = (column: Column, rule: RemarkRule): void => void found.push({ severity: 'error', column, rule });
  const warn = (column: Column, rule: RemarkRule): void => void found.push({ severity: 'warning', column, rule });

  if (cells.sex !== '' && !isSex(cells.sex)) wrong('sex', 'not-one-of');
  if (!['', 'yes', 'no'].includes(cells.police_case)) wrong('police_case', 'not-one-of');
  if (cells.updated_at !== '' && parseTimestamp(cells.updated_at) === undefined) wrong('updated_at', 'not-a-timestamp');
  if (cells.police_case === 'yes' && isBlank(cells.police_case_no))
    warn('police_case_no', 'police-case-without-number');
  if (!isBlank(cells.bystander_phone) && isBlank(cells.bystander_name)) warn('bystander_name', 'phone-without-name');
  if (cells.country !== '' && !countryForm.test(cells.country)) warn('country', 'not-a-country-code');
  if (cells.language !== '' && !languageForm.test(cells.language)) warn('language', 'not-a-language-tag');
  return found.toSorted((a, b) => rank[a.severity] - rank[b.severity]);
}

/** As `checkCells`, for details that a person or a program gave. */
export function checkDetails(details: PatientDetails, now: Instant): readonly Remark[] {
  const lists = [
    details.allergies,
    details.conditions,
    details.medications,
    details.immunizations,
    details.familyHistory,
    details.procedures,
  ];
  const torn = listColumns.filter((_, i) => lists[i]?.some((item) => storedForm(item).includes(';')) === true);
  return [
    ...torn.map((column): Remark => ({ severity: 'error', column, rule: 'semicolon-in-item' })),
    ...checkCells(cellsOf(details), now),
  ];
}

const rank: Readonly<Record<Remark['severity'], number>> = { error: 0, warning: 1, note: 2 };

function characterRemarks(cells: Cells): Remark[] {
  return columns.flatMap((column): Remark[] => {
    const cell = cells[column];
    if (hasForbiddenCharacter(cell)) return [{ severity: 'error', column, rule: 'forbidden-character' }];
    if (cell.length * 3 > fieldBytesMax && utf8(cell).length > fieldBytesMax)
      return [{ severity: 'error', column, rule: 'too-long' }];
    return hasBidiControl(cell) ? [{ severity: 'note', column, rule: 'bidi-control' }] : [];
  });
}

function requiredRemarks(cells: Cells): Remark[] {
  const found: Remark[] = [];
  if (isBlank(cells.csv_id)) found.push({ severity: 'error', column: 'csv_id', rule: 'missing' });
  if (nameColumns.every((column) => isBlank(cells[column])))
    found.push({ severity: 'error', column: 'family_name', rule: 'missing' });
  return found;
}

function dateRemarks(cells: Cells, now: Instant): Remark[] {
  const found: Remark[] = [];
  const read = (column: Column): PartialDate | undefined => {
    if (cells[column] === '') return undefined;
    const date = parsePartialDate(cells[column]);
    if (!isDateFault(date)) return date;
    found.push({ severity: 'error', column, rule: date });
    return undefined;
  };
  const birth = read('birth_date');
  if (birth !== undefined && isInFuture(birth, now))
    found.push({ severity: 'error', column: 'birth_date', rule: 'date-future' });
  if (birth !== undefined && isLongAgo(birth, now))
    found.push({ severity: 'error', column: 'birth_date', rule: 'date-long-ago' });
  const begin = read('policy_valid_from');
  const end = read('policy_valid_to');
  if (begin !== undefined && end !== undefined && endsBefore(begin, end))
    found.push({ severity: 'error', column: 'policy_valid_to', rule: 'ends-before-it-begins' });
  return found;
}
