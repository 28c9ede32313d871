import { concat, equalBytes, lengthPrefixed, parseBase64Url, toBase64Url, utf8 } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { parseIdentityVkey } from './card.ts';
import { pairingBodyBytesMax } from './http/limits.ts';
import { parseNodeName, parseNodeUrl, type NodeName, type NodeUrl } from './ids.ts';
import { parseUnix, unixOf, type Instant } from './instant.ts';
import { messageRules, parseJsonObject, type JsonObject, type JsonRules } from './json.ts';
import type { LogCrypto } from './log/crypto.ts';
import { formatVkey, noteBytesMax, type NoteKey } from './log/note.ts';
import { bytesOf, checkMembers, flagOf, textOf } from './members.ts';
import { words } from './words.ts';

/** What the host shows as a link and a QR code (Spec §2). */
export interface Invitation {
  readonly url: NodeUrl;
  readonly name: NodeName;
  readonly identity: NoteKey;
  /** 16 random bytes: the run's name, and what its path carries. */
  readonly id: Uint8Array;
  readonly expires: Instant;
}

/** The three steps, guest to host. `identity` is the vkey that the guest's card is signed with. */
export type PairRequest =
  | { readonly step: 1; readonly card: string; readonly commit: Uint8Array; readonly identity: string | undefined }
  | { readonly step: 2; readonly random: Uint8Array }
  | { readonly step: 3; readonly confirm: Uint8Array };

export type PairAnswer =
  | { readonly step: 1; readonly card: string; readonly random: Uint8Array }
  | { readonly step: 2 }
  | { readonly step: 3; readonly confirmed: boolean };

/** Everything that the six words stand for. */
export interface Run {
  readonly id: Uint8Array;
  readonly hostCard: string;
  readonly guestCard: string;
  readonly hostRandom: Uint8Array;
  readonly guestRandom: Uint8Array;
}

export const invitationLifetimeMs = 86_400_000;
export const invitationIdBytes = 16;
export const pairRandomBytes = 32;
const digestBytes = 32;
const wordCount = 6;
const wordBits = 11;
const safetyRounds = 5200;
const safetyGroups = 12;
const linkLengthMax = 1024;
const linkForm = /^fernpost:pair\?u=([^&]+)&n=([^&]+)&k=([^&]+)&i=([^&]+)&e=([^&]+)$/;
const pairRules: JsonRules = {
  ...messageRules,
  bytesMax: pairingBodyBytesMax,
  depthMax: 1,
  nodesMax: 8,
  stringBytesMax: noteBytesMax,
};

export function writeInvitation(invitation: Invitation): string {
  const { url, name, identity, id, expires } = invitation;
  const values = [url, name, formatVkey(identity), toBase64Url(id), String(unixOf(expires))].map(percent);
  return `fernpost:pair?${['u', 'n', 'k', 'i', 'e'].map((key, i) => `${key}=${values[i] ?? ''}`).join('&')}`;
}

/** Reads an invitation in its one spelling; fails unless the identity key bears the host's name (Spec §2). */
export function parseInvitation(link: string, crypto: LogCrypto): Invitation {
  const [, url, name, vkey, id, expires] = (link.length > linkLengthMax ? null : linkForm.exec(link)) ?? [];
  if (url === undefined || name === undefined || vkey === undefined || id === undefined || expires === undefined)
    throw malformed('an invitation link');
  const invitation = {
    url: parseNodeUrl(unpercent(url)),
    name: parseNodeName(unpercent(name)),
    identity: parseIdentityVkey(unpercent(vkey), crypto),
    id: parseBase64Url(id, invitationIdBytes),
    expires: parseUnix(expires),
  };
  if (invitation.identity.name !== invitation.name) throw malformed("the host's own identity key");
  if (writeInvitation(invitation) !== link) throw malformed('an invitation in its one spelling');
  return invitation;
}

/** What binds the guest to its random value before it sees the host's (Spec §2). */
export function commitTo(id: Uint8Array, guestRandom: Uint8Array, crypto: Pick<LogCrypto, 'sha256'>): Uint8Array {
  return crypto.sha256(concat(utf8('fernpost/pair-commit/v1\n'), id, guestRandom));
}

/** Fails unless the guest's random value is the one it committed to: it may have been chosen for its words. */
export function checkCommitment(
  commit: Uint8Array,
  id: Uint8Array,
  guestRandom: Uint8Array,
  crypto: Pick<LogCrypto, 'sha256'>,
): void {
  if (guestRandom.length !== pairRandomBytes || !equalBytes(commit, commitTo(id, guestRandom, crypto)))
    throw new ProtocolError('commitment-mismatch', 'not the random value that was committed to');
}

/** The bytes of T before hashing (Spec §2). */
export function transcriptInput(run: Run): Uint8Array {
  return concat(
    utf8('fernpost/pair/v1\n'),
    lengthPrefixed(run.id),
    lengthPrefixed(run.hostCard),
    lengthPrefixed(run.guestCard),
    run.hostRandom,
    run.guestRandom,
  );
}

export function transcript(run: Run, crypto: Pick<LogCrypto, 'sha256'>): Uint8Array {
  return crypto.sha256(transcriptInput(run));
}

/** The first 66 bits of T as six words, 11 bits each (Spec §2). */
export function sixWords(transcriptHash: Uint8Array): readonly string[] {
  if (transcriptHash.length !== digestBytes) throw malformed('a transcript of 32 bytes');
  return Array.from({ length: wordCount }, (_, i) => {
    const bits = Array.from({ length: wordBits }, (__, bit) => bitOf(transcriptHash, i * wordBits + bit));
    return words[bits.reduce((value, bit) => value * 2 + bit, 0)] ?? '';
  });
}

/** Twelve groups of five digits that two administrators compare on the telephone; slow on purpose (Spec §2). */
export function safetyNumber(
  a: { readonly name: NodeName; readonly key: Uint8Array },
  b: { readonly name: NodeName; readonly key: Uint8Array },
  sha512: (bytes: Uint8Array) => Uint8Array,
): string {
  const [first, second] = a.name < b.name ? [a, b] : [b, a];
  const input = concat(lengthPrefixed(first.name), first.key, lengthPrefixed(second.name), second.key);
  let hash = sha512(concat(utf8('fernpost/safety/v1\n'), input));
  for (let round = 0; round < safetyRounds; round += 1) hash = sha512(concat(hash, first.key, second.key));
  return Array.from({ length: safetyGroups }, (_, g) => {
    const value = hash.subarray(5 * g, 5 * g + 5).reduce((sum, byte) => sum * 256 + byte, 0);
    return String(value % 100_000).padStart(5, '0');
  }).join(' ');
}

export function writePairRequest(request: PairRequest): Uint8Array {
  switch (request.step) {
    case 1: {
      const { card, identity } = request;
      return json({ v: 1, card, commit: toBase64Url(request.commit), ...(identity === undefined ? {} : { identity }) });
    }
    case 2:
      return json({ v: 1, random: toBase64Url(request.random) });
    case 3:
      return json({ v: 1, confirm: toBase64Url(request.confirm) });
  }
}

/** Reads the body of a step; which one it is, its members tell (Spec §2). The card in it is not yet checked. */
export function parsePairRequest(bytes: Uint8Array): PairRequest {
  const object = parseJsonObject(bytes, pairRules);
  if (object['card'] !== undefined) {
    checkMembers(object, ['v', 'card', 'commit'], ['identity']);
    const identity = object['identity'] === undefined ? undefined : textOf(object, 'identity');
    return { step: 1, card: textOf(object, 'card'), commit: bytesOf(object, 'commit', digestBytes), identity };
  }
  if (object['random'] !== undefined) {
    checkMembers(object, ['v', 'random']);
    return { step: 2, random: bytesOf(object, 'random', pairRandomBytes) };
  }
  checkMembers(object, ['v', 'confirm']);
  return { step: 3, confirm: bytesOf(object, 'confirm', digestBytes) };
}

export function writePairAnswer(answer: PairAnswer): Uint8Array {
  switch (answer.step) {
    case 1:
      return json({ v: 1, card: answer.card, random: toBase64Url(answer.random) });
    case 2:
      return json({ v: 1 });
    case 3:
      return json({ v: 1, confirmed: answer.confirmed });
  }
}

/** Reads the answer to a step: the asker knows which. */
export function parsePairAnswer<Step extends 1 | 2 | 3>(step: Step, bytes: Uint8Array): PairAnswer & { step: Step };
export function parsePairAnswer(step: 1 | 2 | 3, bytes: Uint8Array): PairAnswer {
  const object = parseJsonObject(bytes, pairRules);
  switch (step) {
    case 1:
      checkMembers(object, ['v', 'card', 'random']);
      return { step, card: textOf(object, 'card'), random: bytesOf(object, 'random', pairRandomBytes) };
    case 2:
      checkMembers(object, ['v']);
      return { step };
    case 3:
      checkMembers(object, ['v', 'confirmed']);
      return { step, confirmed: flagOf(object, 'confirmed') };
  }
}

function json(object: JsonObject): Uint8Array {
  return utf8(JSON.stringify(object));
}

/** All but the unreserved characters of RFC 3986. */
function percent(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function unpercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new ProtocolError('malformed-pairing', 'expected percent-encoded text', { cause });
  }
}

function bitOf(bytes: Uint8Array, at: number): number {
  return ((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('malformed-pairing', `expected ${what}`);
}
