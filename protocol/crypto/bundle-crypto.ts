import type { BundleCrypto } from '../bundle/crypto.ts';
import { decryptInPieces, encryptInPieces, fernetKeyOf, formatToken, parseToken } from './fernet.ts';
import { resealInPieces, verifyInPieces } from './fernet-reseal.ts';
import { signingKeyOf, tokenBytesOf, tokenMacCheck, tokenOpener, tokenSealer, verifyTokenBy } from './fernet-token.ts';
import { gunzip, gzip } from './gzip.ts';
import { equalSecrets, hkdfSha256, sha256, sha256Stream } from './hash.ts';

/** The bundle's cryptography and compression on node:crypto and node:zlib. */
export const bundleCrypto: BundleCrypto = {
  sha256,
  sha256Stream,
  hkdfSha256,
  signingKeyOf,
  fernetKeyOf,
  encryptInPieces,
  decryptInPieces,
  formatToken,
  parseToken,
  tokenSealer,
  tokenMacCheck,
  tokenOpener,
  verifyInPieces,
  verifyTokenBy,
  resealInPieces,
  tokenBytesOf,
  equalSecrets,
  gzip,
  gunzip,
};
