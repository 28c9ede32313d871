import { argon2 } from 'node:crypto';
import { concat, parseBase64Url, parseUtf8, toBase64Url, utf8 } from '../../protocol/bytes.ts';
import { decrypt, encrypt, fernetKeyOf } from '../../protocol/crypto/fernet.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { Named } from '../../protocol/ids.ts';
import type { Clock } from '../platform/clock.ts';
import { FileError, type Files } from '../platform/files.ts';
import type { Random } from '../platform/random.ts';
import { KeyError } from './keyring.ts';

/** The key over all keys of one hospital, 32 bytes; it never lies in the database or the bucket. */
export type RootKey = Named<Uint8Array, 'RootKey'>;

/** Where the key lies, and with a passphrase, what opens it there. */
export interface RootKeyPlace {
  readonly path: string;
  readonly passphrase?: string;
}

const rootKeyBytes = 32;
const saltBytes = 16;
const ivBytes = 16;
const checkBytes = 8;
const fileBytesMax = 4096;
const groupAndOthers = 0o077;
const plainHeader = 'fernpost-root-key/v1';
const sealedHeader = 'fernpost-root-key/v1 argon2id';
/** What guessing one passphrase costs (Node §2); written into the file, so that it can rise. */
const guessing = { memoryKib: 64 * 1024, passes: 3, lanes: 1 } as const;
const memoryKibMax = 1024 * 1024;
const passesMax = 32;

/** Makes a new root key file with mode 0600; refuses to write over one, because that would lose every record. */
export async function createRootKey(
  place: RootKeyPlace,
  ports: { readonly files: Files; readonly random: Random; readonly clock: Clock },
): Promise<RootKey> {
  const { files, random, clock } = ports;
  if ((await files.size(place.path)) !== undefined)
    throw new KeyError(
      'exists',
      `${place.path} exists already: a root key is never written over; what an init left that was broken off may be moved away`,
    );
  const key = random.bytes(rootKeyBytes) as RootKey;
  const lines =
    place.passphrase === undefined
      ? [plainHeader, toBase64Url(key), toBase64Url(checkOf(key))]
      : await sealedLines(key, place.passphrase, random.bytes(saltBytes), {
          time: clock.now(),
          iv: random.bytes(ivBytes),
        });
  await files.writeDurably(place.path, utf8(`${lines.join('\n')}\n`));
  return key;
}

/** Reads the root key; fails with `KeyError` that says what to do, and never quotes the file. */
export async function loadRootKey(place: RootKeyPlace, files: Files): Promise<RootKey> {
  const { path } = place;
  const text = await readKeyFile(path, files);
  const lines = text.split('\n');
  if (lines.length === 4 && lines[0] === plainHeader && lines[3] === '') return plainKey(path, lines);
  if (lines.length === 5 && lines[0] === sealedHeader && lines[4] === '') return await sealedKey(place, lines);
  throw damaged(path);
}

async function readKeyFile(path: string, files: Files): Promise<string> {
  try {
    if (((await files.mode(path)) & groupAndOthers) !== 0)
      throw new KeyError('readable-by-others', `${path} can be read by others: run chmod 600 on it`);
    return parseUtf8(await files.readWhole(path, fileBytesMax));
  } catch (cause) {
    if (cause instanceof FileError && cause.code === 'missing')
      throw new KeyError('missing-root-key', `there is no root key at ${path}: put the copy from the safe back`, {
        cause,
      });
    if (cause instanceof ProtocolError) throw damaged(path, cause);
    throw cause;
  }
}

function plainKey(path: string, lines: readonly string[]): RootKey {
  const key = bytesOf(path, lines[1], rootKeyBytes);
  if (toBase64Url(checkOf(key)) !== lines[2]) throw damaged(path);
  return key as RootKey;
}

async function sealedKey(place: RootKeyPlace, lines: readonly string[]): Promise<RootKey> {
  const { path, passphrase } = place;
  if (passphrase === undefined)
    throw new KeyError(
      'wrong-passphrase',
      `${path} is sealed: set FERNPOST_ROOT_PASSPHRASE_FILE, or enter the passphrase`,
    );
  const cost = /^([1-9][0-9]{0,6}) ([1-9][0-9]?) ([1-9])$/.exec(lines[1] ?? '');
  if (cost === null) throw damaged(path);
  const [memoryKib, passes, lanes] = cost.slice(1).map(Number) as [number, number, number];
  if (memoryKib > memoryKibMax || passes > passesMax) throw damaged(path);
  const salt = bytesOf(path, lines[2], saltBytes);
  const token = bytesOf(path, lines[3]);
  const sealing = await stretch(passphrase, salt, { memoryKib, passes, lanes });
  try {
    return ofSize(path, decrypt(fernetKeyOf(sealing), token));
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new KeyError('wrong-passphrase', `this passphrase does not open ${path}`, { cause });
  }
}

async function sealedLines(
  key: RootKey,
  passphrase: string,
  salt: Uint8Array,
  stamp: Parameters<typeof encrypt>[2],
): Promise<readonly string[]> {
  const sealing = await stretch(passphrase, salt, guessing);
  const token = encrypt(fernetKeyOf(sealing), key, stamp);
  const { memoryKib, passes, lanes } = guessing;
  return [sealedHeader, `${memoryKib} ${passes} ${lanes}`, toBase64Url(salt), toBase64Url(token)];
}

function stretch(
  passphrase: string,
  nonce: Uint8Array,
  cost: { readonly memoryKib: number; readonly passes: number; readonly lanes: number },
): Promise<Uint8Array> {
  const { memoryKib: memory, passes, lanes: parallelism } = cost;
  const message = utf8(passphrase.normalize('NFC'));
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message, nonce, parallelism, tagLength: rootKeyBytes, memory, passes }, (error, tag) => {
      if (error === null) resolve(new Uint8Array(tag));
      else reject(new KeyError('damaged', 'argon2id did not run', { cause: error }));
    });
  });
}

/** Eight bytes that tell a mistyped or torn key file from the wrong key. */
function checkOf(key: Uint8Array): Uint8Array {
  return sha256(concat(utf8('fernpost/root-key-check/v1\n'), key)).subarray(0, checkBytes);
}

function ofSize(path: string, key: Uint8Array): RootKey {
  if (key.length !== rootKeyBytes) throw damaged(path);
  return key as RootKey;
}

function bytesOf(path: string, text: string | undefined, size?: number): Uint8Array {
  try {
    return parseBase64Url(text ?? '', size);
  } catch (cause) {
    throw damaged(path, cause);
  }
}

function damaged(path: string, cause?: unknown): KeyError {
  return new KeyError('damaged', `${path} is not a whole root key file: put a copy of it back`, { cause });
}
