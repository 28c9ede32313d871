import type { JsonObject, JsonValue } from '../../json.ts';
import { asObject, hasChoice, hasElement, numberOf, objectOf, objectsOf, textOf, textsOf } from './elements.ts';
import type { Invariant, InvariantTable } from './invariant.ts';
import { isLater } from './primitives.ts';

/** Reference.reference is a text in R4, and its description says which (R4 §2.3.0). */
const referenceForm =
  /^(?:[A-Za-z][A-Za-z0-9+.-]*:\S+|#\S*|[A-Z][A-Za-z]+\?\S+|[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?)$/;
const ucum = 'http://unitsofmeasure.org';

const unitHasSystem: Invariant = [
  'qty-3',
  'a code for the unit needs its system',
  ({ node }) => !hasElement(node, 'code') || hasElement(node, 'system'),
  'system',
];

function isUcum(node: JsonObject): boolean {
  return !hasElement(node, 'system') || textOf(node, 'system') === ucum;
}

function isCodedUcum(node: JsonObject): boolean {
  return (hasElement(node, 'code') || !hasElement(node, 'value')) && isUcum(node);
}

function needs(node: JsonObject, name: string, other: string): boolean {
  return !hasElement(node, name) || hasElement(node, other);
}

/** Invariants of R4's data types (R4 §2.24). */
export const typeInvariants: InvariantTable = {
  Quantity: [unitHasSystem],
  SimpleQuantity: [
    unitHasSystem,
    ['sqty-1', 'a simple quantity has no comparator', ({ node }) => !hasElement(node, 'comparator'), 'comparator'],
  ],
  Age: [
    unitHasSystem,
    [
      'age-1',
      'an age has a UCUM code and is above 0',
      ({ node }) => isCodedUcum(node) && (numberOf(node, 'value') ?? 1) > 0,
      'value',
    ],
  ],
  Distance: [unitHasSystem, ['dis-1', 'a distance has a UCUM code', ({ node }) => isCodedUcum(node)]],
  Duration: [
    unitHasSystem,
    [
      'drt-1',
      'the code of a duration is of UCUM and has a value',
      ({ node }) => !hasElement(node, 'code') || (textOf(node, 'system') === ucum && hasElement(node, 'value')),
    ],
  ],
  Count: [
    unitHasSystem,
    [
      'cnt-3',
      'a count is a whole number of UCUM code 1',
      ({ node }) =>
        isCodedUcum(node) &&
        (!hasElement(node, 'code') || textOf(node, 'code') === '1') &&
        Number.isInteger(numberOf(node, 'value') ?? 0),
    ],
  ],
  Attachment: [
    ['att-1', 'data needs its contentType', ({ node }) => needs(node, 'data', 'contentType'), 'contentType'],
  ],
  ContactPoint: [['cpt-2', 'a value needs its system', ({ node }) => needs(node, 'value', 'system'), 'system']],
  Extension: [
    [
      'ext-1',
      'an extension has either extensions or a value',
      ({ node }) => hasElement(node, 'extension') !== hasChoice(node, 'value'),
    ],
  ],
  Period: [['per-1', 'start is not after end', ({ node }) => !isLater(node['start'], node['end']), 'start']],
  Range: [['rng-2', 'low is not above high', ({ node }) => rangeAscends(node), 'low']],
  Ratio: [
    [
      'rat-1',
      'numerator and denominator are both there or both absent; then there is an extension',
      ({ node }) =>
        hasElement(node, 'numerator') === hasElement(node, 'denominator') &&
        (hasElement(node, 'numerator') || hasElement(node, 'extension')),
    ],
  ],
  Reference: [
    ['ref-1', 'a reference to # names a contained resource', ({ node, root }) => isContained(node, root), 'reference'],
    [
      'ref-form',
      'a reference is an absolute URI, Type/id, Type?search or #id',
      ({ node }) => referenceForm.test(textOf(node, 'reference') ?? '#'),
      'reference',
    ],
    [
      'ref-type',
      'a literal reference agrees with its type',
      ({ node }) => {
        const [type, named] = [textOf(node, 'type'), relativeType(textOf(node, 'reference') ?? '')];
        return type === undefined || named === undefined || type === named;
      },
      'type',
    ],
  ],
  Expression: [
    [
      'exp-1',
      'an expression or a reference is there',
      ({ node }) => hasElement(node, 'expression') || hasElement(node, 'reference'),
    ],
  ],
  'DataRequirement.codeFilter': [pathOrSearch('drq-1')],
  'DataRequirement.dateFilter': [pathOrSearch('drq-2')],
  TriggerDefinition: [
    ['trd-1', 'data or timing, not both', ({ node }) => !hasElement(node, 'data') || !hasChoice(node, 'timing')],
    ['trd-2', 'a condition needs data', ({ node }) => needs(node, 'condition', 'data')],
    [
      'trd-3',
      'a named event has a name, a periodic one timing, a data event data',
      ({ node }) => {
        const type = textOf(node, 'type') ?? '';
        if (type === 'named-event') return hasElement(node, 'name');
        if (type === 'periodic') return hasChoice(node, 'timing');
        return !type.startsWith('data-') || hasElement(node, 'data');
      },
    ],
  ],
  'Timing.repeat': [
    ['tim-1', 'a duration needs its unit', ({ node }) => needs(node, 'duration', 'durationUnit')],
    ['tim-2', 'a period needs its unit', ({ node }) => needs(node, 'period', 'periodUnit')],
    ['tim-4', 'a duration is not negative', ({ node }) => (numberOf(node, 'duration') ?? 0) >= 0],
    ['tim-5', 'a period is not negative', ({ node }) => (numberOf(node, 'period') ?? 0) >= 0],
    ['tim-6', 'periodMax needs period', ({ node }) => needs(node, 'periodMax', 'period')],
    ['tim-7', 'durationMax needs duration', ({ node }) => needs(node, 'durationMax', 'duration')],
    ['tim-8', 'countMax needs count', ({ node }) => needs(node, 'countMax', 'count')],
    [
      'tim-9',
      'an offset needs a when that is not C, CM, CD or CV',
      ({ node }) =>
        !hasElement(node, 'offset') ||
        (hasElement(node, 'when') && textsOf(node, 'when').every((when) => !['C', 'CM', 'CD', 'CV'].includes(when))),
    ],
    [
      'tim-10',
      'timeOfDay or when, not both',
      ({ node }) => !hasElement(node, 'timeOfDay') || !hasElement(node, 'when'),
    ],
  ],
  DomainResource: [
    [
      'dom-2',
      'a contained resource contains none',
      ({ node }) => contained(node).every((one) => !hasElement(one, 'contained')),
      'contained',
    ],
    [
      'dom-3',
      'a contained resource is referred to, or refers to its container',
      ({ node }) => allContainedAreUsed(node),
      'contained',
    ],
    [
      'dom-4',
      'a contained resource has no versionId and no lastUpdated',
      ({ node }) =>
        contained(node).every((one) => {
          const meta = objectOf(one, 'meta');
          return meta === undefined || (!hasElement(meta, 'versionId') && !hasElement(meta, 'lastUpdated'));
        }),
      'contained',
    ],
    [
      'dom-5',
      'a contained resource has no security label',
      ({ node }) => contained(node).every((one) => objectOf(one, 'meta')?.['security'] === undefined),
      'contained',
    ],
  ],
};

function pathOrSearch(key: string): Invariant {
  return [
    key,
    'path or searchParam, exactly one',
    ({ node }) => hasElement(node, 'path') !== hasElement(node, 'searchParam'),
  ];
}

function rangeAscends(node: JsonObject): boolean {
  const [low, high] = [objectOf(node, 'low'), objectOf(node, 'high')];
  const [from, to] = [numberOf(low, 'value'), numberOf(high, 'value')];
  if (from === undefined || to === undefined || from <= to) return true;
  return textOf(low, 'code') !== textOf(high, 'code') || textOf(low, 'unit') !== textOf(high, 'unit');
}

function contained(node: JsonObject): readonly JsonObject[] {
  return objectsOf(node, 'contained');
}

function isContained(reference: JsonObject, root: JsonObject): boolean {
  const target = textOf(reference, 'reference');
  if (target === undefined || !target.startsWith('#') || target === '#') return true;
  return contained(root).some((one) => textOf(one, 'id') === target.slice(1));
}

/** The type in a relative or http reference `[base/]Type/id`; undefined for other forms. */
export function relativeType(reference: string): string | undefined {
  if (reference.startsWith('urn:') || reference.startsWith('#') || reference.includes('?')) return undefined;
  return /(?:^|\/)([A-Z][A-Za-z]{1,63})\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/.exec(
    reference,
  )?.[1];
}

function allContainedAreUsed(node: JsonObject): boolean {
  const inside = contained(node);
  if (inside.length === 0) return true;
  const named = new Set<string>();
  collectTexts(node, named);
  return inside.every((one) => {
    const id = textOf(one, 'id');
    const own = new Set<string>();
    collectTexts(one, own);
    return (id !== undefined && named.has(`#${id}`)) || own.has('#');
  });
}

/** All texts that begin with `#`; the depth was bounded when the JSON was read. */
function collectTexts(value: JsonValue, into: Set<string>): void {
  if (typeof value === 'string') {
    if (value.startsWith('#')) into.add(value);
    return;
  }
  const object = asObject(value);
  const inner = object === undefined ? value : Object.values(object);
  if (Array.isArray(inner)) for (const one of inner as readonly JsonValue[]) collectTexts(one, into);
}
