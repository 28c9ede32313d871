import type { CompositionSection } from '@medplum/fhirtypes';
import { sectionCodes, type SectionName as ProfileSection } from '../../../protocol/bundle/fhir/terms.ts';
import type { Part } from './frame.ts';
import { nothingRecorded } from '../review/headings.ts';
import { narrative } from './narrative.ts';
import { coding, concept } from './terms.ts';
import { present, referenceOf, textsOf } from './values.ts';

export type SectionName = ProfileSection | 'visits' | 'papers';

/** The sections of a referral note in their order, with their LOINC codes (Spec bundle §3). */
const sections: readonly (readonly [name: SectionName, title: string, code: string])[] = [
  ['reason', 'Reason for referral', sectionCodes.reason],
  ['visits', 'Consultations', '46240-8'],
  ['problems', 'Problem list', sectionCodes.problems],
  ['allergies', 'Allergies', sectionCodes.allergies],
  ['medicines', 'Medication use', sectionCodes.medicines],
  ['immunizations', 'Immunizations', sectionCodes.immunizations],
  ['family-history', 'Family history', sectionCodes['family-history']],
  ['procedures', 'Procedures', sectionCodes.procedures],
  ['vital-signs', 'Vital signs', sectionCodes['vital-signs']],
  ['results', 'Results', sectionCodes.results],
  ['imaging', 'Imaging', sectionCodes.imaging],
  ['papers', 'Attached documents', '77599-9'],
  ['payers', 'Payers', sectionCodes.payers],
  ['alerts', 'Alerts', sectionCodes.alerts],
];

/** These two stand only where there is something in them; every other section says in so many words that it is empty. */
const optionalSections: ReadonlySet<SectionName> = new Set<SectionName>(['visits', 'papers']);

const nothing: Part = { lines: [], entries: [] };

/** The table of contents: every section is there, and an empty one says why (Spec bundle §3). */
export function compositionSections(parts: Readonly<Partial<Record<SectionName, Part>>>): CompositionSection[] {
  return sections.flatMap(([name, title, code]) => {
    const part = parts[name] ?? nothing;
    const empty = part.entries.length === 0 && part.nilKnown === undefined;
    if (empty && optionalSections.has(name)) return [];
    return [
      {
        title,
        code: concept('loinc', code),
        text: narrative(textsOf(part.lines).length === 0 ? [nothingRecorded] : textsOf(part.lines)),
        ...present({ entry: part.entries.map((resource) => referenceOf(resource)) }),
        ...(part.entries.length === 0 ? { emptyReason: emptyReason(part) } : {}),
      },
    ];
  });
}

/** Known to be nothing, and not known, are different facts; the first is claimed only in the hospital's own words. */
function emptyReason(part: Part): NonNullable<CompositionSection['emptyReason']> {
  if (part.nilKnown === undefined) return concept('emptyReason', 'unavailable', 'Unavailable');
  return { coding: [coding('emptyReason', 'nilknown', 'Nil Known')], text: part.nilKnown };
}

/** Two parts of one section, the first first. */
export function joined(first: Part, second: Part): Part {
  return {
    lines: [...first.lines, ...second.lines],
    entries: [...first.entries, ...second.entries],
    others: [...(first.others ?? []), ...(second.others ?? [])],
    ...present({ nilKnown: first.nilKnown ?? second.nilKnown }),
  };
}
