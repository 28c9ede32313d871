import { parseProblem, type Problem } from '../../protocol/http/problem.ts';
import type { SignedAnswer } from '../peers/transport.ts';

/** How one try to deliver ended. */
export type Outcome =
  | {
      readonly kind: 'delivered';
      readonly proof: string;
      readonly size: number;
      /** Settles when the cosignature that came with the receipt is stored. */
      readonly cosigned?: Promise<unknown>;
    }
  | { readonly kind: 'refused'; readonly proof: string; readonly size: number; readonly problem: Problem }
  | { readonly kind: 'withdrawn' }
  /** The receiver destroyed the key this was sealed to: seal anew under another uuid. */
  | { readonly kind: 'key-gone' }
  | { readonly kind: 'poison'; readonly problem: Problem; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'verifying'; readonly waitMs: number | undefined }
  | { readonly kind: 'again'; readonly problem: Problem | undefined; readonly retryAfterMs?: number | undefined };

/** What a signed answer to a part means for the delivery: try again later, or give up (Spec §5, §3). */
export function outcomeOf(answer: SignedAnswer): Outcome {
  const problem: Problem = parseProblem(answer.body);
  if (problem.code === 'REC_WITHDRAWN') return { kind: 'withdrawn' };
  if (problem.code === 'REC_KEY_GONE') return { kind: 'key-gone' };
  return { kind: isPoison(problem) ? 'poison' : 'again', problem, retryAfterMs: answer.retryAfterMs };
}

/** Answers that the same bytes will get for ever: the bundle is set aside with its reason, and the queue moves on. */
const poisonCodes: ReadonlySet<string> = new Set([
  'SEND_MALFORMED',
  'SEND_NOT_YOURS',
  'SEND_DOWNGRADE',
  'SEND_TOO_LARGE',
  'SEND_MEDIA_TYPE',
  'SEND_ENCODED',
  'SEND_LENGTH',
  'REC_VERSION',
  'REC_OTHER_BYTES',
  'REC_SEAL',
  'REC_COMMITMENT',
  'REC_CONTENT',
]);

function isPoison(problem: Problem): boolean {
  return poisonCodes.has(problem.code);
}
