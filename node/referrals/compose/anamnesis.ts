import type { CodeableConcept, Resource } from '@medplum/fhirtypes';
import type { PatientDetails } from '../../records/model.ts';
import type { Frame, Part } from './frame.ts';
import { onsetSince, trailingDate } from './dates-in-text.ts';
import { familyWord } from './family-words.ts';
import { concept } from './terms.ts';
import { present, textsOf } from './values.ts';

/**
 * The past, as the hospital wrote it: each line of free text becomes one resource with the text whole in it. A date is
 * read out of a line only where it can mean one thing; no code is ever guessed.
 */
export interface Anamnesis {
  readonly problems: Part;
  readonly allergies: Part;
  readonly medicines: Part;
  readonly immunizations: Part;
  readonly familyHistory: Part;
  readonly procedures: Part;
}

/** `beside` says which sections hold something from elsewhere, so that "none" in the record cannot stand for the whole. */
export function anamnesis(
  details: PatientDetails,
  frame: Frame,
  beside: { readonly problems: boolean; readonly medicines: boolean },
): Anamnesis {
  const subject = frame.patient;
  const patient = frame.patient;
  const dated = (text: string): string | undefined => trailingDate(text, details.birthDate, frame.now);
  return {
    problems: partOf(
      details.conditions,
      (text) => ({
        resourceType: 'Condition',
        id: frame.uuid(),
        clinicalStatus: concept('conditionClinical', 'active'),
        category: [concept('conditionCategory', 'problem-list-item', 'Problem List Item')],
        code: { text },
        subject,
        ...present({ onsetDateTime: onsetSince(text, details.birthDate, frame.now) }),
      }),
      beside.problems,
    ),
    allergies: partOf(details.allergies, (text) => ({
      resourceType: 'AllergyIntolerance',
      id: frame.uuid(),
      clinicalStatus: concept('allergyClinical', 'active'),
      code: { text },
      patient,
      ...present({ onsetDateTime: onsetSince(text, details.birthDate, frame.now) }),
    })),
    medicines: partOf(
      details.medications,
      (text) => ({
        resourceType: 'MedicationStatement',
        id: frame.uuid(),
        status: 'active',
        medicationCodeableConcept: { text },
        subject,
      }),
      beside.medicines,
    ),
    immunizations: partOf(details.immunizations, (text) => {
      const occurrenceDateTime = dated(text);
      return {
        resourceType: 'Immunization',
        id: frame.uuid(),
        status: 'completed',
        vaccineCode: { text },
        patient,
        ...(occurrenceDateTime === undefined ? { occurrenceString: 'not known' } : { occurrenceDateTime }),
        primarySource: false,
      };
    }),
    familyHistory: partOf(details.familyHistory, (text) => familyMember(text, frame)),
    procedures: partOf(details.procedures, (text) => ({
      resourceType: 'Procedure',
      id: frame.uuid(),
      status: 'completed',
      code: { text },
      subject,
      ...present({ performedDateTime: dated(text) }),
    })),
  };
}

/** A whole list of one such phrase says that there is nothing, which is not the same as saying nothing. */
const nilKnownForm = /^(?:none|none known|nil|nil known|no known allerg(?:y|ies)|nka)\.?$/i;

function partOf(texts: readonly string[], resourceOf: (text: string) => Resource, beside = false): Part {
  const lines = textsOf(texts);
  const [only] = lines;
  if (!beside && lines.length === 1 && only !== undefined && nilKnownForm.test(only.trim()))
    return { lines, entries: [], nilKnown: only };
  return { lines, entries: lines.map(resourceOf) };
}

/** `Father: diabetes` names the relative before the colon; any other line is kept whole for a relative not named. */
function familyMember(text: string, frame: Frame): Resource {
  const [, word = '', illness = ''] = /^([^:]{1,60}):\s*(\S[^]*)$/.exec(text) ?? [];
  const code = familyWord(word);
  const relationship: CodeableConcept =
    code === undefined
      ? concept('roleCode', 'FAMMEMB', 'family member')
      : { ...concept('roleCode', ...code), text: word };
  return {
    resourceType: 'FamilyMemberHistory',
    id: frame.uuid(),
    status: 'completed',
    patient: frame.patient,
    relationship,
    condition: [{ code: { text: code === undefined ? text : illness } }],
  };
}
