import { toHex } from '../../../protocol/bytes.ts';
import { clinicalRows } from '../../../protocol/bundle/fhir/display-clinical.ts';
import type { DisplayRow, DisplaySectionName } from '../../../protocol/bundle/fhir/display-row.ts';
import { plainText } from '../../../protocol/bundle/fhir/display-values.ts';
import { displayOf, type Display } from '../../../protocol/bundle/fhir/display.ts';
import { isCoded, objectOf, objectsOf, textOf } from '../../../protocol/bundle/fhir/elements.ts';
import { readMessage, type Message } from '../../../protocol/bundle/fhir/message.ts';
import { attachmentsOf, eventOf, findPatient } from '../../../protocol/bundle/fhir/referral.ts';
import type { AttachmentId } from '../../../protocol/ids.ts';
import type { Instant } from '../../../protocol/instant.ts';
import type { JsonObject } from '../../../protocol/json.ts';
import { nothingRecorded, sectionColumns, sectionHeadings, silenceWords } from './headings.ts';

/**
 * A referral for a person to decide on: banner, summary, then everything. The sender's preview and the receiver's review
 * are made by this one function from the same document, so that what is previewed is what is seen (screens 3 and 6).
 */
export interface Review {
  readonly patient: ReviewPatient;
  readonly order: ReviewOrder;
  readonly summary: Readonly<Record<'problems' | 'allergies' | 'medicines' | 'results', Told>>;
  /** What is marked as an alert, such as a police case. */
  readonly alerts: readonly string[];
  /** The number under which the sender tells of the case to the police; empty where it tells none. */
  readonly policeCaseNumber: string;
  readonly attachments: readonly ReviewAttachment[];
  readonly sections: readonly ReviewSection[];
  /** What is carried and not shown, because no reader here knows it. */
  readonly notShown: Display['notShown'];
}

export interface ReviewPatient {
  /** SURNAME, Given; empty where only a native-script name was told. */
  readonly name: string;
  readonly nativeName: string;
  /** As FHIR writes it: YYYY, YYYY-MM or YYYY-MM-DD; empty when it was not told. */
  readonly birthDate: string;
  readonly sex: string;
  readonly identifiers: readonly { readonly kind: string; readonly value: string }[];
}

export interface ReviewOrder {
  readonly number: string;
  readonly question: string;
  readonly reasons: readonly string[];
  readonly priority: 'routine' | 'urgent' | 'stat';
  readonly department: string;
  readonly writtenAt: Instant;
  readonly expiresAt: Instant | undefined;
  /** Who signs for it, and where. */
  readonly author: string;
  readonly hospital: string;
  readonly isBreakGlass: boolean;
}

/** Rows of one subject, or why there are none. */
export interface Told {
  readonly rows: readonly DisplayRow[];
  readonly silence: string;
}

export interface ReviewAttachment {
  readonly id: AttachmentId;
  readonly title: string;
  readonly contentType: string;
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
}

export interface ReviewSection {
  readonly name: DisplaySectionName;
  readonly heading: string;
  readonly columns: readonly [string, string];
  readonly rows: readonly DisplayRow[];
  /** Why it is empty, where the sender said so; beside rows, what the sender said of a part that is empty. */
  readonly silence: string;
}

/** Results in the summary; all of them stand in their section. */
const summaryResultsMax = 6;

/** Reads a checked referral (Spec bundle §3); never fails for what checkBundle passes. */
export function reviewOf(bundle: JsonObject): Review {
  const message = readMessage(bundle);
  const display = displayOf(bundle);
  const sections = display.sections.map(({ name, rows, emptyReason, emptyWords }): ReviewSection => ({
    name,
    heading: sectionHeadings[name],
    columns: sectionColumns(name),
    rows,
    silence: rows.length === 0 || says(emptyWords) ? silenceWords(emptyReason, emptyWords) : '',
  }));
  const told = (name: DisplaySectionName): Told => {
    const found = sections.find((section) => section.name === name);
    return { rows: found?.rows ?? [], silence: found?.silence ?? silenceWords(undefined) };
  };
  const results = told('results');
  return {
    patient: patientOf(bundle),
    order: orderOf(bundle, message),
    summary: {
      problems: told('problems'),
      allergies: told('allergies'),
      medicines: told('medicines'),
      results: { ...results, rows: latestResults(message) },
    },
    alerts: told('alerts').rows.map(({ label, text }) => (text === '' ? label : `${label}: ${text}`)),
    policeCaseNumber: policeCaseNumberOf(message),
    attachments: filesOf(bundle),
    sections,
    notShown: display.notShown,
  };
}

/** The files that a message names: what travelled beside it. */
export function filesOf(bundle: JsonObject): readonly ReviewAttachment[] {
  return attachmentsOf(bundle).map(({ id, title, contentType, size, sha256 }) => ({
    id,
    title: plainText(title ?? ''),
    contentType: plainText(contentType),
    size,
    sha256: toHex(sha256),
  }));
}

/** Whether the sender's words about an empty part say more than that it is empty. */
function says(emptyWords: string | undefined): boolean {
  return emptyWords !== undefined && emptyWords !== nothingRecorded;
}

function patientOf(bundle: JsonObject): ReviewPatient {
  const patient = findPatient(bundle);
  const given = patient?.given.join(' ') ?? '';
  const family = patient?.family?.toLocaleUpperCase('und') ?? '';
  return {
    name: plainText([family, given].filter((part) => part !== '').join(', ')),
    nativeName: plainText(patient?.nativeName ?? ''),
    birthDate: plainText(patient?.birthDate ?? ''),
    sex: plainText(patient?.gender ?? 'unknown'),
    identifiers: (patient?.identifiers ?? []).map(({ system, value, type }) => ({
      kind: identifierKind(system, type),
      value: plainText(value),
    })),
  };
}

function identifierKind(system: string, type: string | undefined): string {
  if (type === 'MR') return 'Record number';
  if (type === 'NI') return 'National id';
  return system.endsWith('/csv-id') ? 'CSV id' : 'Identifier';
}

function policeCaseNumberOf(message: Message): string {
  const numbers = message
    .ofType('Flag')
    .flatMap(({ resource }) => objectsOf(resource, 'identifier'))
    .filter((one) => textOf(one, 'system')?.endsWith('/police-cases') === true)
    .map((one) => plainText(textOf(one, 'value') ?? ''));
  return numbers[0] ?? '';
}

function orderOf(bundle: JsonObject, message: Message): ReviewOrder {
  const order = message.ofType('ServiceRequest')[0]?.resource;
  const facts = eventOf(bundle);
  const sender = message
    .ofType('Organization')
    .find(({ resource }) => objectsOf(resource, 'identifier').some((one) => textOf(one, 'value') === facts.sender));
  const text = (value: string | undefined): string => plainText(value ?? '');
  return {
    number: text(facts.placer),
    question: text(textOf(objectOf(order, 'code'), 'text')),
    reasons: objectsOf(order, 'reasonCode').map((one) => text(textOf(one, 'text'))),
    priority: facts.priority,
    department: objectsOf(order, 'category')
      .map((one) => text(textOf(one, 'text')))
      .join(', '),
    writtenAt: facts.timestamp,
    expiresAt: facts.expiresAt,
    author: text(textOf(objectsOf(message.ofType('Practitioner')[0]?.resource, 'name')[0], 'text')),
    hospital: text(textOf(sender?.resource, 'name')) || facts.sender,
    isBreakGlass: message.ofType('Consent').length === 0,
  };
}

const observationCategory = 'http://terminology.hl7.org/CodeSystem/observation-category';

/** The newest results first; vital signs have a section of their own. */
function latestResults(message: Message): readonly DisplayRow[] {
  const read = clinicalRows['Observation'];
  if (read === undefined) return [];
  const when = (resource: JsonObject): string =>
    textOf(resource, 'effectiveDateTime') ?? textOf(objectOf(resource, 'effectivePeriod'), 'start') ?? '';
  return message
    .ofType('Observation')
    .map(({ resource }) => resource)
    .filter(
      (one) => !objectsOf(one, 'category').some((each) => isCoded(each, observationCategory, 'vital-signs', 'survey')),
    )
    .toSorted((a, b) => when(b).localeCompare(when(a)))
    .flatMap((resource) => read(resource, message).rows)
    .slice(0, summaryResultsMax)
    .map(({ label, text }) => ({ label: plainText(label), text: plainText(text) }));
}
