import { r4Structures, r4ValueSets } from './r4-definitions.ts';

/**
 * The structure of FHIR R4, read from its compiled text. One line is one structure:
 *
 *   D Patient identifier*Identifier active?boolean gender?code#administrative-gender deceased~?boolean|dateTime
 *
 * The form comes first: R resource, D resource with narrative, B element with modifierExtension, E plain element; the
 * elements that a form always has are not repeated. Then name, `~` for a choice, cardinality (`?` 0..1, `!` 1..1,
 * `*` 0..*, `+` 1..*), types joined by `|` (`*`: any type of an open choice), `@` the types a reference may point at,
 * `#` the value set that the binding requires.
 */
export interface Structure {
  readonly name: string;
  readonly form: StructureForm;
  /** By the name in JSON: a choice stands here once for each of its types. */
  readonly members: ReadonlyMap<string, Member>;
  /** Elements that must be present, choices under their bare name. */
  readonly required: readonly ElementRule[];
  /** Choice elements: a value of at most one type. */
  readonly choices: readonly ElementRule[];
}

export type StructureForm = 'R' | 'D' | 'B' | 'E';

export interface ElementRule {
  readonly name: string;
  readonly choice: boolean;
  readonly many: boolean;
  readonly types: readonly string[];
  readonly targets: ReadonlySet<string> | undefined;
  readonly codes: ValueSet | undefined;
}

export interface Member {
  readonly element: ElementRule;
  readonly type: string;
}

/** The codes that a required binding allows, by code system. */
export interface ValueSet {
  readonly name: string;
  readonly systems: ReadonlyMap<string, ReadonlySet<string>>;
  /** All codes without their systems: an element of type `code` names none. */
  readonly codes: ReadonlySet<string>;
}

export const primitiveTypes: ReadonlySet<string> = new Set(
  (
    'base64Binary boolean canonical code date dateTime decimal id instant integer markdown oid positiveInt string ' +
    'time unsignedInt uri url uuid xhtml'
  ).split(' '),
);

/** The types of an open choice such as Extension.value[x] (R4 §2.24, "Open Type Element"). */
const openTypes = (
  'base64Binary boolean canonical code date dateTime decimal id instant integer markdown oid positiveInt string time ' +
  'unsignedInt uri url uuid Address Age Annotation Attachment CodeableConcept Coding ContactPoint Count Distance ' +
  'Duration HumanName Identifier Money Period Quantity Range Ratio Reference SampledData Signature Timing ' +
  'ContactDetail Contributor DataRequirement Expression ParameterDefinition RelatedArtifact TriggerDefinition ' +
  'UsageContext Dosage Meta'
).split(' ');

const resourceCommon = 'id?id meta?Meta implicitRules?uri language?code';
const elementCommon = 'id?string extension*Extension';
const commonOf: Readonly<Record<StructureForm, string>> = {
  R: resourceCommon,
  D: `${resourceCommon} text?Narrative contained*Resource extension*Extension modifierExtension*Extension`,
  B: `${elementCommon} modifierExtension*Extension`,
  E: elementCommon,
};

const lineOf = new Map<string, string>(
  r4Structures
    .trim()
    .split('\n')
    .map((line) => [line.split(' ', 2)[1] ?? '', line]),
);
const structures = new Map<string, Structure>();
const setLines = new Map<string, string>(
  r4ValueSets
    .trim()
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
);
const valueSets = new Map<string, ValueSet>();

/** The structure of a type or of a backbone element (`Patient.contact`); undefined for what R4 does not have. */
export function findStructure(name: string): Structure | undefined {
  const known = structures.get(name);
  if (known !== undefined) return known;
  const line = lineOf.get(name === 'SimpleQuantity' ? 'Quantity' : name);
  if (line === undefined) return undefined;
  const read = readStructure(line, name);
  structures.set(name, read);
  return read;
}

/** The structure of a resource type; undefined for other types and for types that R4 does not have. */
export function findResource(resourceType: string): Structure | undefined {
  if (!/^[A-Z][A-Za-z]*$/.test(resourceType)) return undefined;
  const structure = findStructure(resourceType);
  return structure?.form === 'R' || structure?.form === 'D' ? structure : undefined;
}

const elementForm = /^([A-Za-z0-9]+)(~?)([?!*+])([^@#]+)(?:@([^#]+))?(?:#(.+))?$/;

function readStructure(line: string, name: string): Structure {
  const [form = 'E', , ...own] = line.split(' ').filter((word) => word !== '');
  const common = commonOf[form as StructureForm].split(' ');
  const members = new Map<string, Member>();
  const required: ElementRule[] = [];
  const choices: ElementRule[] = [];
  for (const word of [...common, ...own]) {
    const [, element = '', choice, mark = '?', types = '', targets, codes] = elementForm.exec(word) ?? [];
    const rule: ElementRule = {
      name: element,
      choice: choice === '~',
      many: mark === '*' || mark === '+',
      types: types === '*' ? openTypes : types.split('|'),
      targets: targets === undefined ? undefined : new Set(targets.split(',')),
      codes: codes === undefined ? undefined : getValueSet(codes),
    };
    if (mark === '!' || mark === '+') required.push(rule);
    if (rule.choice) choices.push(rule);
    for (const type of rule.types)
      members.set(rule.choice ? jsonName(element, type) : element, { element: rule, type });
  }
  return { name, form: form as StructureForm, members, required, choices };
}

/** `value` + `dateTime` = `valueDateTime`; a SimpleQuantity is written as a Quantity. */
function jsonName(element: string, type: string): string {
  const written = type === 'SimpleQuantity' ? 'Quantity' : type;
  return element + written.slice(0, 1).toUpperCase() + written.slice(1);
}

function getValueSet(name: string): ValueSet {
  const known = valueSets.get(name);
  if (known !== undefined) return known;
  const systems = new Map<string, ReadonlySet<string>>();
  for (const group of (setLines.get(name) ?? '').split(' ; ')) {
    const [system = '', ...codes] = group.split(' ');
    systems.set(system, new Set(codes));
  }
  const set = { name, systems, codes: new Set([...systems.values()].flatMap((codes) => [...codes])) };
  valueSets.set(name, set);
  return set;
}
