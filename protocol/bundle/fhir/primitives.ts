import type { JsonValue } from '../../json.ts';

/**
 * The lexical rules of FHIR R4's primitive types (R4 §2.24.0.1). The patterns run in linear time, and dates must be
 * days that exist: `2026-02-30` has the form of a date and is none.
 */
export function primitiveFault(type: string, value: JsonValue): string | undefined {
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'expected true or false';
    case 'decimal':
      return typeof value === 'number' ? undefined : 'expected a decimal number';
    case 'integer':
      return integerFault(value, -int32Max - 1);
    case 'unsignedInt':
      return integerFault(value, 0);
    case 'positiveInt':
      return integerFault(value, 1);
    default:
      return typeof value === 'string' ? textFault(type, value) : `expected a text of type ${type}`;
  }
}

const int32Max = 2_147_483_647;

const years = '(?:[0-9](?:[0-9](?:[0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)';
const dayTime = 'T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\\.[0-9]+)?';
const zone = '(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))';
const fullDate = `${years}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])`;
const dateForm = new RegExp(`^(?:${years}(?:-(?:0[1-9]|1[0-2]))?|${fullDate})$`);
const dateTimeForm = new RegExp(`^(?:${years}(?:-(?:0[1-9]|1[0-2]))?|${fullDate}(?:${dayTime}${zone})?)$`);
const instantForm = new RegExp(`^${fullDate}${dayTime}${zone}$`);
const timeForm = /^(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?$/;
const idForm = /^[A-Za-z0-9\-.]{1,64}$/;
const codeForm = /^\S+(?:\s\S+)*$/;
const uriForm = /^\S+$/;
const oidForm = /^urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+$/;
const uuidForm = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const base64Form = /^[0-9A-Za-z+/]+={0,2}$/;
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/; // eslint-disable-line no-control-regex -- they are what is refused

function integerFault(value: JsonValue, least: number): string | undefined {
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= least && value <= int32Max;
  return fits ? undefined : `expected a whole number of at least ${least}, 32 bits`;
}

function textFault(type: string, value: string): string | undefined {
  if (value === '') return 'an empty text is not a value';
  if (controls.test(value)) return 'a control character';
  switch (type) {
    case 'date':
      return dateForm.test(value) && isDay(value) ? undefined : 'expected a date: YYYY, YYYY-MM or YYYY-MM-DD';
    case 'dateTime':
      return dateTimeForm.test(value) && isDay(value)
        ? undefined
        : 'expected a dateTime: a date, or YYYY-MM-DDThh:mm:ss with a zone';
    case 'instant':
      return instantForm.test(value) && isDay(value)
        ? undefined
        : 'expected an instant: YYYY-MM-DDThh:mm:ss with a zone';
    case 'time':
      return timeForm.test(value) ? undefined : 'expected a time: hh:mm:ss';
    case 'id':
      return idForm.test(value) ? undefined : 'expected an id: 1 to 64 letters, digits, hyphens and dots';
    case 'code':
      return codeForm.test(value) ? undefined : 'expected a code without outer or double spaces';
    case 'oid':
      return oidForm.test(value) ? undefined : 'expected an oid: urn:oid:…';
    case 'uuid':
      return uuidForm.test(value) ? undefined : 'expected a uuid: urn:uuid: and lower-case hexadecimal';
    case 'base64Binary': {
      const plain = value.replaceAll(/\s/g, '');
      return base64Form.test(plain) && plain.length % 4 === 0 ? undefined : 'expected base64 with padding';
    }
    case 'uri':
    case 'url':
    case 'canonical':
      return uriFault(value);
    default:
      return undefined;
  }
}

function uriFault(value: string): string | undefined {
  if (!uriForm.test(value)) return 'expected a URI without spaces';
  if (value.startsWith('urn:uuid:') && !uuidForm.test(value)) return 'expected urn:uuid: and a lower-case UUID';
  if (value.startsWith('urn:oid:') && !oidForm.test(value)) return 'expected urn:oid: and numbers joined by dots';
  return undefined;
}

/** Whether the day of a date or dateTime exists in its month. */
function isDay(value: string): boolean {
  if (value.length < 10) return true;
  const [year, month, day] = [value.slice(0, 4), value.slice(5, 7), value.slice(8, 10)].map(Number);
  const leap = year !== undefined && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][(month ?? 1) - 1];
  return day !== undefined && days !== undefined && day <= days;
}

/**
 * Whether moment `a` certainly lies after `b`: two full moments are compared as such, others by the calendar that both
 * wrote down, since a day without a zone cannot be placed more exactly. False for what is not a date.
 */
export function isLater(a: unknown, b: unknown): boolean {
  if (typeof a !== 'string' || typeof b !== 'string' || !dateTimeForm.test(a) || !dateTimeForm.test(b)) return false;
  const [first, second] = [momentMsOf(a), momentMsOf(b)];
  if (first !== undefined && second !== undefined) return first > second;
  const written = Math.min(a.length, b.length, 10);
  return a.slice(0, written) > b.slice(0, written);
}

/** Milliseconds since 1970 of a dateTime or instant with its time of day; undefined for a bare date and for other text. */
export function momentMsOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !instantForm.test(value)) return undefined;
  const ms = Date.parse(value.replace(/^(.{17})60/, '$1' + '59').replace(/(\.[0-9]{3})[0-9]+/, '$1'));
  return Number.isNaN(ms) ? undefined : ms;
}
