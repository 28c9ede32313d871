import { concat, parseUtf8, utf8 } from './bytes.ts';
import { ProtocolError } from './errors.ts';

/**
 * The zip form of a courier file: members stored one behind the other, and nothing that two readers could take in two
 * ways. Flags are 0, both headers of a member say the same, and every byte belongs to exactly one field: no comment, no
 * extra field, no data descriptor, no gap, no byte before or after (Spec §8).
 */
export interface ZipMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const localSignature = 0x04034b50;
const centralSignature = 0x02014b50;
const endSignature = 0x06054b50;
const localHeaderBytes = 30;
const centralHeaderBytes = 46;
const endBytes = 22;
/** "Version needed" 2.0 and 1980-01-01T00:00: a courier file tells no time of its own. */
const version = 20;
const date = 0x21;
const uint32Max = 0xffff_ffff;
const membersMax = 65_534;
const nameBytesMax = 64;

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit += 1) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/** CRC-32 of zip (ISO 3309, reflected 0xedb88320). It finds accidents; forgery is what the signatures are for. */
export function crc32(bytes: Uint8Array): number {
  let crc = uint32Max;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ uint32Max) >>> 0;
}

/** Writes members in the order given; fails above 4 GiB or 65,534 members. */
export function writeZip(members: readonly ZipMember[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes } of members) {
    const nameBytes = utf8(name);
    const common = commonHeader(crc32(bytes), bytes.length, nameBytes.length);
    parts.push(uint32(localSignature), common, nameBytes, bytes);
    directory.push(uint32(centralSignature), uint16(version), common, uint16(0, 0, 0), uint32(0, offset), nameBytes);
    offset += localHeaderBytes + nameBytes.length + bytes.length;
  }
  const central = join(directory);
  if (offset + central.length > uint32Max || members.length > membersMax)
    throw new ProtocolError('too-large', 'a courier file above 4 GiB');
  const count = members.length;
  return join([
    ...parts,
    central,
    uint32(endSignature),
    uint16(0, 0, count, count),
    uint32(central.length, offset),
    uint16(0),
  ]);
}

/** Reads members in file order, as views of `file`; fails for every file that is not exactly of the form above. */
export function readZip(file: Uint8Array): readonly ZipMember[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const end = file.length - endBytes;
  if (end < 0 || view.getUint32(end, true) !== endSignature) throw malformed('an end record at the end');
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  const endFields = [view.getUint16(end + 4, true), view.getUint16(end + 6, true), view.getUint16(end + 20, true)];
  if (endFields.some((field) => field !== 0) || view.getUint16(end + 8, true) !== count || count > membersMax)
    throw malformed('one disk and no comment');
  if (start + view.getUint32(end + 12, true) !== end) throw malformed('a directory just before the end record');
  const members: ZipMember[] = [];
  let local = 0;
  let central = start;
  for (let i = 0; i < count; i += 1) {
    const entry = readCentral(view, central, end, local);
    const member = readMember(file, view, entry, central, start);
    members.push(member);
    local = entry.dataAt + entry.size;
    central += centralHeaderBytes + entry.nameLength;
  }
  if (local !== start || central !== end) throw malformed('members and directory without a gap');
  return members;
}

interface Entry {
  readonly crc: number;
  readonly size: number;
  readonly nameLength: number;
  readonly localAt: number;
  readonly dataAt: number;
}

function readCentral(view: DataView, at: number, end: number, localAt: number): Entry {
  if (at + centralHeaderBytes > end || view.getUint32(at, true) !== centralSignature)
    throw malformed('a directory entry');
  const nameLength = view.getUint16(at + 28, true);
  const size = view.getUint32(at + 20, true);
  if (
    view.getUint16(at + 8, true) !== 0 ||
    view.getUint16(at + 10, true) !== 0 ||
    view.getUint32(at + 24, true) !== size
  )
    throw malformed('stored members with flags 0');
  // Extra length, comment length, disk, internal attributes; then the offset of the member just where the last one ended.
  if ([30, 32, 34, 36].some((field) => view.getUint16(at + field, true) !== 0)) throw malformed('no extra field');
  if (view.getUint32(at + 42, true) !== localAt) throw malformed('members one behind the other');
  if (nameLength > nameBytesMax || at + centralHeaderBytes + nameLength > end) throw malformed('a short name');
  return {
    crc: view.getUint32(at + 16, true),
    size,
    nameLength,
    localAt,
    dataAt: localAt + localHeaderBytes + nameLength,
  };
}

function readMember(file: Uint8Array, view: DataView, entry: Entry, central: number, start: number): ZipMember {
  const { localAt, dataAt, size, nameLength } = entry;
  if (dataAt + size > start || view.getUint32(localAt, true) !== localSignature) throw malformed('a member');
  // From "version needed" to the extra length, the two headers have the same fields in the same order.
  for (let i = 0; i < localHeaderBytes - 4; i += 1)
    if (file[localAt + 4 + i] !== file[central + 6 + i]) throw malformed('two headers that say the same');
  for (let i = 0; i < nameLength; i += 1)
    if (file[localAt + localHeaderBytes + i] !== file[central + centralHeaderBytes + i])
      throw malformed('two headers with the same name');
  const bytes = file.subarray(dataAt, dataAt + size);
  if (crc32(bytes) !== entry.crc) throw new ProtocolError('digest-mismatch', 'a member of the courier file is damaged');
  return { name: parseUtf8(file.subarray(localAt + localHeaderBytes, dataAt)), bytes };
}

/** The 26 bytes that both headers share: version, flags, method, time, date, CRC, two sizes, two lengths. */
function commonHeader(crc: number, size: number, nameLength: number): Uint8Array {
  return concat(uint16(version, 0, 0, 0, date), uint32(crc, size, size), uint16(nameLength, 0));
}

/** As `concat`, for more parts than a call has room for arguments. */
function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function uint16(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value & 0xff, value >>> 8]));
}

function uint32(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((v) => [v & 0xff, (v >>> 8) & 0xff, (v >>> 16) & 0xff, v >>> 24]));
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('malformed-message', `expected a courier file: ${what}`);
}
