import type { Attachment } from '../../../records/model.ts';
import type { ReviewAttachment } from '../../../referrals/review/review.ts';
import { url } from '../../urls.ts';
import type { FilePlace } from './review-body.tsx';

const pictureTypes: ReadonlySet<string> = new Set(['image/png', 'image/jpeg']);

/** Where the files of a referral lie before it is sent, and at its sender: they are our own patient's. */
export function ownPlace(attachments: readonly Attachment[]): (attachment: ReviewAttachment) => FilePlace {
  const held = new Map<string, Attachment>(attachments.map((one) => [one.id, one]));
  return ({ id }) => {
    const own = held.get(id);
    if (own === undefined) return { picture: undefined, download: undefined };
    const isPicture = pictureTypes.has(own.contentType.toLowerCase()) && !own.downloadOnly;
    return {
      picture: isPicture ? url('attachment-image', { attachment: id }) : undefined,
      download: url('attachment-file', { attachment: id }),
    };
  };
}
