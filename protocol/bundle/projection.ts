import { ProtocolError } from '../errors.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { asObject, objectOf, textOf } from './fhir/elements.ts';
import { readMessage } from './fhir/message.ts';

/** Workflow belongs to the message, not to the document that leaves the system (Spec bundle §1). */
const leftBehind: ReadonlySet<string> = new Set(['MessageHeader', 'Task', 'Provenance']);
const attachmentKeyUrl = 'https://fernpost.example/fhir/StructureDefinition/attachment-key';

/**
 * A document Bundle derived from a checked message: its Composition first, then everything that the Composition reaches,
 * and nothing else; no attachment key leaves (Spec bundle §1, §8). `id` and `identifier` name the document: UUIDs.
 */
export function documentOf(bundle: JsonObject, name: { readonly id: string; readonly identifier: string }): JsonObject {
  const message = readMessage(bundle);
  const [composition] = message.ofType('Composition');
  if (composition === undefined)
    throw new ProtocolError('malformed-fhir', 'a message without Composition has no document');
  const reached = new Set([composition.fullUrl]);
  const open = [composition.resource];
  for (let one = open.pop(); one !== undefined; one = open.pop())
    for (const url of referencesIn(one)) {
      const target = message.target({ reference: url });
      if (target === undefined || reached.has(url) || leftBehind.has(target.type)) continue;
      reached.add(url);
      open.push(target.resource);
    }
  const others = message.entries.filter((one) => one !== composition && reached.has(one.fullUrl));
  return {
    resourceType: 'Bundle',
    id: name.id,
    ...securityOf(bundle),
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${name.identifier}` },
    type: 'document',
    timestamp: bundle['timestamp'] ?? null,
    entry: [composition, ...others].map(({ fullUrl, resource }) => ({
      fullUrl,
      resource: exported(resource, reached),
    })),
  };
}

function securityOf(bundle: JsonObject): { readonly meta?: JsonObject } {
  const security = objectOf(bundle, 'meta')?.['security'];
  return security === undefined ? {} : { meta: { security } };
}

function referencesIn(value: JsonValue): readonly string[] {
  const object = asObject(value);
  const inner = Array.isArray(value) ? (value as readonly JsonValue[]) : Object.values(object ?? {});
  const own = textOf(object, 'reference');
  return [...(own === undefined ? [] : [own]), ...inner.flatMap(referencesIn)];
}

/** A copy without attachment keys and without references to what was left behind; what that empties goes too. */
function exported(resource: JsonObject, reached: ReadonlySet<string>): JsonObject {
  const copy = asObject(strip(resource, reached) ?? null);
  if (copy === undefined) throw new ProtocolError('malformed-fhir', 'an empty resource');
  return copy;
}

function strip(value: JsonValue, reached: ReadonlySet<string>): JsonValue | undefined {
  if (Array.isArray(value)) {
    const kept = (value as readonly JsonValue[]).flatMap((one): JsonValue[] => {
      const inner = one === null ? null : strip(one, reached);
      return inner === undefined ? [] : [inner];
    });
    return kept.length === 0 ? undefined : kept;
  }
  const object = asObject(value);
  if (object === undefined) return value;
  if (textOf(object, 'url') === attachmentKeyUrl) return undefined;
  const reference = textOf(object, 'reference');
  if (reference?.startsWith('urn:uuid:') === true && !reached.has(reference)) return undefined;
  const members = Object.entries(object).flatMap(([name, one]): [string, JsonValue][] => {
    const inner = one === null ? null : strip(one, reached);
    return inner === undefined ? [] : [[name, inner]];
  });
  return members.length === 0 ? undefined : Object.fromEntries(members);
}
