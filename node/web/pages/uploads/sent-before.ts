import { sha256Stream } from '../../../../protocol/crypto/hash.ts';
import type { ByteStream } from '../../../platform/files.ts';

/** Ends the reading of a file that this very form brought before: nobody stores what does not end. */
export class SentBefore extends Error {
  override readonly name = 'SentBefore';
  readonly location: string;

  constructor(location: string) {
    super('this form brought this file before');
    this.location = location;
  }
}

/**
 * The bytes as they come; their SHA-256 is told before whoever stores them hears that they end. Fails with `SentBefore`
 * where `ledTo` knows where this file led.
 */
export async function* unlessSentBefore(bytes: ByteStream, ledTo: (sha256: string) => string | undefined): ByteStream {
  const hash = sha256Stream();
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
  const location = ledTo(hash.digest().toHex());
  if (location !== undefined) throw new SentBefore(location);
}
