import type { Instant } from '../../../../protocol/instant.ts';
import { columns, listColumns, makeCells, type Cells, type Column } from '../../../records/csv/columns.ts';
import { checkCells, remarkWords, type Remark } from '../../../records/csv/row.ts';
import { countryCodeOf, languageTagOf } from '../../components/countries-and-languages.ts';
import type { FormErrors } from '../../components/form.tsx';
import type { FormFields } from '../../http/form.ts';
import { columnWords } from './patient-words.ts';

const lists: ReadonlySet<string> = new Set(listColumns);
/** Text of several lines is taken as it is typed; a browser gives the others without line breaks. */
const manyLines: ReadonlySet<string> = new Set([...listColumns, 'notes']);
/** Not on the form: the hospital's own system writes it. */
const unseen: ReadonlySet<string> = new Set<Column>(['updated_at']);

export function isList(column: Column): boolean {
  return lists.has(column);
}

/** A cell as a form shows it: lists one item a line. */
export function fieldOf(column: Column, cell: string): string {
  return isList(column) ? cell.split(';').join('\n') : cell;
}

/**
 * The cells that a form tells. What a person did not touch stays byte for byte as it was in `base`: a browser takes line
 * breaks and we take outer spaces away, and neither is an edit.
 */
export function cellsOfForm(form: FormFields, base?: Cells): Cells {
  return makeCells((column) => {
    const before = base?.[column] ?? '';
    if (unseen.has(column) || !isPosted(form, column)) return before;
    const typed = typedCell(column, form.get(column));
    return base !== undefined && typed === typedCell(column, fieldOf(column, before)) ? before : typed;
  });
}

/** A field that did not come says nothing, and takes nothing away; a box that is not ticked never comes by itself. */
function isPosted(form: FormFields, column: Column): boolean {
  return form.has(column === 'police_case' ? 'police_case_no' : column) || form.has(column);
}

function typedCell(column: Column, field: string): string {
  if (column === 'police_case') return field === 'yes' ? 'yes' : 'no';
  const text = field.normalize('NFC').replaceAll(/\r\n?/g, '\n');
  if (isList(column))
    return text
      .split(/[\n;]/)
      .map((item) => item.trim())
      .filter((item) => item !== '')
      .join(';');
  const plain = manyLines.has(column) ? text : text.replaceAll('\n', '');
  if (column === 'country') return countryCodeOf(plain.trim());
  return column === 'language' ? languageTagOf(plain.trim()) : plain.trim();
}

/**
 * What keeps a form from being saved, each at its field and in words. A code that is none is an error where somebody typed
 * it; where it came with a file or a referral (`base`) it stays as it is.
 */
export function errorsOf(cells: Cells, now: Instant, base?: Cells): FormErrors {
  return checkCells(cells, now)
    .filter(
      ({ severity, rule, column }) => severity === 'error' || (isOfCode(rule) && cells[column] !== base?.[column]),
    )
    .map((remark) => ({ field: remark.column, message: remarkSentence(remark) }));
}

function isOfCode(rule: Remark['rule']): boolean {
  return rule === 'not-a-country-code' || rule === 'not-a-language-tag';
}

/** A remark names its column by a word of the file; people get the word of the form. */
function remarkSentence(remark: Remark): string {
  if (remark.rule === 'missing' && remark.column === 'family_name')
    return 'Give a family name, given names or a name in its own script';
  return `${columnWords[remark.column]} ${remarkWords(remark).slice(remark.column.length + 1)}`;
}

/** The columns in which two rows differ. */
export function differingColumns(one: Cells, other: Cells): readonly Column[] {
  return columns.filter((column) => one[column] !== other[column]);
}
