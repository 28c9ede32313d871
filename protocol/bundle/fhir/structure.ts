import type { JsonObject, JsonValue } from '../../json.ts';
import {
  findResource,
  findStructure,
  primitiveTypes,
  type ElementRule,
  type Member,
  type Structure,
} from './definitions.ts';
import type { Issues } from './issue.ts';
import { narrativeFault } from './narrative.ts';
import { primitiveFault } from './primitives.ts';

/** What a walk over a resource tells of each element it passes, after its structure was judged. */
export interface Visit {
  readonly structure: Structure;
  readonly node: JsonObject;
  /** The resource that the element belongs to; a contained one is a resource of its own. */
  readonly resource: JsonObject;
  /** The resource of the entry: of a contained one the resource that contains it. */
  readonly root: JsonObject;
  /** FHIRPath of the element. */
  readonly path: string;
  /** Where the element was declared: its targets and codes. */
  readonly member: Member | undefined;
}

export interface Walk {
  readonly issues: Issues;
  readonly visit: (visit: Visit) => void;
  /** A resource whose type R4 does not have: kept, carried, not judged (Spec bundle §1, decision 7). */
  readonly unknownResource: (resource: JsonObject, path: string) => void;
}

/** A member name that may stand in an issue: it has the form of an element, so it is no patient's text. */
const elementNameForm = /^_?[A-Za-z][A-Za-z0-9]{0,63}$/;
const contentTypeForm = /^[A-Za-z0-9!#$&^_.+-]+\/[A-Za-z0-9!#$&^_.+-]+(?:\s*;\s*[^\s;]+)*$/;

/** Judges a resource's structure against R4, depth first, and shows every complex element to `walk.visit`. */
export function walkResource(walk: Walk, value: JsonValue | undefined, path: string, container?: JsonObject): void {
  if (!isObject(value)) return walk.issues.add('structure', path, 'expected a resource');
  const resourceType = value['resourceType'];
  if (typeof resourceType !== 'string') return walk.issues.add('structure', path, 'expected a resourceType');
  const structure = findResource(resourceType);
  const here = path === '' ? resourceType : `${path}.ofType(${typeName(resourceType)})`;
  if (structure === undefined) {
    if (!/^[A-Z][A-Za-z]{0,63}$/.test(resourceType)) walk.issues.add('structure', path, 'not a resource type');
    else walk.unknownResource(value, here);
    return;
  }
  walkElement(walk, {
    structure,
    node: value,
    resource: value,
    root: container ?? value,
    path: here,
    member: undefined,
  });
}

function typeName(resourceType: string): string {
  return elementNameForm.test(resourceType) ? resourceType : 'Resource';
}

function walkElement(walk: Walk, visit: Visit): void {
  const { structure, node, path } = visit;
  const values = new Map<string, string[]>();
  for (const name of Object.keys(node)) {
    if (name === 'resourceType' && (structure.form === 'R' || structure.form === 'D')) continue;
    const member = structure.members.get(name.startsWith('_') ? name.slice(1) : name);
    if (member === undefined || (name.startsWith('_') && !mayBeExtended(member))) {
      const shown = elementNameForm.test(name) ? `${path}.${name}` : path;
      walk.issues.add('structure', shown, `no element of ${structure.name} in FHIR R4`);
      continue;
    }
    const names = values.get(member.element.name) ?? [];
    if (!names.includes(name.replace('_', ''))) names.push(name.replace('_', ''));
    values.set(member.element.name, names);
    walkMember(walk, visit, name, member);
  }
  for (const choice of structure.choices)
    if ((values.get(choice.name)?.length ?? 0) > 1)
      walk.issues.add('structure', `${path}.${choice.name}`, `a choice: only one of ${choice.name}[x] may be present`);
  for (const one of structure.required)
    if (!values.has(one.name))
      walk.issues.add('required', `${path}.${one.name}`, `required by FHIR R4: at least one, none found`);
  if (isEmpty(visit)) walk.issues.add('invariant', path, 'ele-1: an element has a value or children besides its id');
  walk.visit(visit);
}

/** ele-1; beside the value of a primitive a bare id is enough. */
function isEmpty({ structure, node }: Visit): boolean {
  if (structure.form === 'R' || structure.form === 'D') return false;
  return Object.keys(node).every((name) => name === 'id' && structure.name !== 'Element');
}

/** Primitives carry id and extensions under `_name`; Element.id and Extension.url are bare and have none. */
function mayBeExtended({ element, type }: Member): boolean {
  return primitiveTypes.has(type) && element.name !== 'id';
}

function walkMember(walk: Walk, visit: Visit, name: string, member: Member): void {
  const value = visit.node[name] ?? null;
  const { element } = member;
  const path = elementPath(visit.path, element, member.type);
  if (!element.many) {
    if (Array.isArray(value)) return walk.issues.add('structure', path, 'expected one value, found a list');
    return walkValue(walk, visit, name, member, value, path);
  }
  if (!Array.isArray(value)) return walk.issues.add('structure', path, 'expected a list');
  if (value.length === 0) return walk.issues.add('structure', path, 'a list is not empty');
  const twin = visit.node[name.startsWith('_') ? name.slice(1) : `_${name}`];
  value.forEach((one: JsonValue, i) => {
    const padding =
      one === null && primitiveTypes.has(member.type) && Array.isArray(twin) && (twin[i] ?? null) !== null;
    if (!padding) walkValue(walk, visit, name, member, one, `${path}[${i}]`);
  });
}

function walkValue(walk: Walk, visit: Visit, name: string, member: Member, value: JsonValue, path: string): void {
  const { element, type } = member;
  if (value === null) return walk.issues.add('structure', path, 'null is not a value');
  if (name.startsWith('_')) return walkExtended(walk, visit, value, path);
  if (type === 'Resource') return walkResource(walk, value, path, name === 'contained' ? visit.root : undefined);
  if (primitiveTypes.has(type)) return checkPrimitive(walk, visit, member, value, path);
  const structure = findStructure(type);
  if (!isObject(value) || structure === undefined)
    return walk.issues.add('structure', path, `expected an object of type ${type}`);
  walkElement(walk, { ...visit, structure, node: value, path, member });
  if (element.codes !== undefined) checkConcept(walk, element, value, path);
}

/** `_birthDate`: id and extensions of a primitive. */
function walkExtended(walk: Walk, visit: Visit, value: JsonValue, path: string): void {
  const structure = findStructure('Element');
  if (!isObject(value) || structure === undefined)
    return walk.issues.add('structure', path, 'expected id and extension of the value');
  walkElement(walk, { ...visit, structure, node: value, path, member: undefined });
}

function checkPrimitive(walk: Walk, visit: Visit, member: Member, value: JsonValue, path: string): void {
  const { element, type } = member;
  const fault = primitiveFault(type, value);
  if (fault !== undefined) return walk.issues.add('value', path, fault);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (type === 'xhtml') {
    const why = narrativeFault(text);
    if (why !== undefined) walk.issues.add('invariant', path, why);
  } else if (element.codes !== undefined && !element.codes.codes.has(text)) {
    walk.issues.add('code-invalid', path, `not a code of the required value set ${element.codes.name}`);
  } else if (element.name === 'contentType' && type === 'code' && !contentTypeForm.test(text)) {
    walk.issues.add('code-invalid', path, 'not a media type (required value set mimetypes)');
  }
}

/** A required binding of a Coding or CodeableConcept: the coding, or at least one of them, is of the value set. */
function checkConcept(walk: Walk, element: ElementRule, value: JsonObject, path: string): void {
  if ('extension' in value && !('coding' in value) && !('text' in value) && !('code' in value)) return;
  const codings = Array.isArray(value['coding']) ? (value['coding'] as readonly JsonValue[]) : [value];
  const bound = codings.some((coding) => {
    if (!isObject(coding)) return false;
    const { system, code } = coding as { system?: JsonValue; code?: JsonValue };
    return typeof code === 'string' && typeof system === 'string' && element.codes?.systems.get(system)?.has(code);
  });
  if (!bound) walk.issues.add('code-invalid', path, `no coding of the required value set ${element.codes?.name ?? ''}`);
}

function elementPath(path: string, element: ElementRule, type: string): string {
  if (!element.choice) return `${path}.${element.name}`;
  return `${path}.${element.name}.ofType(${type === 'SimpleQuantity' ? 'Quantity' : type})`;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
