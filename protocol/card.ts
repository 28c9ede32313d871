import { parseBase64Url, toBase64Url, utf8 } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import {
  nodeOfOrigin,
  parseNodeName,
  parseNodeUrl,
  parseOrigin,
  type NodeName,
  type NodeUrl,
  type Origin,
} from './ids.ts';
import { formatInstant, instantOfMs, parseInstant, parseUnix, unixOf, type Instant } from './instant.ts';
import type { LogCrypto, Sign } from './log/crypto.ts';
import {
  formatVkey,
  noteKeyTypes,
  parseNote,
  parseVkey,
  signNote,
  verifySignatureLine,
  type NoteKey,
} from './log/note.ts';

/** What a key on a card is for; sorted, as the card lists them (Spec §1). */
export const keyUses = ['box', 'cosign', 'http', 'xwing'] as const;
export type KeyUse = (typeof keyUses)[number];

export interface CardKey {
  readonly use: KeyUse;
  readonly key: Uint8Array;
  readonly from: Instant;
  readonly until: Instant;
}

export interface RevokedKey {
  readonly use: KeyUse;
  readonly key: Uint8Array;
  readonly at: Instant;
}

export interface CardLog {
  readonly origin: Origin;
  readonly vkey: NoteKey;
  /** Where it is served: `<url>/log`, `<url>/log/2`. */
  readonly prefix: string;
}

/** What a node says of itself (Spec §1). */
export interface CardFields {
  readonly name: NodeName;
  readonly url: NodeUrl;
  /** The moment of signing; a higher one wins. */
  readonly serial: number;
  readonly notAfter: Instant;
  readonly title: string;
  readonly keys: readonly CardKey[];
  readonly revoked: readonly RevokedKey[];
  /** Newest first. */
  readonly logs: readonly CardLog[];
  /** Highest first; ones that we do not know are kept and never chosen. */
  readonly suites: readonly number[];
  /** Bytes of plaintext, all parts. */
  readonly maxBundle: number;
}

/** A card whose identity signature holds. */
export interface Card extends CardFields {
  readonly identityVkey: string;
  readonly note: string;
  readonly sha256: Uint8Array;
}

/** The reader believes no card for longer than this after reading it (Spec §1). */
export const cardLifetimeDaysMax = 90;
/** Revoked keys are listed for so long (Spec §1). */
export const revokedDays = 400;
const titleLengthMax = 100;
const keysMax = 64;
const logsMax = 100;
const suitesMax = 8;
const suiteMax = 255;
const dayMs = 86_400_000;
const keyBytes: Readonly<Record<KeyUse, number>> = { box: 32, cosign: 32, http: 32, xwing: 1216 };
const firstLine = 'fernpost-node/v1';
const numberForm = /^(?:0|[1-9][0-9]{0,15})$/;
/** Control, bidi and line-separating characters, and spaces that are not single: a title stands on one line of a screen. */
const badTitleForm = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|^ | $| {2}/u;

/** Reads a card and believes it: exactly one signature, by the pinned identity key, and every rule of Spec §1. */
export function parseCard(note: string, identityVkey: string, crypto: LogCrypto): Card {
  const identity = parseIdentityVkey(identityVkey, crypto);
  const { text, signatures } = parseNote(note);
  const [signature, ...others] = signatures;
  if (signature === undefined || others.length > 0 || !verifySignatureLine(text, signature, identity, crypto))
    throw new ProtocolError('signature-mismatch', 'a card bears exactly the signature of its identity key');
  const fields = readFields(text, crypto);
  checkFields(fields, identity);
  return { ...fields, identityVkey, note, sha256: crypto.sha256(utf8(note)) };
}

/** Writes and signs a card, its lines put in order; fails where `parseCard` would. */
export function writeCard(fields: CardFields, identity: NoteKey, sign: Sign, crypto: LogCrypto): string {
  const byUse =
    <T extends { use: KeyUse }>(at: (key: T) => Instant) =>
    (a: T, b: T) =>
      a.use === b.use ? at(a) - at(b) : a.use < b.use ? -1 : 1;
  const lines = [
    firstLine,
    `name ${fields.name}`,
    `url ${fields.url}`,
    `serial ${fields.serial}`,
    `not-after ${formatInstant(fields.notAfter)}`,
    `title ${fields.title}`,
    ...fields.keys
      .toSorted(byUse((key) => key.from))
      .map(
        ({ use, key, from, until }) => `key ${use} ${toBase64Url(key)} ${formatInstant(from)} ${formatInstant(until)}`,
      ),
    ...fields.revoked
      .toSorted(byUse((key) => key.at))
      .map(({ use, key, at }) => `revoked ${use} ${toBase64Url(key)} ${formatInstant(at)}`),
    ...fields.logs.map(({ vkey, prefix }) => `log ${formatVkey(vkey)} ${prefix}`),
    `suites ${fields.suites.join(' ')}`,
    `max-bundle ${fields.maxBundle}`,
  ];
  const note = signNote(`${lines.join('\n')}\n`, identity, sign);
  parseCard(note, formatVkey(identity), crypto);
  return note;
}

/** Reads the vkey of an identity key: note type 0x01, named as the node (Spec §1). */
export function parseIdentityVkey(text: string, crypto: LogCrypto): NoteKey {
  const key = parseVkey(text, crypto);
  parseNodeName(key.name);
  if (key.type !== noteKeyTypes.ed25519) throw new ProtocolError('malformed-key', 'an identity key signs notes');
  return key;
}

/** Whether the key may be used now, by the judge's own clock (Spec §1). */
export function isLive(key: Pick<CardKey, 'from' | 'until'>, now: Instant): boolean {
  return key.from <= now && now < key.until;
}

export function findLiveKeys(card: CardFields, use: KeyUse, now: Instant): readonly CardKey[] {
  return card.keys.filter((key) => key.use === use && isLive(key, now));
}

/** Until when a card read at `readAt` may be used for sending: its own word, capped at 90 days (Spec §1). */
export function cardEnd(card: CardFields, readAt: Instant): Instant {
  return instantOfMs(Math.min(card.notAfter, readAt + cardLifetimeDaysMax * dayMs));
}

/** The prefix under which a log of this origin is served. */
export function logPrefix(url: NodeUrl, origin: Origin): string {
  return url + origin.slice(origin.indexOf('/'));
}

/** Takes the lines in the card's one order; each `take` fails for a line that is not there (Spec §1). */
function readFields(text: string, crypto: LogCrypto): CardFields {
  const lines = text.slice(0, -1).split('\n');
  let at = 0;
  const take = (label: string): string => {
    const line = lines[at];
    if (line === undefined || !line.startsWith(`${label} `)) throw malformed(`the line ${label}`);
    at += 1;
    return line.slice(label.length + 1);
  };
  const takeAll = <T>(label: string, countMax: number, read: (rest: readonly string[]) => T): readonly T[] => {
    const found: T[] = [];
    while (lines[at]?.startsWith(`${label} `) === true) {
      if (found.length >= countMax) throw new ProtocolError('too-large', `more than ${countMax} lines ${label}`);
      found.push(read(take(label).split(' ')));
    }
    return found;
  };
  if (lines[at] !== firstLine) throw new ProtocolError('unknown-version', `expected ${firstLine}`);
  at += 1;
  const fields = {
    name: parseNodeName(take('name')),
    url: parseNodeUrl(take('url')),
    serial: unixOf(parseUnix(take('serial'))),
    notAfter: parseInstant(take('not-after')),
    title: parseTitle(take('title')),
    keys: takeAll('key', keysMax, (rest) => readKey(rest, crypto)),
    revoked: takeAll('revoked', keysMax, (rest) => readRevoked(rest)),
    logs: takeAll('log', logsMax, (rest) => readLog(rest, crypto)),
    suites: take('suites')
      .split(' ')
      .map((suite) => parseNumber(suite)),
    maxBundle: parseNumber(take('max-bundle')),
  };
  if (at !== lines.length) throw malformed('nothing after max-bundle');
  return fields;
}

function readKey(rest: readonly string[], crypto: LogCrypto): CardKey {
  const [use, text, from, until] = exactly(rest, 4);
  const known = parseUse(use);
  const key = parseBase64Url(text, keyBytes[known]);
  if ((known === 'http' || known === 'cosign') && !crypto.isGoodKey(key))
    throw new ProtocolError('malformed-key', 'not an Ed25519 key that may be trusted');
  const found = { use: known, key, from: parseInstant(from), until: parseInstant(until) };
  if (found.from >= found.until) throw malformed('a key that lives');
  return found;
}

function readRevoked(rest: readonly string[]): RevokedKey {
  const [use, text, at] = exactly(rest, 3);
  const known = parseUse(use);
  return { use: known, key: parseBase64Url(text, keyBytes[known]), at: parseInstant(at) };
}

function readLog(rest: readonly string[], crypto: LogCrypto): CardLog {
  const [text, prefix] = exactly(rest, 2);
  const vkey = parseVkey(text, crypto);
  if (vkey.type !== noteKeyTypes.ed25519) throw new ProtocolError('malformed-key', 'a log key signs notes');
  return { origin: parseOrigin(vkey.name), vkey, prefix };
}

/** What no single line can show: order, one meaning for each key, and that everything belongs to the one name. */
function checkFields(fields: CardFields, identity: NoteKey): void {
  const { name, url, keys, revoked, logs, suites } = fields;
  if (identity.name !== name) throw malformed('the name of the identity key');
  checkSorted(keys.map(({ use, from }) => ({ use, at: from })));
  checkSorted(revoked);
  const all = [...keys, ...revoked].map(({ key }) => key).concat(logs.map(({ vkey }) => vkey.publicKey));
  const distinct = new Set([...all, identity.publicKey].map((key) => toBase64Url(key)));
  if (distinct.size !== all.length + 1) throw malformed('each key once');
  for (const use of ['box', 'xwing'] as const) checkOneLive(keys.filter((key) => key.use === use));
  // Newest first, none left out: log/3, log/2, log.
  logs.forEach(({ origin, prefix }, i) => {
    const number = logs.length - i;
    if (nodeOfOrigin(origin) !== name || origin !== (number === 1 ? `${name}/log` : `${name}/log/${number}`))
      throw malformed('every log of this node, newest first');
    if (prefix !== logPrefix(url, origin)) throw malformed("a log's prefix under the url");
  });
  if (logs.length === 0) throw malformed('a log');
  const falling = suites.every(
    (suite, i) => suite >= 1 && suite <= suiteMax && suite < (suites[i - 1] ?? suiteMax + 1),
  );
  if (!falling || suites.length > suitesMax) throw malformed('suites, highest first');
}

function checkSorted(keys: readonly { readonly use: KeyUse; readonly at: Instant }[]): void {
  keys.forEach((key, i) => {
    const before = keys[i - 1];
    if (before !== undefined && (before.use > key.use || (before.use === key.use && before.at > key.at)))
      throw malformed('keys sorted by use and time');
  });
}

/** Sorted by `from`: no key may begin while one before it lives. */
function checkOneLive(keys: readonly CardKey[]): void {
  keys.forEach((key, i) => {
    const before = keys[i - 1];
    if (before !== undefined && key.from < before.until) throw malformed(`one live ${key.use} key at a time`);
  });
}

function parseTitle(text: string): string {
  const length = [...text].length;
  if (length < 1 || length > titleLengthMax || badTitleForm.test(text))
    throw malformed('a title of 1 to 100 characters');
  return text;
}

function parseUse(text: string): KeyUse {
  const use = keyUses.find((known) => known === text);
  if (use === undefined) throw malformed('box, cosign, http or xwing');
  return use;
}

function parseNumber(text: string): number {
  const value = numberForm.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw malformed('a decimal number');
  return value;
}

function exactly(rest: readonly string[], count: 2 | 3 | 4): [string, string, string, string] {
  const [a, b, c = '', d = ''] = rest;
  if (rest.length !== count || a === undefined || b === undefined) throw malformed(`${count} words`);
  return [a, b, c, d];
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('malformed-card', `expected ${what}`);
}
