import { equalBytes, utf8 } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { attachmentsMax, chunkTokenBytesMax, documentTokenBytesMax, manifestBytesMax } from './http/limits.ts';
import { readZip, writeZip, type ZipMember } from './zip.ts';

/**
 * What one courier file carries: the very bytes that the network would have carried. Who sent them is told by the log
 * signature in the commit's proof, nothing here (Spec §8).
 */
export type Courier =
  | {
      readonly kind: 'bundle';
      readonly manifest: Uint8Array;
      readonly document: Uint8Array;
      /** Per attachment its chunk tokens, in order. */
      readonly chunks: readonly (readonly Uint8Array[])[];
      readonly commit: Uint8Array;
    }
  | { readonly kind: 'receipt'; readonly receipt: Uint8Array };

const magic = utf8('fernpost-courier/v1\n');
const jsonBytesMax = 256 * 1024;

/** Writes a courier file, its members in the one order (Spec §8). */
export function writeCourier(courier: Courier): Uint8Array {
  const first = { name: 'fernpost', bytes: magic };
  if (courier.kind === 'receipt') return writeZip([first, { name: 'receipt', bytes: courier.receipt }]);
  const { manifest, document, chunks, commit } = courier;
  return writeZip([
    first,
    { name: 'manifest', bytes: manifest },
    { name: 'document', bytes: document },
    ...chunks.flatMap((list, n) => list.map((bytes, i) => ({ name: `att/${n}/${i}`, bytes }))),
    { name: 'commit', bytes: commit },
  ]);
}

/** Reads a courier file as views of its bytes; fails for every other name, order or number of members (Spec §8). */
export function parseCourier(file: Uint8Array): Courier {
  // Last first, so that taking one is cheap however many there are.
  const members = readZip(file).toReversed();
  const take = (name: string, bytesMax: number): Uint8Array => {
    const member = members.pop();
    if (member?.name !== name) throw new ProtocolError('malformed-message', `expected the member ${name}`);
    if (member.bytes.length > bytesMax) throw new ProtocolError('too-large', `the member ${name}`);
    return member.bytes;
  };
  if (!equalBytes(take('fernpost', magic.length), magic))
    throw new ProtocolError('unknown-version', 'expected fernpost-courier/v1');
  const courier: Courier =
    members.at(-1)?.name === 'receipt'
      ? { kind: 'receipt', receipt: take('receipt', jsonBytesMax) }
      : {
          kind: 'bundle',
          manifest: take('manifest', manifestBytesMax),
          document: take('document', documentTokenBytesMax),
          chunks: takeChunks(members, take),
          commit: take('commit', jsonBytesMax),
        };
  if (members.length > 0) throw new ProtocolError('malformed-message', 'expected no further member');
  return courier;
}

function takeChunks(
  members: readonly ZipMember[],
  take: (name: string, bytesMax: number) => Uint8Array,
): Uint8Array[][] {
  const chunks: Uint8Array[][] = [];
  while (chunks.length < attachmentsMax && members.at(-1)?.name === `att/${chunks.length}/0`) {
    const list: Uint8Array[] = [];
    while (members.at(-1)?.name === `att/${chunks.length}/${list.length}`)
      list.push(take(`att/${chunks.length}/${list.length}`, chunkTokenBytesMax));
    chunks.push(list);
  }
  return chunks;
}
