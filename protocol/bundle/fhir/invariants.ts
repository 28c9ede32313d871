import type { Invariant } from './invariant.ts';
import { bundleInvariants } from './invariants-bundle.ts';
import { careInvariants } from './invariants-care.ts';
import { formInvariants } from './invariants-forms.ts';
import { typeInvariants } from './invariants-types.ts';
import type { Issues } from './issue.ts';
import type { Visit } from './structure.ts';

/**
 * The invariants of severity error of R4's data types, its Bundle and its clinical, administrative, workflow and
 * questionnaire resources, by structure. Those of conformance resources (CapabilityStatement, StructureDefinition,
 * TestScript, …) are not here: no referral carries them, and their structure is judged all the same.
 */
const table = new Map<string, readonly Invariant[]>(
  [typeInvariants, careInvariants, formInvariants, bundleInvariants].flatMap((part) => Object.entries(part)),
);

export function checkInvariants(issues: Issues, visit: Visit): void {
  judge(issues, visit, table.get(visit.structure.name) ?? []);
  if (visit.structure.form === 'D') judge(issues, visit, containedInvariants);
}

const containedInvariants = table.get('DomainResource') ?? [];

function judge(issues: Issues, visit: Visit, invariants: readonly Invariant[]): void {
  for (const [key, human, holds, at] of invariants)
    if (!holds(visit))
      issues.add('invariant', at === undefined ? visit.path : `${visit.path}.${at}`, `${key}: ${human}`);
}
