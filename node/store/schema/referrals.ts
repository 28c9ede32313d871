export interface ReferralTables {
  referral_placeholder: { id: string };
}

/** Creates the tables above, in order, on an empty database (migration 1). */
export const createReferralTables: readonly string[] = [];
