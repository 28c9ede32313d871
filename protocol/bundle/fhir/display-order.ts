import type { JsonObject } from '../../json.ts';
import type { DisplayRow, DisplaySectionName, Reader } from './display-row.ts';
import {
  addressText,
  choiceText,
  codeText,
  conceptText,
  joined,
  labelled,
  nameText,
  notesText,
  periodText,
} from './display-values.ts';
import { objectOf, objectsOf, textOf } from './elements.ts';
import type { Message } from './message.ts';
import { ourBase } from './terms.ts';

type Pair = readonly [label: string, text: string | undefined];

function rows(
  section: DisplaySectionName,
  ...pairs: readonly Pair[]
): { section: DisplaySectionName; rows: DisplayRow[] } {
  return { section, rows: pairs.flatMap(([label, text]) => (text === undefined ? [] : [{ label, text }])) };
}

function telecoms(node: JsonObject): string | undefined {
  return joined(
    objectsOf(node, 'telecom').map((one) => textOf(one, 'value')),
    ', ',
  );
}

/** A reference as a name: its display, or the name of what it points at. */
function named(message: Message, reference: JsonObject | undefined): string | undefined {
  const entry = message.target(reference);
  if (entry?.type === 'PractitionerRole') return named(message, objectOf(entry.resource, 'practitioner'));
  const target = entry?.resource;
  const identifier = objectOf(reference, 'identifier');
  const own = textOf(reference, 'display') ?? textOf(target, 'name') ?? nameText(objectsOf(target, 'name')[0]);
  return own ?? conceptText(objectOf(target, 'code')) ?? textOf(identifier, 'value');
}

/** What kind of number it is, in a word, and whose (Spec bundle §3). */
const identifierKinds: Readonly<Record<string, string>> = {
  MR: 'Record number',
  NI: 'National id',
  PLAC: 'Number at the sender',
  FILL: 'Number at the receiver',
};

function identifierPair(one: JsonObject): Pair {
  const type = codeText(objectOf(one, 'type'));
  const system = textOf(one, 'system');
  const known = identifierKinds[type ?? ''] ?? (system?.endsWith('/csv-id') === true ? 'CSV id' : undefined);
  const issuer = known === undefined ? system : issuerOf(system);
  return [
    known ?? 'Identifier',
    joined([known === undefined ? type : undefined, textOf(one, 'value'), labelled('of', issuer)], ' '),
  ];
}

/** The hospital in whose namespace a number lies; that of national ids is one for everybody. */
function issuerOf(system: string | undefined): string | undefined {
  if (system === `${ourBase}/national-id`) return undefined;
  return /^https:\/\/([^/]+)\/(?:mrn|csv-id|referrals)$/.exec(system ?? '')?.[1] ?? system;
}

const patient: Reader = (one) =>
  rows(
    'patient',
    ...objectsOf(one, 'name').map((name): Pair => ['Name', nameText(name)]),
    ['Birth date', textOf(one, 'birthDate')],
    ['Sex', textOf(one, 'gender')],
    ['Died', choiceText(one, 'deceased')],
    ...objectsOf(one, 'identifier').map(identifierPair),
    ['Phone and mail', telecoms(one)],
    ...objectsOf(one, 'address').map((address): Pair => ['Address', addressText(address)]),
    ['Marital status', conceptText(objectOf(one, 'maritalStatus'))],
    [
      'Language',
      joined(
        objectsOf(one, 'communication').map((language) => conceptText(objectOf(language, 'language'))),
        ', ',
      ),
    ],
    ...objectsOf(one, 'contact').map((contact): Pair => [
      'Contact',
      joined(
        [
          nameText(objectOf(contact, 'name')),
          ...objectsOf(contact, 'relationship').map(conceptText),
          telecoms(contact),
        ],
        ', ',
      ),
    ]),
  );

const coverage: Reader = (one, message) =>
  rows(
    'insurance',
    [
      'Insurer',
      joined(
        objectsOf(one, 'payor').map((payor) => named(message, payor)),
        ', ',
      ),
    ],
    ['Type', conceptText(objectOf(one, 'type'))],
    [
      'Policy',
      joined(
        objectsOf(one, 'identifier').map((identifier) => textOf(identifier, 'value')),
        ', ',
      ),
    ],
    ['Member', textOf(one, 'subscriberId')],
    ['Valid', periodText(objectOf(one, 'period'))],
    ['Status', textOf(one, 'status')],
  );

const consent: Reader = (one, message) => {
  const provision = objectOf(one, 'provision');
  return rows(
    'consent',
    ['Consent', joined([conceptText(objectOf(one, 'scope')), textOf(one, 'status'), textOf(one, 'dateTime')])],
    ['Permits', joined([textOf(provision, 'type'), ...objectsOf(provision, 'action').map(conceptText)], ', ')],
    [
      'To',
      joined(
        objectsOf(provision, 'actor').map((actor) => named(message, objectOf(actor, 'reference'))),
        ', ',
      ),
    ],
    ['Valid', periodText(objectOf(provision, 'period'))],
  );
};

const appointment: Reader = (one, message) =>
  rows('appointments', [
    'Appointment',
    joined([
      textOf(one, 'status'),
      labelled('from', textOf(one, 'start')),
      labelled('to', textOf(one, 'end')),
      ...objectsOf(one, 'participant')
        .filter((part) => message.target(objectOf(part, 'actor'))?.type === 'Location')
        .map((part) => named(message, objectOf(part, 'actor'))),
      conceptText(objectOf(one, 'cancelationReason')),
    ]),
  ]);

const provenance: Reader = (one, message) =>
  rows(
    'origin',
    ...objectsOf(one, 'agent').map((agent): Pair => [
      conceptText(objectOf(agent, 'type')) ?? 'Agent',
      joined([named(message, objectOf(agent, 'who')), ...objectsOf(agent, 'role').map(conceptText)], ', '),
    ]),
    ['Occurred', choiceText(one, 'occurred')],
    ['Reason', joined(objectsOf(one, 'reason').map(conceptText))],
  );

/** People, payers, workflow and legal ground (Spec bundle §3). */
export const orderRows: Readonly<Record<string, Reader>> = {
  Patient: patient,
  RelatedPerson: (one) =>
    rows('bystander', [
      joined(objectsOf(one, 'relationship').map(conceptText), ', ') ?? 'Related person',
      joined(
        [...objectsOf(one, 'name').map(nameText), telecoms(one), ...objectsOf(one, 'address').map(addressText)],
        ', ',
      ) ?? '',
    ]),
  Coverage: coverage,
  ServiceRequest: (one) =>
    rows(
      'reason',
      ['Request', conceptText(objectOf(one, 'code'))],
      ['Department', joined(objectsOf(one, 'category').map(conceptText), ', ')],
      ...objectsOf(one, 'reasonCode').map((reason): Pair => [
        'Reason',
        joined([conceptText(reason), labelled('code', codeText(reason))]),
      ]),
      ['Priority', textOf(one, 'priority')],
      ['Written', textOf(one, 'authoredOn')],
      ['Note', notesText(one)],
    ),
  Task: (one) =>
    rows(
      'origin',
      ...objectsOf(one, 'identifier').map(identifierPair),
      ['State', conceptText(objectOf(one, 'businessStatus'))],
      ['Reason', conceptText(objectOf(one, 'statusReason'))],
      ['Expires', textOf(objectOf(objectOf(one, 'restriction'), 'period'), 'end')],
      ['Note', notesText(one)],
    ),
  MessageHeader: (one) =>
    rows('origin', ['Event', conceptText(objectOf(one, 'reason'))], ['From', textOf(objectOf(one, 'source'), 'name')]),
  Flag: (one) =>
    rows('alerts', [
      conceptText(objectOf(one, 'code')) ?? 'Alert',
      joined([textOf(one, 'status'), periodText(objectOf(one, 'period'))]),
    ]),
  Communication: (one, message) =>
    rows(objectsOf(one, 'reasonCode').length > 0 ? 'alerts' : 'messages', [
      joined(objectsOf(one, 'category').map(conceptText), ', ') ?? 'Message',
      joined([
        textOf(one, 'sent'),
        labelled(
          'to',
          joined(
            objectsOf(one, 'recipient').map((recipient) => named(message, recipient)),
            ', ',
          ),
        ),
        ...objectsOf(one, 'reasonCode').map(conceptText),
        ...objectsOf(one, 'payload').map((payload) => textOf(payload, 'contentString')),
      ]),
    ]),
  Consent: consent,
  Appointment: appointment,
  Provenance: provenance,
  Organization: (one) =>
    rows('people', [
      joined(objectsOf(one, 'type').map(conceptText), ', ') ?? 'Organization',
      joined([textOf(one, 'name'), telecoms(one)], ', '),
    ]),
  Practitioner: (one) =>
    rows('people', ['Practitioner', joined([...objectsOf(one, 'name').map(nameText), telecoms(one)], ', ')]),
  PractitionerRole: (one, message) =>
    rows('people', [
      'Role',
      joined(
        [
          named(message, objectOf(one, 'practitioner')),
          ...objectsOf(one, 'code').map(conceptText),
          ...objectsOf(one, 'specialty').map(conceptText),
        ],
        ', ',
      ),
    ]),
  Location: (one) =>
    rows('people', ['Place', joined([textOf(one, 'name'), addressText(objectOf(one, 'address'))], ', ')]),
  QuestionnaireResponse: (one) => ({ section: 'notes', rows: answers(one) }),
};

/** A hospital's own form, shown generically: each question with its answers. */
function answers(node: JsonObject): DisplayRow[] {
  return objectsOf(node, 'item').flatMap((item) => {
    const given = objectsOf(item, 'answer');
    const text = joined(given.map((one) => choiceText(one, 'value')));
    const own = text === undefined ? [] : [{ label: textOf(item, 'text') ?? textOf(item, 'linkId') ?? 'Answer', text }];
    return [...own, ...answers(item), ...given.flatMap(answers)];
  });
}
