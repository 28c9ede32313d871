import * as v from 'valibot';
import { equalBytes, utf8 } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { parseInstant } from '../../protocol/instant.ts';
import { messageRules, parseJson } from '../../protocol/json.ts';
import type { Keyring } from '../keys/keyring.ts';

export const manifestName = 'backup.json';
export const manifestBytesMax = 16 * 1024;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const file = v.strictObject({ size: count, sha256: digest });
const instant = v.pipe(v.string(), v.check(isInstant));

const schema = v.strictObject({
  v: v.literal(1),
  node: v.string(),
  takenAt: instant,
  /** Of the program that made it, and of the database in it. */
  program: v.string(),
  schema: count,
  /** The head of the exchange log in it. */
  log: v.strictObject({ size: count, root: digest }),
  files: v.strictObject({ 'node.db': file, 'fernpost.json': file, 'blobs.txt': file }),
  /** Files of patients by where they lie; blobs.txt names each. */
  blobs: v.strictObject({
    here: count,
    bytes: count,
    bucket: count,
    removed: count,
    damaged: count,
  }),
  /** Keyed hash over everything above: who has no root key cannot make one up. */
  seal: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
});

/** What a backup holds; its file is written last and makes the backup one. */
export type Manifest = v.InferOutput<typeof schema>;
export type UnsealedManifest = Omit<Manifest, 'seal'>;
export type FileFacts = Manifest['files']['node.db'];

export function sealManifest(manifest: UnsealedManifest, keyring: Pick<Keyring, 'blindTerm'>): Manifest {
  const ordered = v.parse(v.omit(schema, ['seal']), manifest);
  return { ...ordered, seal: sealOf(ordered, keyring) };
}

/** Whether the node with this keyring wrote it. */
export function isSealed({ seal, ...manifest }: Manifest, keyring: Pick<Keyring, 'blindTerm'>): boolean {
  return sealOf(manifest, keyring) === seal;
}

/** One spelling for each manifest, so that each changed byte is noticed. */
export function writeManifest(manifest: Manifest): Uint8Array {
  return utf8(`${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** `undefined` for what `writeManifest` did not write. */
export function parseManifest(bytes: Uint8Array): Manifest | undefined {
  let value: unknown;
  try {
    value = parseJson(bytes, messageRules);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
  const read = v.safeParse(schema, value);
  if (!read.success || !equalBytes(writeManifest(read.output), bytes)) return undefined;
  return read.output;
}

function sealOf(manifest: UnsealedManifest, { blindTerm }: Pick<Keyring, 'blindTerm'>): string {
  return blindTerm('backup-manifest', JSON.stringify(manifest)).toHex();
}

function isInstant(text: string): boolean {
  try {
    parseInstant(text);
    return true;
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}
