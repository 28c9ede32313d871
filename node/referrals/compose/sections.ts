import type { CompositionSection } from '@medplum/fhirtypes';
import type { Part } from './frame.ts';
import { narrative } from './narrative.ts';
import { coding, concept } from './terms.ts';
import { present, referenceOf, textsOf } from './values.ts';

/** The sections of a referral note in their order, with their LOINC codes (clinical.md §3). */
const sections = {
  reason: ['Reason for referral', '42349-1'],
  visits: ['Consultations', '46240-8'],
  problems: ['Problem list', '11450-4'],
  allergies: ['Allergies', '48765-2'],
  medicines: ['Medication use', '10160-0'],
  immunizations: ['Immunizations', '11369-6'],
  familyHistory: ['Family history', '10157-6'],
  procedures: ['Procedures', '47519-4'],
  vitalSigns: ['Vital signs', '8716-3'],
  results: ['Results', '30954-2'],
  imaging: ['Imaging', '18748-4'],
  papers: ['Attached documents', '77599-9'],
  payers: ['Payers', '48768-6'],
  alerts: ['Alerts', '104605-1'],
} as const;

export type SectionName = keyof typeof sections;

/** These two stand only where there is something in them; every other section says in so many words that it is empty. */
const optionalSections: ReadonlySet<string> = new Set<SectionName>(['visits', 'papers']);

const nothing: Part = { lines: [], entries: [] };

/** The table of contents: every section is there, and an empty one says why (clinical.md §3). */
export function compositionSections(parts: Readonly<Partial<Record<SectionName, Part>>>): CompositionSection[] {
  return Object.entries(sections).flatMap(([name, [title, code]]) => {
    const part = parts[name as SectionName] ?? nothing;
    const empty = part.entries.length === 0 && part.nilKnown === undefined;
    if (empty && optionalSections.has(name)) return [];
    return [
      {
        title,
        code: concept('loinc', code),
        text: narrative(textsOf(part.lines).length === 0 ? ['Nothing is recorded.'] : textsOf(part.lines)),
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
