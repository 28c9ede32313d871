import type { JsonObject } from '../../json.ts';
import { codesOf, objectOf, objectsOf, textOf } from './elements.ts';
import { messageEvents, systems, type MessageEvent } from './terms.ts';

/** One resource of a message, with the FHIRPath that names it in issues. */
export interface Entry {
  readonly fullUrl: string;
  readonly type: string;
  readonly resource: JsonObject;
  readonly path: string;
}

/** A message Bundle with its references followed; reads whatever is there and judges nothing. */
export interface Message {
  readonly bundle: JsonObject;
  readonly entries: readonly Entry[];
  readonly header: Entry | undefined;
  readonly task: Entry | undefined;
  readonly event: MessageEvent | undefined;
  ofType(type: string): readonly Entry[];
  /** The entry that a Reference points at; undefined when it is logical or points nowhere. */
  target(reference: JsonObject | undefined): Entry | undefined;
}

const eventNames: ReadonlySet<string> = new Set(messageEvents);

export function readMessage(bundle: JsonObject): Message {
  const entries = objectsOf(bundle, 'entry').flatMap((entry, i): Entry[] => {
    const resource = objectOf(entry, 'resource');
    const type = textOf(resource, 'resourceType');
    if (resource === undefined || type === undefined) return [];
    const path = `Bundle.entry[${i}].resource.ofType(${/^[A-Za-z]{1,64}$/.test(type) ? type : 'Resource'})`;
    return [{ fullUrl: textOf(entry, 'fullUrl') ?? '', type, resource, path }];
  });
  const byUrl = new Map(entries.map((entry) => [entry.fullUrl, entry]));
  const byType = Map.groupBy(entries, ({ type }) => type);
  const header = byType.get('MessageHeader')?.[0];
  const event = codesOf(objectOf(header?.resource, 'reason'), systems.event)[0];
  return {
    bundle,
    entries,
    header,
    task: byType.get('Task')?.[0],
    event: event !== undefined && eventNames.has(event) ? (event as MessageEvent) : undefined,
    ofType: (type) => byType.get(type) ?? [],
    target: (reference) => {
      const url = textOf(reference, 'reference');
      return url === undefined ? undefined : byUrl.get(url);
    },
  };
}

/** The node-id of an Organization; undefined for other resources and for more than one. */
export function nodeIdOf(organization: JsonObject | undefined): string | undefined {
  const ids = objectsOf(organization, 'identifier').filter((one) => textOf(one, 'system') === systems.nodeId);
  return ids.length === 1 ? textOf(ids[0], 'value') : undefined;
}

/** The node that a Reference names: by an Organization of the message or logically by its node-id. */
export function nodeOfReference(message: Message, reference: JsonObject | undefined): string | undefined {
  const target = message.target(reference);
  if (target !== undefined) return target.type === 'Organization' ? nodeIdOf(target.resource) : undefined;
  const identifier = objectOf(reference, 'identifier');
  return textOf(identifier, 'system') === systems.nodeId ? textOf(identifier, 'value') : undefined;
}

/** The UUID of an Identifier `{urn:ietf:rfc:3986, urn:uuid:…}`. */
export function uuidOfIdentifier(identifier: JsonObject | undefined): string | undefined {
  if (textOf(identifier, 'system') !== systems.uri) return undefined;
  return uuidOfUrn(textOf(identifier, 'value'));
}

export function uuidOfUrn(urn: string | undefined): string | undefined {
  return /^urn:uuid:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/.exec(urn ?? '')?.[1];
}

/** The codes of `system` among Codings. */
export function codingCodes(codings: readonly JsonObject[], system: string): readonly string[] {
  return codings.flatMap((one) => (textOf(one, 'system') === system ? (textOf(one, 'code') ?? []) : []));
}
