import type { JsonObject } from '../../json.ts';
import type { DisplayRow, DisplaySectionName, Reader, Rows } from './display-row.ts';
import {
  choiceText,
  codeText,
  conceptText,
  joined,
  labelled,
  notesText,
  periodText,
  quantityText,
} from './display-values.ts';
import { isCoded, numberOf, objectOf, objectsOf, textOf } from './elements.ts';
import type { Message } from './message.ts';

const observationCategory = 'http://terminology.hl7.org/CodeSystem/observation-category';

function row(section: DisplaySectionName, label: string | undefined, parts: readonly (string | undefined)[]): Rows {
  // A name that ends with its own dose or year needs no second telling of it.
  const told = parts.filter((part) => part !== label && label?.endsWith(` ${part ?? ''}`) !== true);
  return { section, rows: [{ label: label ?? '(without a name)', text: joined(told) ?? '' }] };
}

function status(resource: JsonObject): string | undefined {
  const own = [
    conceptText(objectOf(resource, 'clinicalStatus')),
    conceptText(objectOf(resource, 'verificationStatus')),
  ];
  return joined(own, ', ') ?? textOf(resource, 'status');
}

function medicine(resource: JsonObject, message: Message): string | undefined {
  const target = message.target(objectOf(resource, 'medicationReference'));
  return choiceText(resource, 'medication') ?? conceptText(objectOf(target?.resource, 'code'));
}

function dosage(resource: JsonObject, name: string): string | undefined {
  return joined(
    objectsOf(resource, name).map((one) =>
      joined([
        ...objectsOf(one, 'doseAndRate').map((dose) => choiceText(dose, 'dose')),
        textOf(one, 'text'),
        conceptText(objectOf(one, 'route')),
      ]),
    ),
  );
}

function reactions(allergy: JsonObject): string | undefined {
  const all = objectsOf(allergy, 'reaction').map((one) =>
    joined([...objectsOf(one, 'manifestation').map(conceptText), textOf(one, 'severity')], ', '),
  );
  return labelled('reaction:', joined(all));
}

function observationValue(node: JsonObject): string | undefined {
  const value = choiceText(node, 'value') ?? labelled('no value:', conceptText(objectOf(node, 'dataAbsentReason')));
  const ranges = objectsOf(node, 'referenceRange').map(
    (one) =>
      textOf(one, 'text') ?? joined([quantityText(objectOf(one, 'low')), quantityText(objectOf(one, 'high'))], ' to '),
  );
  const reading = objectsOf(node, 'interpretation').map(conceptText);
  return joined([value, labelled('reference', joined(ranges)), labelled('interpretation', joined(reading))]);
}

/** Each observation stands once; a panel is the heading of its members. */
const observation: Reader = (resource) => {
  const signs = objectsOf(resource, 'category').some((one) =>
    isCoded(one, observationCategory, 'vital-signs', 'survey'),
  );
  const section = signs ? 'vital-signs' : 'results';
  const label = conceptText(objectOf(resource, 'code')) ?? '(without a name)';
  const when = choiceText(resource, 'effective');
  const components = objectsOf(resource, 'component').map((one): DisplayRow => ({
    label: conceptText(objectOf(one, 'code')) ?? label,
    text: joined([observationValue(one), when]) ?? '',
  }));
  const members = objectsOf(resource, 'hasMember').length;
  const own = joined([
    observationValue(resource),
    members === 0 ? undefined : `${members} observations`,
    when,
    textOf(resource, 'status') === 'final' ? undefined : textOf(resource, 'status'),
    notesText(resource),
  ]);
  return { section, rows: [{ label, text: own ?? '' }, ...components] };
};

/** The clinical resources (Spec bundle §3). */
export const clinicalRows: Readonly<Record<string, Reader>> = {
  Condition: (one) =>
    row('problems', conceptText(objectOf(one, 'code')), [
      labelled('code', codeText(objectOf(one, 'code'))),
      status(one),
      conceptText(objectOf(one, 'severity')),
      labelled('since', choiceText(one, 'onset')),
      labelled('until', choiceText(one, 'abatement')),
      joined(objectsOf(one, 'bodySite').map(conceptText)),
      notesText(one),
    ]),
  AllergyIntolerance: (one) =>
    row('allergies', conceptText(objectOf(one, 'code')), [
      labelled('criticality', textOf(one, 'criticality')),
      reactions(one),
      status(one),
      labelled('since', choiceText(one, 'onset')),
      notesText(one),
    ]),
  MedicationStatement: (one, message) =>
    row('medicines', medicine(one, message), [
      dosage(one, 'dosage'),
      status(one),
      choiceText(one, 'effective'),
      notesText(one),
    ]),
  MedicationRequest: (one, message) =>
    row('medicines', medicine(one, message), [
      'prescribed',
      dosage(one, 'dosageInstruction'),
      status(one),
      textOf(one, 'authoredOn'),
      notesText(one),
    ]),
  Medication: (one) => row('medicines', conceptText(objectOf(one, 'code')), [status(one)]),
  Immunization: (one) =>
    row('immunizations', conceptText(objectOf(one, 'vaccineCode')), [
      choiceText(one, 'occurrence'),
      status(one),
      labelled('lot', textOf(one, 'lotNumber')),
      notesText(one),
    ]),
  FamilyMemberHistory: (one) =>
    row('family-history', joined([conceptText(objectOf(one, 'relationship')), textOf(one, 'name')], ' '), [
      ...objectsOf(one, 'condition').map((condition) =>
        joined([conceptText(objectOf(condition, 'code')), labelled('at', choiceText(condition, 'onset'))], ' '),
      ),
      labelled('died:', choiceText(one, 'deceased')),
      notesText(one),
    ]),
  Procedure: (one) =>
    row('procedures', conceptText(objectOf(one, 'code')), [choiceText(one, 'performed'), status(one), notesText(one)]),
  Encounter: (one) =>
    row('encounters', joined(objectsOf(one, 'type').map(conceptText), ', ') ?? conceptText(objectOf(one, 'class')), [
      conceptText(objectOf(one, 'class')),
      periodText(objectOf(one, 'period')),
      status(one),
      joined(objectsOf(one, 'reasonCode').map(conceptText)),
    ]),
  Observation: observation,
  DiagnosticReport: (one) =>
    row('results', conceptText(objectOf(one, 'code')), [
      choiceText(one, 'effective'),
      textOf(one, 'conclusion'),
      `${objectsOf(one, 'result').length} results`,
      status(one),
    ]),
  ImagingStudy: (one) =>
    row('imaging', textOf(one, 'description') ?? 'Imaging study', [
      joined(objectsOf(one, 'modality').map(conceptText), ', '),
      textOf(one, 'started'),
      labelled('images:', numberOf(one, 'numberOfInstances')?.toString()),
    ]),
  DocumentReference: (one) => ({
    section: 'attachments',
    rows: objectsOf(one, 'content').map((content) => {
      const attachment = objectOf(content, 'attachment');
      return {
        label: textOf(attachment, 'title') ?? conceptText(objectOf(one, 'type')) ?? 'Attachment',
        text:
          joined([
            textOf(attachment, 'contentType'),
            labelled('bytes:', numberOf(attachment, 'size')?.toString()),
            textOf(attachment, 'creation'),
            textOf(one, 'description'),
          ]) ?? '',
      };
    }),
  }),
};
