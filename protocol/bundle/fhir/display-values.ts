import type { JsonObject, JsonValue } from '../../json.ts';
import { asObject, numberOf, objectOf, objectsOf, textOf, textsOf } from './elements.ts';

/** FHIR values as plain text for a person. Nothing of a peer is ever shown as HTML (Spec bundle §1, decision 5). */

/** Takes out what text could do to the screen around it: controls and bidirectional overrides (Records §1). */
export function plainText(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is taken out
  return text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '');
}

/** A CodeableConcept or Coding: its words, else the display, else the bare code. */
export function conceptText(concept: JsonObject | undefined): string | undefined {
  const codings = objectsOf(concept, 'coding');
  const own = textOf(concept, 'text') ?? textOf(concept, 'display');
  return (
    own ??
    codings.map((one) => textOf(one, 'display') ?? textOf(one, 'code')).find((one) => one !== undefined) ??
    textOf(concept, 'code')
  );
}

/** The codes of a concept that a reader may want beside the words. */
export function codeText(concept: JsonObject | undefined): string | undefined {
  const codes = objectsOf(concept, 'coding').flatMap((one) => textOf(one, 'code') ?? []);
  return codes.length === 0 ? undefined : codes.join(', ');
}

export function quantityText(quantity: JsonObject | undefined): string | undefined {
  const value = numberOf(quantity, 'value');
  if (value === undefined) return undefined;
  return joined(
    [textOf(quantity, 'comparator'), String(value), textOf(quantity, 'unit') ?? textOf(quantity, 'code')],
    ' ',
  );
}

export function periodText(period: JsonObject | undefined): string | undefined {
  const [start, end] = [textOf(period, 'start'), textOf(period, 'end')];
  if (start === undefined) return end === undefined ? undefined : `until ${end}`;
  return end === undefined ? `since ${start}` : `${start} to ${end}`;
}

/** A HumanName: its text, or its parts in the order that was written. */
export function nameText(name: JsonObject | undefined): string | undefined {
  const parts = [
    ...textsOf(name, 'prefix'),
    ...textsOf(name, 'given'),
    textOf(name, 'family'),
    ...textsOf(name, 'suffix'),
  ];
  return textOf(name, 'text') ?? joined(parts, ' ');
}

export function addressText(address: JsonObject | undefined): string | undefined {
  const parts = [
    ...textsOf(address, 'line'),
    textOf(address, 'postalCode'),
    textOf(address, 'city'),
    textOf(address, 'state'),
    textOf(address, 'country'),
  ];
  return textOf(address, 'text') ?? joined(parts, ', ');
}

/** The value of a choice `name[x]`, whatever its type. */
export function choiceText(node: JsonObject, name: string): string | undefined {
  const form = new RegExp(`^${name}([A-Z][A-Za-z0-9]*)$`);
  for (const key of Object.keys(node)) {
    const type = form.exec(key)?.[1];
    if (type !== undefined) return typedText(type, node[key] ?? null);
  }
  return undefined;
}

function typedText(type: string, value: JsonValue): string | undefined {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const object = asObject(value);
  if (object === undefined) return undefined;
  switch (type) {
    case 'CodeableConcept':
    case 'Coding':
      return conceptText(object);
    case 'Quantity':
    case 'Age':
    case 'Duration':
    case 'Count':
    case 'Distance':
      return quantityText(object);
    case 'Period':
      return periodText(object);
    case 'Range':
      return joined([quantityText(objectOf(object, 'low')), quantityText(objectOf(object, 'high'))], ' to ');
    case 'Ratio':
      return joined(
        [quantityText(objectOf(object, 'numerator')), quantityText(objectOf(object, 'denominator'))],
        ' / ',
      );
    case 'Reference':
      return textOf(object, 'display');
    case 'Attachment':
      return textOf(object, 'title');
    default:
      return `(${type})`;
  }
}

/** The parts that are there; undefined when none is. */
export function joined(parts: readonly (string | undefined)[], by = '; '): string | undefined {
  const there = parts.filter((one) => one !== undefined && one !== '');
  return there.length === 0 ? undefined : there.join(by);
}

/** `label value` when there is a value. */
export function labelled(label: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : `${label} ${value}`;
}

export function notesText(node: JsonObject): string | undefined {
  return joined(objectsOf(node, 'note').map((one) => textOf(one, 'text')));
}
