import { argon2 } from 'node:crypto';
import { parseBase64, toBase64, utf8 } from '../../protocol/bytes.ts';
import { equalSecrets } from '../../protocol/crypto/hash.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Random } from '../platform/random.ts';

/** What one guess costs; written beside each hash, so that it can rise (Node §7). */
export interface PasswordCost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

/** Stretches a password: argon2id of node:crypto, or a test's. */
export type Stretch = (password: Uint8Array, salt: Uint8Array, cost: PasswordCost) => Promise<Uint8Array>;

export interface Passwords {
  /** The text form of RFC 9106's examples: `$argon2id$v=19$m=…,t=…,p=…$salt$tag`. */
  hash(password: string): Promise<string>;
  /** Runs argon2id once whether there is a hash or not: an unknown user costs what a known one does. */
  verify(password: string, stored: string | undefined): Promise<boolean>;
  /** Whether the next one would be turned away. */
  isBusy(): boolean;
}

export const passwordCost: PasswordCost = { memoryKib: 19_456, passes: 2, lanes: 1 };
/** So many run side by side: each takes 19 MiB and a core for some 30 ms (Node §7). */
export const runsAtOnceMax = 2;
/** So many wait their turn; who comes then is asked to come again. */
export const waitingMax = 64;
const saltBytes = 16;
const tagBytes = 32;
const form = /^\$argon2id\$v=19\$m=([1-9]\d{3,6}),t=([1-9]\d?),p=([1-9])\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

/** Passwords as argon2id hashes, made at most two at a time with a bounded queue (Node §7). Fails with `busy` beyond it. */
export function openPasswords(random: Random, stretch: Stretch = argon2id): Passwords {
  const turns = new Turns();
  const run = (password: string, salt: Uint8Array, cost: PasswordCost): Promise<Uint8Array> =>
    turns.take(() => stretch(utf8(normalForm(password)), salt, cost));
  const nobody = { salt: random.bytes(saltBytes), tag: random.bytes(tagBytes), cost: passwordCost };
  return {
    hash: async (password) => {
      const salt = random.bytes(saltBytes);
      const tag = await run(password, salt, passwordCost);
      const { memoryKib, passes, lanes } = passwordCost;
      return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(tag)}`;
    },
    verify: async (password, stored) => {
      const known = stored === undefined ? undefined : parse(stored);
      const { salt, tag, cost } = known ?? nobody;
      return equalSecrets(await run(password, salt, cost), tag) && known !== undefined;
    },
    isBusy: () => turns.isFull(),
  };
}

/** One password however it is typed: keyboards compose letters differently (RFC 8265 §4.2). */
export function normalForm(password: string): string {
  return password.normalize('NFC');
}

/** Two at a time, the others in line. */
class Turns {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  isFull(): boolean {
    return this.#waiting.length >= waitingMax;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= runsAtOnceMax) {
      if (this.isFull()) throw busy();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

function argon2id(password: Uint8Array, salt: Uint8Array, cost: PasswordCost): Promise<Uint8Array> {
  const { memoryKib: memory, passes, lanes: parallelism } = cost;
  return new Promise((resolve, reject) => {
    argon2(
      'argon2id',
      { message: password, nonce: salt, parallelism, tagLength: tagBytes, memory, passes },
      (error, tag) => {
        if (error === null) resolve(new Uint8Array(tag));
        else reject(error);
      },
    );
  });
}

/** Reads what `hash` wrote; what another program wrote verifies no password. */
function parse(stored: string) {
  const [, memory, passes, lanes, salt = '', tag = ''] = form.exec(stored) ?? [];
  try {
    const cost = { memoryKib: Number(memory), passes: Number(passes), lanes: Number(lanes) };
    if (memory === undefined) return undefined;
    return { cost, salt: parseBase64(`${salt}==`, saltBytes), tag: parseBase64(`${tag}=`, tagBytes) };
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function unpadded(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('=', '');
}

function busy(): OperationError {
  return new OperationError(
    'unavailable',
    'busy',
    'More people are signing in than can be checked. Nothing was changed. Try again in a few seconds.',
  );
}
