import { parseReferralId, type ReferralId } from '../../../../protocol/ids.ts';
import { ProtocolError } from '../../../../protocol/errors.ts';

const idsMax = 50;

/** The referrals that a page's script asks for by `id`; what is no id is passed over. */
export function readIds(query: URLSearchParams): readonly ReferralId[] {
  return query
    .getAll('id')
    .slice(0, idsMax)
    .flatMap((text) => {
      try {
        return [parseReferralId(text)];
      } catch (error) {
        if (error instanceof ProtocolError) return [];
        throw error;
      }
    });
}
