import type { JsonObject } from '../../json.ts';
import { objectOf, objectsOf, textOf } from './elements.ts';
import { checkInvariants } from './invariants.ts';
import { relativeType } from './invariants-types.ts';
import type { Issues } from './issue.ts';
import { walkResource, type Visit } from './structure.ts';

/** What the base layer learns while it judges: the profile layer asks nothing twice. */
export interface BaseFindings {
  /** FHIRPath of each resource whose type R4 does not have: carried, and listed as not shown. */
  readonly unknownResources: readonly string[];
  readonly references: readonly ReferenceUse[];
  /** FHIRPath of each element that carries a modifierExtension. */
  readonly modified: readonly string[];
  /** FHIRPath of each resource with implicitRules. */
  readonly implicit: readonly string[];
  readonly contained: readonly string[];
  readonly inlineData: readonly string[];
  /** FHIRPath of each Attachment.url that is not urn:uuid. */
  readonly attachmentUrls: readonly string[];
}

export interface ReferenceUse {
  readonly path: string;
  readonly reference: JsonObject;
}

/** Judges one resource, a Bundle above all, by the rules of FHIR R4 alone (Spec bundle §7, layer base). */
export function checkBase(resource: JsonObject, issues: Issues): BaseFindings {
  const found = {
    unknownResources: [] as string[],
    references: [] as ReferenceUse[],
    modified: [] as string[],
    implicit: [] as string[],
    contained: [] as string[],
    inlineData: [] as string[],
    attachmentUrls: [] as string[],
  };
  const typesByUrl = resourceTypesByUrl(resource);
  const visit = (one: Visit): void => {
    const { structure, node, path } = one;
    checkInvariants(issues, one);
    if (node['modifierExtension'] !== undefined && structure.form !== 'E') found.modified.push(path);
    if (structure.name === 'Reference') {
      found.references.push({ path, reference: node });
      checkTarget(issues, one, typesByUrl);
    }
    if (structure.name === 'Attachment' && node['data'] !== undefined) found.inlineData.push(`${path}.data`);
    if (structure.name === 'Attachment' && textOf(node, 'url')?.startsWith('urn:uuid:') === false)
      found.attachmentUrls.push(`${path}.url`);
    if (structure.name === 'Binary' && node['data'] !== undefined) found.inlineData.push(`${path}.data`);
    if (structure.form !== 'R' && structure.form !== 'D') return;
    if (node['implicitRules'] !== undefined || node['_implicitRules'] !== undefined)
      found.implicit.push(`${path}.implicitRules`);
    if (node['contained'] !== undefined) found.contained.push(`${path}.contained`);
  };
  walkResource({ issues, visit, unknownResource: (_, path) => found.unknownResources.push(path) }, resource, '');
  return found;
}

function resourceTypesByUrl(bundle: JsonObject): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  for (const entry of objectsOf(bundle, 'entry')) {
    const [url, type] = [textOf(entry, 'fullUrl'), textOf(objectOf(entry, 'resource'), 'resourceType')];
    if (url !== undefined && type !== undefined) types.set(url, type);
  }
  return types;
}

/** A reference points at a type that its element allows, as far as this can be known without fetching (R4 §2.3). */
function checkTarget(
  issues: Issues,
  { node, member, path, root }: Visit,
  typesByUrl: ReadonlyMap<string, string>,
): void {
  const allowed = member?.element.targets;
  const reference = textOf(node, 'reference');
  const type = targetType(reference, root, typesByUrl) ?? textOf(node, 'type');
  const declared = textOf(node, 'type');
  if (declared !== undefined && type !== undefined && declared !== type)
    issues.add('value', `${path}.type`, 'the type of the reference is not the type of what it points at');
  if (allowed !== undefined && type !== undefined && !allowed.has(type))
    issues.add('value', path, `a reference here points at ${[...allowed].join(', ')}`);
}

function targetType(
  reference: string | undefined,
  root: JsonObject,
  typesByUrl: ReadonlyMap<string, string>,
): string | undefined {
  if (reference === undefined) return undefined;
  if (!reference.startsWith('#')) return typesByUrl.get(reference) ?? relativeType(reference);
  const target = objectsOf(root, 'contained').find((one) => textOf(one, 'id') === reference.slice(1));
  return reference === '#' ? textOf(root, 'resourceType') : textOf(target, 'resourceType');
}
