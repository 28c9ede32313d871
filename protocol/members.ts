import { parseBase64Url } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import type { JsonObject, JsonValue } from './json.ts';

/**
 * Checks the members of a version-1 message: every required one is there, no unknown one is, and `v` is 1 where the
 * message has a version. A value is then read by one of the functions below (Spec §0.1).
 */
export function checkMembers(object: JsonObject, required: readonly string[], optional: readonly string[] = []): void {
  if (required.includes('v') && typeof object['v'] === 'number' && object['v'] !== 1)
    throw new ProtocolError('unknown-version', 'a message of another version');
  const missing = required.find((name) => object[name] === undefined);
  if (missing !== undefined) throw malformed(`the member ${missing}`);
  const known = new Set([...required, ...optional]);
  if (Object.keys(object).some((name) => !known.has(name))) throw malformed('no other member');
  if (required.includes('v') && object['v'] !== 1) throw malformed('a version');
}

export function textOf(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value !== 'string') throw malformed(`text in ${name}`);
  return value;
}

/** A whole number that is at least `min`; the JSON reader has already refused signs and fractions. */
export function countOf(object: JsonObject, name: string, min = 0): number {
  const value = object[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) throw malformed(`a number in ${name}`);
  return value;
}

export function flagOf(object: JsonObject, name: string): boolean {
  const value = object[name];
  if (typeof value !== 'boolean') throw malformed(`true or false in ${name}`);
  return value;
}

/** Base64url; with `size`, exactly that many bytes. */
export function bytesOf(object: JsonObject, name: string, size?: number): Uint8Array {
  return parseBase64Url(textOf(object, name), size);
}

export function listOf(object: JsonObject, name: string, lengthMax: number): readonly JsonValue[] {
  const value = object[name];
  if (!Array.isArray(value)) throw malformed(`a list in ${name}`);
  if (value.length > lengthMax) throw new ProtocolError('too-large', `more than ${lengthMax} elements in ${name}`);
  return value as readonly JsonValue[];
}

export function objectOf(value: JsonValue | undefined): JsonObject {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value))
    throw malformed('an object');
  return value as JsonObject;
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('malformed-message', `expected ${what}`);
}
