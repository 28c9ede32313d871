import { equalBytes, parseBase64Url, toBase64Url, utf8 } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { parseOrigin, type Origin } from '../ids.ts';
import { canonicalJson, messageRules, parseJsonObject, type JsonObject, type JsonRules } from '../json.ts';
import { parseRecordX, type RecordX } from './entry.ts';

/** The record of one bundle, made by its sender; `sent`, `received`, `refused` and `withdrawn` share it (Spec §6). */
export interface SentRecord {
  readonly from: Origin;
  readonly to: Origin;
  /** SHA-256 of the manifest's bytes. */
  readonly manifest: Uint8Array;
  /** x of the `sent` leaf of seq - 1 in this direction; none for seq 1. */
  readonly prev: RecordX | undefined;
  readonly salt: Uint8Array;
  readonly seq: number;
}

/** A serial of the node's card; without salt, so that every peer can check it. */
export interface KeyRecord {
  readonly card: Uint8Array;
  readonly serial: number;
}

/** The first leaf of the log that follows a lost one, a `key` leaf as well. */
export interface SuccessorRecord extends KeyRecord {
  readonly old: Origin;
  readonly reason: string;
  readonly root: Uint8Array;
  readonly size: number;
}

/** A `local` or `noop` record: it leaves the node only to auditors. */
export interface LocalRecord {
  readonly kind: LocalKind;
  readonly salt: Uint8Array;
  readonly members: Readonly<Record<string, string | number>>;
}

/** Spec §6; `noop` is the kind of a `noop` leaf, the others are of `local` leaves. */
export const localKinds = ['alert', 'audit', 'witness', 'shred', 'restore', 'override', 'noop'] as const;
export type LocalKind = (typeof localKinds)[number];

const digestBytes = 32;
const membersMax = 16;
const memberForm = /^[a-z][A-Za-z0-9]{0,31}$/;
const reasonForm = /^[a-z][a-z0-9-]{0,63}$/;
const recordRules: JsonRules = { ...messageRules, bytesMax: 4096, depthMax: 1, nodesMax: 64 };

export function writeSentRecord(record: SentRecord): Uint8Array {
  const bytes = write({
    from: record.from,
    manifest: toBase64Url(record.manifest),
    prev: record.prev ?? '',
    salt: toBase64Url(record.salt),
    seq: record.seq,
    to: record.to,
  });
  parseSentRecord(bytes);
  return bytes;
}

/** Reads a record in its one byte form; fails unless seq counts from 1 and exactly seq 1 has no `prev` (Spec §6). */
export function parseSentRecord(bytes: Uint8Array): SentRecord {
  const object = read(bytes, ['from', 'manifest', 'prev', 'salt', 'seq', 'to']);
  const prev = text(object, 'prev');
  const seq = count(object, 'seq');
  if (seq < 1 || (seq === 1) !== (prev === '')) throw malformed('seq 1 has no prev, and every other seq has one');
  return {
    from: parseOrigin(text(object, 'from')),
    to: parseOrigin(text(object, 'to')),
    manifest: digest(object, 'manifest'),
    prev: prev === '' ? undefined : parseRecordX(prev),
    salt: digest(object, 'salt'),
    seq,
  };
}

export function writeKeyRecord(record: KeyRecord): Uint8Array {
  return write({ card: toBase64Url(record.card), serial: record.serial });
}

export function parseKeyRecord(bytes: Uint8Array): KeyRecord {
  const object = read(bytes, ['card', 'serial']);
  return { card: digest(object, 'card'), serial: count(object, 'serial') };
}

export function writeSuccessorRecord(record: SuccessorRecord): Uint8Array {
  const bytes = write({
    card: toBase64Url(record.card),
    old: record.old,
    reason: record.reason,
    root: toBase64Url(record.root),
    serial: record.serial,
    size: record.size,
  });
  parseSuccessorRecord(bytes);
  return bytes;
}

export function parseSuccessorRecord(bytes: Uint8Array): SuccessorRecord {
  const object = read(bytes, ['card', 'old', 'reason', 'root', 'serial', 'size']);
  const reason = text(object, 'reason');
  if (!reasonForm.test(reason)) throw malformed('expected a reason code');
  return {
    card: digest(object, 'card'),
    old: parseOrigin(text(object, 'old')),
    reason,
    root: digest(object, 'root'),
    serial: count(object, 'serial'),
    size: count(object, 'size'),
  };
}

export function writeLocalRecord(record: LocalRecord): Uint8Array {
  const bytes = write({ ...record.members, kind: record.kind, salt: toBase64Url(record.salt) });
  parseLocalRecord(bytes);
  return bytes;
}

/** Reads a local record: kind, salt and up to 16 further members, integers or plain ASCII (Spec §6). */
export function parseLocalRecord(bytes: Uint8Array): LocalRecord {
  const object = read(bytes, undefined);
  const kind = localKinds.find((known) => known === object['kind']);
  if (kind === undefined) throw malformed('a local record of an unknown kind');
  const members = Object.entries(object).filter(([name]) => !['kind', 'salt', 'v'].includes(name));
  if (members.length > membersMax || !members.every(([name]) => memberForm.test(name)))
    throw malformed('at most 16 further members with plain names');
  return { kind, salt: digest(object, 'salt'), members: Object.fromEntries(members) };
}

type Members = Readonly<Record<string, string | number>>;

function write(members: Members): Uint8Array {
  return utf8(canonicalJson({ ...members, v: 1 }));
}

/** Parses, checks the version and the member names, and holds the bytes against their one spelling. */
function read(bytes: Uint8Array, names: readonly string[] | undefined): Members {
  const { v, ...object } = flat(parseJsonObject(bytes, recordRules));
  if (typeof v !== 'number') throw malformed('expected a version');
  if (v !== 1) throw new ProtocolError('unknown-version', 'a record of another version');
  const found = Object.keys(object);
  if (names !== undefined && (found.length !== names.length || !names.every((name) => name in object)))
    throw malformed(`expected exactly the members v ${names.join(' ')}`);
  if (!equalBytes(write(object), bytes)) throw malformed('not in canonical form');
  return object;
}

function flat(object: JsonObject): Members {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => {
      if (typeof value !== 'string' && typeof value !== 'number') throw malformed('a member of another kind');
      return [name, value];
    }),
  );
}

function text(object: Members, name: string): string {
  const value = object[name];
  if (typeof value !== 'string') throw malformed(`expected text in ${name}`);
  return value;
}

function count(object: Members, name: string): number {
  const value = object[name];
  if (typeof value !== 'number') throw malformed(`expected a number in ${name}`);
  return value;
}

function digest(object: Members, name: string): Uint8Array {
  return parseBase64Url(text(object, name), digestBytes);
}

function malformed(why: string): ProtocolError {
  return new ProtocolError('malformed-record', why);
}
