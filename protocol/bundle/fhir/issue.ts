import type { JsonObject } from '../../json.ts';

/**
 * One fault of a bundle. `expression` names the element as FHIRPath does
 * (`Bundle.entry[3].resource.ofType(Patient).birthDate`); neither it nor `diagnostics` quotes a value (Spec bundle §7).
 */
export interface Issue {
  readonly severity: 'error' | 'warning';
  readonly code: IssueCode;
  readonly expression: string;
  readonly diagnostics: string;
}

/** The codes of FHIR's issue-type that we use. */
export type IssueCode =
  | 'structure'
  | 'required'
  | 'value'
  | 'invariant'
  | 'code-invalid'
  | 'duplicate'
  | 'not-found'
  | 'business-rule'
  | 'extension'
  | 'security'
  | 'too-long'
  | 'not-supported';

/** More faults than this are counted, not listed (Spec bundle §7). */
export const issuesMax = 100;

/** Takes the issues of one bundle; above the limit it only remembers that there were more. */
export class Issues {
  readonly list: Issue[] = [];
  left = 0;

  add(code: IssueCode, expression: string, diagnostics: string): void {
    this.put({ severity: 'error', code, expression, diagnostics });
  }

  warn(code: IssueCode, expression: string, diagnostics: string): void {
    this.put({ severity: 'warning', code, expression, diagnostics });
  }

  get full(): boolean {
    return this.list.length >= issuesMax;
  }

  private put(issue: Issue): void {
    if (this.full) this.left += 1;
    else this.list.push(issue);
  }
}

/** The answer to a bundle that was refused: a FHIR R4 OperationOutcome with every issue (Spec bundle §6). */
export function operationOutcome(issues: readonly Issue[]): JsonObject {
  return {
    resourceType: 'OperationOutcome',
    issue: issues.map(({ severity, code, expression, diagnostics }) => ({
      severity,
      code,
      diagnostics,
      expression: [expression],
    })),
  };
}
