import { ProtocolError } from '../../errors.ts';
import { parseJsonObject, type JsonObject, type JsonRules } from '../../json.ts';
import { documentBytesMax, entriesMax, jsonDepthMax, jsonNodesMax, jsonStringBytesMax } from '../limits.ts';
import { checkBase } from './base.ts';
import type { CheckOptions } from './check-options.ts';
import { Issues, type Issue } from './issue.ts';
import { readMessage } from './message.ts';
import { checkProfile } from './profile.ts';
import { hasElement, objectsOf, textOf } from './elements.ts';
import { findResource } from './definitions.ts';

/**
 * The one door for clinical content (Spec bundle §2, §7). First the limits and the JSON, before any schema runs; then
 * `base`, which is FHIR R4 itself; then `profile`, which is what Fernpost may send and take. All faults are told, up to
 * a limit, not only the first.
 */
export type Checked =
  | {
      readonly ok: true;
      readonly bundle: JsonObject;
      readonly warnings: readonly Issue[];
      /** FHIRPath of resources that no reader shows: carried as they are. */
      readonly notShown: readonly string[];
    }
  | { readonly ok: false; readonly issues: readonly Issue[]; readonly left: number };

/** FHIR's JSON under the limits of Spec bundle §2. */
export const fhirJsonRules: JsonRules = {
  bytesMax: documentBytesMax,
  depthMax: jsonDepthMax,
  nodesMax: jsonNodesMax,
  stringBytesMax: jsonStringBytesMax,
  decimals: true,
};

/** Checks plaintext bytes of a document; never throws for what they hold. */
export function checkBundle(bytes: Uint8Array, options: CheckOptions): Checked {
  const issues = new Issues();
  const resource = readJson(bytes, issues);
  if (resource === undefined) return refused(issues);
  if (objectsOf(resource, 'entry').length > entriesMax) {
    issues.add('too-long', 'Bundle.entry', `more than ${entriesMax} entries`);
    return refused(issues);
  }
  const type = textOf(resource, 'resourceType');
  if (type === undefined || findResource(type) === undefined)
    issues.add('structure', 'Resource', 'not a resource of a type that FHIR R4 has');
  if (options.layer === 'profile' && type !== 'Bundle') issues.add('structure', 'Bundle', 'expected a Bundle');
  if (issues.list.length > 0) return refused(issues);

  const findings = checkBase(resource, issues);
  if (options.layer === 'profile') checkProfile(readMessage(resource), findings, options, issues);
  if (issues.list.some(({ severity }) => severity === 'error')) return refused(issues);
  return { ok: true, bundle: resource, warnings: issues.list, notShown: findings.unknownResources };
}

function readJson(bytes: Uint8Array, issues: Issues): JsonObject | undefined {
  try {
    const value = parseJsonObject(bytes, fhirJsonRules);
    return hasElement(value, 'resourceType')
      ? value
      : fail(issues, 'structure', 'expected a resource with a resourceType');
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return fail(issues, error.code === 'too-large' ? 'too-long' : 'structure', error.message);
  }
}

function fail(issues: Issues, code: 'structure' | 'too-long', why: string): undefined {
  issues.add(code, 'Bundle', why);
  return undefined;
}

function refused(issues: Issues): Checked {
  const errors = issues.list.filter(({ severity }) => severity === 'error');
  return { ok: false, issues: errors, left: issues.left };
}
