import { ProtocolError } from '../errors.ts';
import type { LogCrypto } from '../log/crypto.ts';
import { sha256 } from './hash.ts';
import { parsePublicKey, verifySignature, type PublicKey } from './sign.ts';

/** What `protocol/log` is checked with in a node; an auditor's browser brings its own (Spec §6). */
export const logCrypto: LogCrypto = {
  sha256: (bytes) => sha256(bytes),
  verify: (publicKey, message, signature) => {
    const key = goodKey(publicKey);
    return key !== undefined && verifySignature(key, message, signature);
  },
  isGoodKey: (bytes) => goodKey(bytes) !== undefined,
};

function goodKey(bytes: Uint8Array): PublicKey | undefined {
  try {
    return parsePublicKey(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
