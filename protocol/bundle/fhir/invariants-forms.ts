import type { JsonObject } from '../../json.ts';
import { hasChoice, hasElement, objectsOf, textOf } from './elements.ts';
import type { Invariant, InvariantTable } from './invariant.ts';
import { isLater } from './primitives.ts';

function either(key: string, human: string, ...names: readonly string[]): Invariant {
  return [key, human, ({ node }) => names.some((name) => hasElement(node, name)), names[0] ?? ''];
}

function notBoth(key: string, human: string, one: string, other: string): Invariant {
  return [key, human, ({ node }) => !hasElement(node, one) || !hasElement(node, other), one];
}

function unlessHome(key: string, list: string): Invariant {
  return [
    key,
    `no ${list} of an organization is of use home`,
    ({ node }) => objectsOf(node, list).every((one) => textOf(one, 'use') !== 'home'),
    list,
  ];
}

function isOneOf(node: JsonObject, name: string, ...codes: readonly string[]): boolean {
  return codes.includes(textOf(node, name) ?? '');
}

/** Invariants of the administrative, workflow, financial and questionnaire resources (R4 §§8, 12, 13, 2). */
export const formInvariants: InvariantTable = {
  Appointment: [
    [
      'app-2',
      'start and end go together',
      ({ node }) => hasElement(node, 'start') === hasElement(node, 'end'),
      'start',
    ],
    [
      'app-3',
      'only a proposed, cancelled or waitlisted appointment may lack start and end',
      ({ node }) =>
        (hasElement(node, 'start') && hasElement(node, 'end')) ||
        isOneOf(node, 'status', 'proposed', 'cancelled', 'waitlist'),
      'start',
    ],
    [
      'app-4',
      'cancelationReason only where the status is noshow or cancelled',
      ({ node }) => !hasElement(node, 'cancelationReason') || isOneOf(node, 'status', 'noshow', 'cancelled'),
      'cancelationReason',
    ],
  ],
  'Appointment.participant': [either('app-1', 'type or actor is there', 'type', 'actor')],
  AppointmentResponse: [either('apr-1', 'participantType or actor is there', 'participantType', 'actor')],
  'AuditEvent.entity': [notBoth('sev-1', 'name or query, not both', 'name', 'query')],
  'Composition.section': [
    either('cmp-1', 'a section has text, entries or sections', 'text', 'entry', 'section'),
    notBoth('cmp-2', 'emptyReason only where there is no entry', 'emptyReason', 'entry'),
  ],
  Consent: [either('ppc-1', 'a policy or a policyRule is there', 'policy', 'policyRule')],
  'CoverageEligibilityResponse.insurance.item': [
    [
      'ces-1',
      'category or productOrService, exactly one',
      ({ node }) => hasElement(node, 'category') !== hasElement(node, 'productOrService'),
    ],
  ],
  Group: [
    ['grp-1', 'only an actual group has members', ({ node }) => !hasElement(node, 'member') || node['actual'] === true],
  ],
  InsurancePlan: [either('ipn-1', 'an identifier or a name is there', 'identifier', 'name')],
  Linkage: [['lnk-1', 'a linkage has two items or more', ({ node }) => objectsOf(node, 'item').length > 1]],
  List: [
    notBoth('lst-1', 'emptyReason only where there is no entry', 'emptyReason', 'entry'),
    [
      'lst-2',
      'only a list of changes has deleted entries',
      ({ node }) =>
        textOf(node, 'mode') === 'changes' || objectsOf(node, 'entry').every((one) => !hasElement(one, 'deleted')),
    ],
    [
      'lst-3',
      'only a working list has dates of entries',
      ({ node }) =>
        textOf(node, 'mode') === 'working' || objectsOf(node, 'entry').every((one) => !hasElement(one, 'date')),
    ],
  ],
  MeasureReport: [
    [
      'mrp-1',
      'a report of data collection has no groups',
      ({ node }) => textOf(node, 'type') !== 'data-collection' || !hasElement(node, 'group'),
    ],
  ],
  Organization: [
    either('org-1', 'an identifier or a name is there', 'identifier', 'name'),
    unlessHome('org-2', 'address'),
    unlessHome('org-3', 'telecom'),
  ],
  'Patient.contact': [
    either(
      'pat-1',
      'a contact has name, telecom, address or organization',
      'name',
      'telecom',
      'address',
      'organization',
    ),
  ],
  'Questionnaire.item': [
    [
      'que-1',
      'a group has items, a display none',
      ({ node }) =>
        (textOf(node, 'type') !== 'group' || hasElement(node, 'item')) &&
        (textOf(node, 'type') !== 'display' || !hasElement(node, 'item')),
    ],
    ['que-3', 'a display has no code', ({ node }) => textOf(node, 'type') !== 'display' || !hasElement(node, 'code')],
    notBoth('que-4', 'answerOption or answerValueSet, not both', 'answerOption', 'answerValueSet'),
    [
      'que-6',
      'a display is neither required nor repeated',
      ({ node }) =>
        textOf(node, 'type') !== 'display' || (!hasElement(node, 'required') && !hasElement(node, 'repeats')),
    ],
    [
      'que-8',
      'a group or display has no initial value',
      ({ node }) => !isOneOf(node, 'type', 'group', 'display') || !hasElement(node, 'initial'),
    ],
    [
      'que-9',
      'a display is not readOnly',
      ({ node }) => textOf(node, 'type') !== 'display' || !hasElement(node, 'readOnly'),
    ],
    notBoth('que-11', 'answerOption or initial, not both', 'answerOption', 'initial'),
    [
      'que-12',
      'more than two enableWhen need enableBehavior',
      ({ node }) => objectsOf(node, 'enableWhen').length <= 2 || hasElement(node, 'enableBehavior'),
    ],
    [
      'que-13',
      'only a repeating item has several initial values',
      ({ node }) => node['repeats'] === true || objectsOf(node, 'initial').length <= 1,
    ],
  ],
  'QuestionnaireResponse.item': [notBoth('qrs-1', 'answer or item, not both', 'answer', 'item')],
  'RequestGroup.action': [
    [
      'rqg-1',
      'resource or action, exactly one',
      ({ node }) => hasElement(node, 'resource') !== hasElement(node, 'action'),
    ],
  ],
  Task: [
    [
      'inv-1',
      'lastModified is not before authoredOn',
      ({ node }) => !isLater(node['authoredOn'], node['lastModified']),
      'lastModified',
    ],
  ],
  'Parameters.parameter': [
    [
      'inv-1',
      'a parameter has exactly one of value, resource and part',
      ({ node }) =>
        [hasChoice(node, 'value'), hasElement(node, 'resource'), hasElement(node, 'part')].filter(Boolean).length === 1,
    ],
  ],
};
