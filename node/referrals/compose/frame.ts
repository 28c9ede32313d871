import type { Organization, Patient, PractitionerRole, Reference, Resource } from '@medplum/fhirtypes';
import type { Instant } from '../../../protocol/instant.ts';
import type { NodeName } from '../../../protocol/ids.ts';

/** What every part of one referral refers to. */
export interface Frame {
  /** The sending hospital, whose Identifier systems are used. */
  readonly node: NodeName;
  readonly uuid: () => string;
  readonly write: (instant: Instant) => string;
  readonly now: Instant;
  readonly patient: Reference<Patient>;
  readonly hospital: Reference<Organization>;
  readonly author: Reference<PractitionerRole>;
}

/** One section of the Composition and the resources behind it. */
export interface Part {
  /** The narrative, line by line; none when nothing is known. */
  readonly lines: readonly string[];
  /** The resources that the section names. */
  readonly entries: readonly Resource[];
  /** Resources that only these refer to. */
  readonly others?: readonly Resource[];
  /** Set when the hospital said that there is nothing: its words. */
  readonly nilKnown?: string;
}
