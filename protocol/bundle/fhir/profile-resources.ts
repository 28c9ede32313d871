import type { JsonObject } from '../../json.ts';
import type { CheckOptions } from './check-options.ts';
import { hasElement, isCoded, objectOf, objectsOf, textOf } from './elements.ts';
import { readAttachment } from './extensions.ts';
import type { Issues } from './issue.ts';
import type { Message } from './message.ts';
import { systems } from './terms.ts';

type Rule = readonly [at: string, why: string, holds: (resource: JsonObject, message: Message) => boolean];

/** What our map asks of single resources beyond R4 (Spec bundle §3). */
const rules: Readonly<Record<string, readonly Rule[]>> = {
  RelatedPerson: [
    [
      'relationship',
      'without a name the relationship says in words who it is',
      (one) =>
        objectsOf(one, 'name').length > 0 ||
        objectsOf(one, 'relationship').some((relationship) => textOf(relationship, 'text') !== undefined),
    ],
  ],
  Coverage: [
    [
      'type.text',
      'who pays alone says so in words',
      (one, message) =>
        !objectsOf(one, 'payor').some((payor) => message.target(payor)?.type === 'Patient') ||
        textOf(objectOf(one, 'type'), 'text') !== undefined,
    ],
  ],
  Condition: [
    [
      'category',
      'problem-list-item or encounter-diagnosis',
      (one) =>
        objectsOf(one, 'category').some((category) =>
          isCoded(category, systems.conditionCategory, 'problem-list-item', 'encounter-diagnosis'),
        ),
    ],
  ],
  MedicationStatement: [
    [
      'medication',
      'the medicine in words',
      (one) =>
        hasElement(one, 'medicationReference') ||
        textOf(objectOf(one, 'medicationCodeableConcept'), 'text') !== undefined,
    ],
  ],
  MedicationRequest: [
    ['intent', 'a prescription is an order', (one) => textOf(one, 'intent') === 'order'],
    ['authoredOn', 'required of a prescription', (one) => hasElement(one, 'authoredOn')],
    ['requester', 'required of a prescription', (one) => hasElement(one, 'requester')],
    [
      'dosageInstruction',
      'the dosage in words',
      (one) => objectsOf(one, 'dosageInstruction').some((dosage) => textOf(dosage, 'text') !== undefined),
    ],
  ],
  Flag: [
    ['period', 'a medico-legal case says since when', (one) => !isPolice(one) || hasElement(one, 'period')],
    ['author', 'a medico-legal case says who says so', (one) => !isPolice(one) || hasElement(one, 'author')],
  ],
};

function isPolice(flag: JsonObject): boolean {
  return isCoded(objectOf(flag, 'code'), systems.flag, 'medico-legal-case');
}

export function checkResources(message: Message, options: CheckOptions, issues: Issues): void {
  for (const { resource, type, path } of message.entries)
    for (const [at, why, holds] of rules[type] ?? [])
      if (!holds(resource, message)) issues.add('business-rule', `${path}.${at}`, why);
  checkAttachments(message, options, issues);
}

/** The document and the manifest name the same attachments, with the same sizes (Spec bundle §8). */
function checkAttachments(message: Message, { attachments }: CheckOptions, issues: Issues): void {
  const listed = attachments === undefined ? undefined : new Map(attachments.map(({ id, size }) => [id, size]));
  const seen = new Set<string>();
  for (const { resource, path } of message.ofType('DocumentReference')) {
    objectsOf(resource, 'content').forEach((content, i) => {
      const here = `${path}.content[${i}].attachment`;
      const proof = readAttachment(objectOf(content, 'attachment') ?? {}, here, issues);
      if (proof === undefined) return;
      if (seen.has(proof.id)) issues.add('duplicate', `${here}.url`, 'an attachment is named once');
      seen.add(proof.id);
      if (listed === undefined) return;
      if (!listed.has(proof.id)) issues.add('not-found', `${here}.url`, 'not an attachment of the manifest');
      else if (listed.get(proof.id) !== proof.size)
        issues.add('value', `${here}.size`, 'not the size that the manifest says');
    });
  }
  for (const id of listed?.keys() ?? [])
    if (!seen.has(id))
      issues.add(
        'not-found',
        'Bundle.entry.resource.ofType(DocumentReference)',
        'an attachment of the manifest has no DocumentReference',
      );
}
