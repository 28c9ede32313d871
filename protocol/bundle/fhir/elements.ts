import type { JsonObject, JsonValue } from '../../json.ts';

/** Small questions to FHIR data whose structure may not have been judged yet: the answer to nonsense is "not there". */
export function hasElement(node: JsonObject, name: string): boolean {
  return node[name] !== undefined || node[`_${name}`] !== undefined;
}

/** Whether the choice `name[x]` has a value of any type. */
export function hasChoice(node: JsonObject, name: string): boolean {
  const form = new RegExp(`^_?${name}[A-Z]`);
  return Object.keys(node).some((one) => form.test(one));
}

export function asObject(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

export function objectOf(node: JsonObject | undefined, name: string): JsonObject | undefined {
  return node === undefined ? undefined : asObject(node[name]);
}

/** The objects of a list; also of a single object, so that 0..1 and 0..* are asked alike. */
export function objectsOf(node: JsonObject | undefined, name: string): readonly JsonObject[] {
  const value = node?.[name];
  const list: readonly JsonValue[] = Array.isArray(value) ? (value as readonly JsonValue[]) : [value ?? null];
  return list.map(asObject).filter((one) => one !== undefined);
}

export function textOf(node: JsonObject | undefined, name: string): string | undefined {
  const value = node?.[name];
  return typeof value === 'string' ? value : undefined;
}

export function textsOf(node: JsonObject | undefined, name: string): readonly string[] {
  const value = node?.[name];
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter((one) => typeof one === 'string') : [];
}

export function numberOf(node: JsonObject | undefined, name: string): number | undefined {
  const value = node?.[name];
  return typeof value === 'number' ? value : undefined;
}

/** The codes of `system` in a CodeableConcept. */
export function codesOf(concept: JsonObject | undefined, system: string): readonly string[] {
  return objectsOf(concept, 'coding').flatMap((coding) =>
    textOf(coding, 'system') === system ? (textOf(coding, 'code') ?? []) : [],
  );
}

/** Whether the CodeableConcept has one of `codes` of `system`. */
export function isCoded(concept: JsonObject | undefined, system: string, ...codes: readonly string[]): boolean {
  return codesOf(concept, system).some((code) => codes.includes(code));
}

/** Equality as FHIRPath has it: member order does not count. */
export function sameJson(a: JsonValue, b: JsonValue): boolean {
  return ordered(a) === ordered(b);
}

function ordered(value: JsonValue): string {
  const object = asObject(value);
  if (object !== undefined)
    return `{${Object.keys(object)
      .toSorted()
      .map((name) => `${JSON.stringify(name)}:${ordered(object[name] ?? null)}`)
      .join(',')}}`;
  if (Array.isArray(value)) return `[${(value as readonly JsonValue[]).map(ordered).join(',')}]`;
  return JSON.stringify(value);
}
