import * as v from 'valibot';
import { ProtocolError } from '../../protocol/errors.ts';
import { isUuid, parseAttachmentId, parseNodeName, parseReferralId } from '../../protocol/ids.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import type { ConsultationId } from '../records/model.ts';

/** Fields that the inputs of operations share. Lengths are generous: each feature has its own, narrower limit. */
const textLettersMax = 64_000;
const listItemsMax = 200;

export const text = v.pipe(v.string(), v.nonEmpty('must not be empty'), v.maxLength(textLettersMax, 'is too long'));
export const texts = v.pipe(v.array(text), v.maxLength(listItemsMax, `has more than ${listItemsMax} items`));
export const nodeName = named(parseNodeName, 'expected the name of a node, such as alder.example');
export const referralId = named(parseReferralId, 'expected the id of a referral, a lower-case UUID');
export const attachmentId = named(parseAttachmentId, 'expected the id of an attachment, a lower-case UUID');
export const consultationId = v.pipe(
  v.string(),
  v.check(isUuid, 'expected the id of a consultation, a lower-case UUID'),
  v.transform((id) => id as ConsultationId),
);
/** RFC 3339 with a zone, to the second or finer. */
export const moment = v.pipe(
  v.string(),
  v.check((given) => readMoment(given) !== undefined, 'expected a time with zone, such as 2026-11-20T09:30:00Z'),
  v.transform((given) => readMoment(given) ?? instantOfMs(0)),
);

const momentForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** Reads a time that a person wrote; `undefined` when it has another form or does not exist. */
export function readMoment(given: string): Instant | undefined {
  const ms = momentForm.test(given) ? Date.parse(given) : Number.NaN;
  return Number.isSafeInteger(ms) ? instantOfMs(ms) : undefined;
}

/** A moment as people and programs read it: UTC, to the millisecond. */
export function timeText(at: number): string {
  return new Date(at).toISOString();
}

function named<Value extends string>(parse: (given: string) => Value, message: string) {
  const reads = (given: string): boolean => {
    try {
      parse(given);
      return true;
    } catch (error) {
      if (error instanceof ProtocolError) return false;
      throw error;
    }
  };
  return v.pipe(v.string(), v.check(reads, message), v.transform(parse));
}
