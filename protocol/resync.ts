import { utf8 } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { parseJsonObject } from './json.ts';
import { parseRecordX, type RecordX } from './log/entry.ts';
import { checkMembers, countOf, listOf, objectOf, textOf } from './members.ts';
import { readRanges, type Range } from './messages.ts';

/** What a node tells a peer after a start: the peer's seqs it holds with content, and its own highest (Spec §7). */
export interface ResyncRequest {
  readonly have: readonly Range[];
  readonly top: number;
}

/** What the peer will send again, its own highest seq, and the asker's highest that it has seen, with its x. */
export interface ResyncAnswer {
  readonly resend: readonly number[];
  readonly top: number;
  readonly yours: { readonly top: number; readonly x: RecordX | undefined };
}

const resendMax = 10_000;

export function writeResyncRequest({ have, top }: ResyncRequest): Uint8Array {
  return utf8(JSON.stringify({ v: 1, have, top }));
}

export function parseResyncRequest(bytes: Uint8Array): ResyncRequest {
  const object = parseJsonObject(bytes);
  checkMembers(object, ['v', 'have', 'top']);
  return { have: readRanges(object['have'], 1, Number.MAX_SAFE_INTEGER), top: countOf(object, 'top') };
}

/** Before anything was seen, `yours` is seq 0 with an empty x, as an empty `prev` stands in a record. */
export function writeResyncAnswer({ resend, top, yours }: ResyncAnswer): Uint8Array {
  return utf8(JSON.stringify({ v: 1, resend, top, yours: { top: yours.top, x: yours.x ?? '' } }));
}

export function parseResyncAnswer(bytes: Uint8Array): ResyncAnswer {
  const object = parseJsonObject(bytes);
  checkMembers(object, ['v', 'resend', 'top', 'yours']);
  const yours = objectOf(object['yours']);
  checkMembers(yours, ['top', 'x']);
  const seen = countOf(yours, 'top');
  const x = textOf(yours, 'x');
  if ((seen === 0) !== (x === '')) throw malformed('an x for every seq but 0');
  let least = 1;
  const resend = listOf(object, 'resend', resendMax).map((seq) => {
    if (typeof seq !== 'number' || seq < least) throw malformed('rising seqs');
    least = seq + 1;
    return seq;
  });
  return { resend, top: countOf(object, 'top'), yours: { top: seen, x: x === '' ? undefined : parseRecordX(x) } };
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('malformed-message', `expected ${what}`);
}
