import { concat, equalBytes, lengthPrefixed, utf8 } from '../../protocol/bytes.ts';
import { FernetError } from '../../protocol/crypto/fernet-token.ts';
import { decrypt, encrypt, fernetKeyOf, generateKey } from '../../protocol/crypto/fernet.ts';
import type { FernetKey } from '../../protocol/crypto/fernet-token.ts';
import { hkdfSha256, hmacSha256, sha256 } from '../../protocol/crypto/hash.ts';
import { isUuid, type Named } from '../../protocol/ids.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { Reader, Store, Writer } from '../store/store.ts';
import { createKeyring, destroyDataKey, findDataKey, findKeyring, insertDataKey } from './key-queries.ts';
import type { RootKey } from './root-key.ts';

/** Names the key under which one patient's data, or one received referral's, lies (architecture law 6). */
export type DataKeyId = Named<string, 'DataKeyId'>;

/**
 * Root key → data key → token. A data key is wrapped by the root key, and destroying it erases what it protects
 * everywhere. Tokens are raw Fernet (version byte 0x80) under the data key; `purpose` is bound into the plaintext, so that a
 * token copied to another row or column does not open there: name the table, the row and the column in it.
 */
export interface Keyring {
  newDataKey(writer: Writer): Promise<DataKeyId>;
  /** Seals bytes under a data key. */
  seal(reader: Reader, key: DataKeyId, purpose: string, plaintext: Uint8Array): Promise<Uint8Array>;
  /** Opens a token, or throws `KeyError` code `shredded` when the key is gone and `damaged` when the token is. */
  open(reader: Reader, key: DataKeyId, purpose: string, token: Uint8Array): Promise<Uint8Array>;
  /** Destroys the key for ever (crypto-erasure): after the commit the database's files hold no copy of it. */
  shred(writer: Writer, key: DataKeyId): Promise<void>;
  /** Seals the node's own secrets directly under the root key. */
  sealOwn(purpose: string, plaintext: Uint8Array): Uint8Array;
  openOwn(purpose: string, token: Uint8Array): Uint8Array;
  /** Whether the key unwraps and opens the token, wherever the token lies; throws as `open` does. For restore drills. */
  check(reader: Reader, key: DataKeyId, token?: Uint8Array): Promise<void>;
  checkOwn(token: Uint8Array): void;
  /** Keyed blind index (law 6): HMAC-SHA-256 under a key of its own over `field ‖ value`, 16 bytes. */
  blindTerm(field: string, value: string): Uint8Array;
}

export type KeyErrorCode =
  'shredded' | 'damaged' | 'wrong-root-key' | 'missing-root-key' | 'readable-by-others' | 'wrong-passphrase' | 'exists';

export class KeyError extends Error {
  override readonly name = 'KeyError';
  readonly code: KeyErrorCode;

  constructor(code: KeyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface KeyringOptions {
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly rootKey: RootKey;
  readonly clock: Clock;
  readonly random: Random;
  /** How many unwrapped data keys stay in memory. */
  readonly unwrappedMax?: number;
}

const unwrappedMaxByDefault = 4096;
const ivBytes = 16;
const keyBytes = 32;
const purposeTagBytes = 16;
const blindTermBytes = 16;
const noSalt = new Uint8Array(0);

/** Reads or, on a new database, makes the keyring; fails with `wrong-root-key` where another key wrapped what is there. */
export async function openKeyring(options: KeyringOptions): Promise<Keyring> {
  const { store, rootKey, clock, random } = options;
  const derived = (use: string): FernetKey =>
    fernetKeyOf(hkdfSha256(rootKey, noSalt, utf8(`fernpost/keyring/${use}/v1`), keyBytes));
  const ownKey = derived('own');
  const wrappingKey = derived('wrap');
  const stamp = () => ({ time: clock.now(), iv: random.bytes(ivBytes) });

  const sealUnder = (key: FernetKey, purpose: string, plaintext: Uint8Array): Uint8Array =>
    encrypt(key, concat(purposeTag(purpose), plaintext), stamp());
  const wrap = (purpose: string, key: Uint8Array): Uint8Array => sealUnder(wrappingKey, purpose, key);
  const unwrap = (purpose: string, token: Uint8Array): Uint8Array => openUnder(wrappingKey, purpose, token);

  const stored =
    (await store.read((reader) => reader.first(findKeyring, {}))) ?? (await makeKeyring(store, wrap, random));
  const indexKey = openIndexKey(() => unwrap('index-key', stored.wrapped_index_key));
  const cache = new UnwrappedKeys(options.unwrappedMax ?? unwrappedMaxByDefault);

  const load = async (reader: Reader, id: DataKeyId): Promise<FernetKey> => {
    const known = cache.find(id);
    if (known !== undefined) return known;
    const row = await reader.first(findDataKey, { id });
    if (row === undefined || row.wrapped === null)
      throw new KeyError('shredded', 'the key of this record was destroyed: it cannot be read');
    const key = fernetKeyOf(unwrap(`data-key/${id}`, row.wrapped));
    cache.add(id, key);
    return key;
  };

  return {
    newDataKey: async (writer) => {
      const id = parseDataKeyId(random.uuid());
      const wrapped = wrap(
        `data-key/${id}`,
        generateKey((size) => random.bytes(size)),
      );
      await writer.run(insertDataKey, { id, wrapped, created_at: clock.now() });
      return id;
    },
    seal: async (reader, key, purpose, plaintext) => sealUnder(await load(reader, key), purpose, plaintext),
    open: async (reader, key, purpose, token) => openUnder(await load(reader, key), purpose, token),
    shred: async (writer, key) => {
      cache.remove(key);
      await writer.run(destroyDataKey, { id: key, shredded_at: clock.now() });
      writer.eraseTraces();
    },
    sealOwn: (purpose, plaintext) => sealUnder(ownKey, purpose, plaintext),
    openOwn: (purpose, token) => openUnder(ownKey, purpose, token),
    check: async (reader, id, token) => {
      const key = await load(reader, id);
      if (token !== undefined) decryptUnder(key, token);
    },
    checkOwn: (token) => void decryptUnder(ownKey, token),
    blindTerm: (field, value) => hmacSha256(indexKey, lengthPrefixed(field), utf8(value)).subarray(0, blindTermBytes),
  };
}

/** Reads a data key's id back from a row. */
export function parseDataKeyId(text: string): DataKeyId {
  if (!isUuid(text)) throw new ProtocolError('malformed-id', 'not the id of a data key');
  return text as DataKeyId;
}

/** The keys used last, unwrapped: unwrapping costs more than opening a small token. */
class UnwrappedKeys {
  readonly #max: number;
  readonly #keys = new Map<DataKeyId, FernetKey>();

  constructor(max: number) {
    this.#max = max;
  }

  find(id: DataKeyId): FernetKey | undefined {
    const key = this.#keys.get(id);
    if (key === undefined) return undefined;
    this.#keys.delete(id);
    this.#keys.set(id, key);
    return key;
  }

  add(id: DataKeyId, key: FernetKey): void {
    this.#keys.set(id, key);
    const [oldest] = this.#keys.keys();
    if (this.#keys.size > this.#max && oldest !== undefined) this.remove(oldest);
  }

  remove(id: DataKeyId): void {
    this.#keys.delete(id);
  }
}

async function makeKeyring(
  store: Pick<Store, 'write'>,
  wrap: (purpose: string, key: Uint8Array) => Uint8Array,
  random: Random,
): Promise<{ readonly wrapped_index_key: Uint8Array }> {
  const made = { wrapped_index_key: wrap('index-key', random.bytes(keyBytes)) };
  await store.write((writer) => writer.run(createKeyring, made));
  return made;
}

function purposeTag(purpose: string): Uint8Array {
  return sha256(utf8(`fernpost/at-rest/v1\n${purpose}`)).subarray(0, purposeTagBytes);
}

function decryptUnder(key: FernetKey, token: Uint8Array): Uint8Array {
  try {
    return decrypt(key, token);
  } catch (cause) {
    if (!(cause instanceof FernetError)) throw cause;
    throw new KeyError('damaged', 'a stored token was changed, or lies under another key', { cause });
  }
}

function openUnder(key: FernetKey, purpose: string, token: Uint8Array): Uint8Array {
  const plaintext = decryptUnder(key, token);
  if (!equalBytes(plaintext.subarray(0, purposeTagBytes), purposeTag(purpose)))
    throw new KeyError('damaged', 'a stored token lies in another place than it was made for');
  return plaintext.subarray(purposeTagBytes);
}

function openIndexKey(open: () => Uint8Array): Uint8Array {
  try {
    return open();
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause;
    throw new KeyError(
      'wrong-root-key',
      'this root key is not the one that the database was made with: nothing was touched; put the right key file in place',
      { cause },
    );
  }
}
