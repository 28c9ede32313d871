import fc from 'fast-check';
import { ProtocolError, type ProtocolErrorCode } from '../../protocol/errors.ts';

/** The code with which `read` refused; `undefined` when it accepted. Any other exception goes through: it is a fault. */
export function refusal(read: () => unknown): ProtocolErrorCode | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

/** Copies of a text with a stretch replaced by other text, and plain noise. */
export function mutatedText(seed: string): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.string({ unit: 'binary-ascii', maxLength: 6 }),
    fc.constantFrom('\n', '\n\n', ' ', '0', '=', '"', '—', 'é', '\ud800', '\u202e'),
  );
  const edit = fc
    .tuple(fc.nat(seed.length), fc.nat(8), piece)
    .map(([at, cut, text]) => seed.slice(0, at) + text + seed.slice(at + cut));
  return fc.oneof({ weight: 4, arbitrary: edit }, fc.string({ unit: 'binary-ascii', maxLength: 300 }));
}

/** Copies of bytes with a stretch replaced, and plain noise. */
export function mutatedBytes(seed: Uint8Array): fc.Arbitrary<Uint8Array> {
  const edit = fc
    .tuple(fc.nat(seed.length), fc.nat(4), fc.uint8Array({ maxLength: 4 }))
    .map(([at, cut, piece]) => Uint8Array.of(...seed.subarray(0, at), ...piece, ...seed.subarray(at + cut)));
  return fc.oneof({ weight: 4, arbitrary: edit }, fc.uint8Array({ maxLength: 300 }));
}
