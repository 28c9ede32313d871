import type { JsonObject } from '../../json.ts';
import { hasElement, objectOf, objectsOf, textOf } from './elements.ts';
import type { Invariant, InvariantTable } from './invariant.ts';
import { relativeType } from './invariants-types.ts';

function isOfType(node: JsonObject, ...types: readonly string[]): boolean {
  return types.includes(textOf(node, 'type') ?? '');
}

function entries(node: JsonObject): readonly JsonObject[] {
  return objectsOf(node, 'entry');
}

function firstIs(key: string, type: string, resourceType: string): Invariant {
  return [
    key,
    `the first entry of a ${type} is a ${resourceType}`,
    ({ node }) =>
      !isOfType(node, type) || textOf(objectOf(entries(node)[0], 'resource'), 'resourceType') === resourceType,
    'entry[0].resource',
  ];
}

function exactlyIn(key: string, element: string, ...types: readonly string[]): Invariant {
  return [
    key,
    `entry.${element} is there in a ${types.join(', ')} and nowhere else`,
    ({ node }) => entries(node).every((entry) => hasElement(entry, element) === isOfType(node, ...types)),
    `entry.${element}`,
  ];
}

/** Invariants of Bundle (R4 §2.36), and what its text says of fullUrl. */
export const bundleInvariants: InvariantTable = {
  Bundle: [
    [
      'bdl-1',
      'total only in a searchset or history',
      ({ node }) => !hasElement(node, 'total') || isOfType(node, 'searchset', 'history'),
      'total',
    ],
    [
      'bdl-2',
      'entry.search only in a searchset',
      ({ node }) => isOfType(node, 'searchset') || entries(node).every((entry) => !hasElement(entry, 'search')),
      'entry.search',
    ],
    exactlyIn('bdl-3', 'request', 'batch', 'transaction', 'history'),
    exactlyIn('bdl-4', 'response', 'batch-response', 'transaction-response', 'history'),
    [
      'bdl-7',
      'a fullUrl is unique, unless the entries differ in meta.versionId',
      ({ node }) => isOfType(node, 'history') || fullUrlsAreUnique(node),
      'entry.fullUrl',
    ],
    [
      'bdl-9',
      'a document has an identifier with system and value',
      ({ node }) => {
        const identifier = objectOf(node, 'identifier') ?? {};
        return !isOfType(node, 'document') || (hasElement(identifier, 'system') && hasElement(identifier, 'value'));
      },
      'identifier',
    ],
    [
      'bdl-10',
      'a document has a timestamp',
      ({ node }) => !isOfType(node, 'document') || hasElement(node, 'timestamp'),
      'timestamp',
    ],
    firstIs('bdl-11', 'document', 'Composition'),
    firstIs('bdl-12', 'message', 'MessageHeader'),
  ],
  'Bundle.entry': [
    [
      'bdl-5',
      'an entry has a resource, a request or a response',
      ({ node }) => hasElement(node, 'resource') || hasElement(node, 'request') || hasElement(node, 'response'),
    ],
    [
      'bdl-8',
      'fullUrl names no version',
      ({ node }) => textOf(node, 'fullUrl')?.includes('/_history/') !== true,
      'fullUrl',
    ],
    [
      'fullUrl',
      'fullUrl is absolute and agrees with the type and id of its resource',
      ({ node }) => fullUrlAgrees(node),
      'fullUrl',
    ],
  ],
};

function fullUrlsAreUnique(bundle: JsonObject): boolean {
  const seen = new Set<string>();
  for (const entry of entries(bundle)) {
    const url = textOf(entry, 'fullUrl');
    if (url === undefined) continue;
    const version = textOf(objectOf(objectOf(entry, 'resource'), 'meta'), 'versionId') ?? '';
    const name = `${url} ${version}`;
    if (seen.has(name)) return false;
    seen.add(name);
  }
  return true;
}

function fullUrlAgrees(entry: JsonObject): boolean {
  const url = textOf(entry, 'fullUrl');
  if (url === undefined) return true;
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(url)) return false;
  const resource = objectOf(entry, 'resource');
  const [id, type] = [textOf(resource, 'id'), relativeType(url)];
  if (!/^https?:/.test(url) || type === undefined || resource === undefined) return true;
  return type === textOf(resource, 'resourceType') && (id === undefined || url.endsWith(`/${id}`));
}
