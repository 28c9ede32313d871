import type { CodeableConcept, Coverage, Organization, Period } from '@medplum/fhirtypes';
import { ourBase } from '../../../protocol/bundle/fhir/terms.ts';
import type { Insurance } from '../../records/model.ts';
import type { Frame, Part } from './frame.ts';
import { concept } from './terms.ts';
import { dateOf, present, referenceOf, textOf } from './values.ts';

/** Words that a hospital writes in the column of the insurer when there is none. */
const selfPayForm = /^self[ -]?pay(?:er|ing|ment)?$/i;

/** Who pays: an insurer, or the patient where the hospital said so (Spec bundle §3). Nothing told gives an empty part. */
export function coveragePart(insurance: Insurance | undefined, frame: Frame): Part {
  const insurer = textOf(insurance?.insurer);
  const policyNumber = textOf(insurance?.policyNumber);
  const from = dateOf(insurance?.validFrom);
  const to = dateOf(insurance?.validTo);
  if (insurer === undefined && policyNumber === undefined && from === undefined && to === undefined)
    return { lines: [], entries: [] };
  const selfPay = insurer !== undefined && selfPayForm.test(insurer.trim());
  const payer = selfPay ? undefined : payerOrganization(insurer, frame);
  const coverage: Coverage = {
    resourceType: 'Coverage',
    id: frame.uuid(),
    ...present({
      identifier:
        policyNumber === undefined ? undefined : [{ system: `${ourBase}/policy-number`, value: policyNumber }],
    }),
    status: 'active',
    type: selfPay ? { text: insurer } : coverageType,
    beneficiary: frame.patient,
    relationship: concept('subscriberRelationship', 'self', 'Self'),
    ...present({ period: periodOf(from, to) }),
    payor: [payer === undefined ? frame.patient : referenceOf(payer)],
  };
  const policy = policyNumber === undefined ? '' : `, policy ${policyNumber}`;
  const valid = from === undefined && to === undefined ? '' : `, valid ${from ?? '…'} to ${to ?? '…'}`;
  return {
    lines: [`${selfPay ? insurer : (payer?.name ?? '')}${policy}${valid}`],
    entries: [coverage],
    others: payer === undefined ? [] : [payer],
  };
}

const coverageType: CodeableConcept = concept('actCode', 'EHCPOL', 'extended healthcare');

/** Coverage needs a payer even when only the number of the policy is known. */
function payerOrganization(insurer: string | undefined, frame: Frame): Organization {
  return {
    resourceType: 'Organization',
    id: frame.uuid(),
    active: true,
    type: [concept('organizationType', 'ins', 'Insurance Company')],
    name: insurer ?? 'Insurer not named',
  };
}

/**
 * A Period whose ends cannot be shown to be in order is no legal Period; the narrative still holds both dates. Dates of
 * unequal precision are compared as far as both go, and must differ there.
 */
function periodOf(start: string | undefined, end: string | undefined): Period | undefined {
  if (start === undefined || end === undefined) {
    const period: Period = present({ start, end });
    return Object.keys(period).length === 0 ? undefined : period;
  }
  const written = Math.min(start.length, end.length);
  const [first, last] = [start.slice(0, written), end.slice(0, written)];
  if (first > last || (first === last && start.length !== end.length)) return undefined;
  return { start, end };
}
