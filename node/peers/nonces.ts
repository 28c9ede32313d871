import { keyidOf } from '../../protocol/http/keyid.ts';
import { nonceUntilMs } from '../../protocol/http/signature.ts';
import type { SignatureParameters } from '../../protocol/http/signature-input.ts';
import type { Store, Writer } from '../store/store.ts';
import { peerQueries } from './queries.ts';

/** Nonces of requests that change something: each is stored in the transaction of its effect (Spec §3). */
export interface Nonces {
  seen(of: SignatureParameters): Promise<boolean>;
  /** Stores the nonce; false when it was there, and then nothing else may be changed. */
  use(writer: Writer, of: SignatureParameters): Promise<boolean>;
  /** Runs `change` in one transaction with the nonce; `undefined` when the nonce was used before. */
  write<T>(
    of: SignatureParameters,
    change: (writer: Writer) => Promise<T>,
  ): Promise<{ readonly result: T } | undefined>;
}

class NonceUsed extends Error {}

export function openNonces(store: Store): Nonces {
  const use: Nonces['use'] = async (writer, of) => {
    const row = { key: keyidOf(of.keyid.name, of.keyid.key), nonce: of.nonce, until: nonceUntilMs(of) };
    return (await writer.run(peerQueries.putNonce, row)).changes > 0;
  };
  return {
    use,
    seen: async ({ keyid, nonce }) => {
      const key = keyidOf(keyid.name, keyid.key);
      return (await store.read((reader) => reader.first(peerQueries.nonce, { key, nonce }))) !== undefined;
    },
    write: async (of, change) => {
      try {
        const result = await store.write(async (writer) => {
          if (!(await use(writer, of))) throw new NonceUsed();
          return change(writer);
        });
        return { result };
      } catch (error) {
        if (error instanceof NonceUsed) return undefined;
        throw error;
      }
    },
  };
}
