import { chunksRoot, type ChunkPlace } from '../../protocol/bundle/attachment.ts';
import { sealDocument } from '../../protocol/bundle/document.ts';
import { documentBytesMax } from '../../protocol/bundle/limits.ts';
import { writeManifest, type AttachmentPart } from '../../protocol/bundle/manifest.ts';
import { parseBase64Url, toBase64Url, utf8 } from '../../protocol/bytes.ts';
import { bundleCrypto } from '../../protocol/crypto/bundle-crypto.ts';
import { generateKey } from '../../protocol/crypto/fernet.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { documentSaltBytes, keyCommitment, seal, sealedToOf } from '../../protocol/crypto/seal.ts';
import { parseAttachmentId, parseBundleId, parseReferralId } from '../../protocol/ids.ts';
import { instantOfMs } from '../../protocol/instant.ts';
import { parseJson } from '../../protocol/json.ts';
import { sealingKeyOf } from '../peers/cards.ts';
import { nextTurn } from '../platform/turn.ts';
import { chunksInFlight, type ChunkTokens, type SealedChunk } from './chunk-tokens.ts';
import { readPackedContent } from './event-content.ts';
import type { OutboxPorts, OutboxRow } from './outbox-ports.ts';
import { outboxQueries } from './outbox-queries.ts';

export const outboxSecretsPurpose = 'outbox.secrets';
const minuteMs = 60_000;
const ivBytes = 16;

/** The attachment keys of a bundle, in the manifest's order, as they lie sealed with it. */
export function writeAttachmentKeys(keys: readonly Uint8Array[]): Uint8Array {
  return utf8(JSON.stringify(keys.map((key) => toBase64Url(key))));
}

export async function readAttachmentKeys(ports: OutboxPorts, row: OutboxRow): Promise<readonly Uint8Array[]> {
  const bytes = await ports.store.read((reader) =>
    ports.keyring.open(reader, ports.dataKeyOf(row.data_key), outboxSecretsPurpose, row.secrets),
  );
  return (parseJson(bytes) as readonly string[]).map((key) => parseBase64Url(key, 32));
}

/** Manifest and document of a bundle, as they will leave. */
export interface SealedBundle {
  readonly manifest: Uint8Array;
  /** The text of the document's token, as bytes. */
  readonly token: Uint8Array;
}

/** A composed bundle, as it is sealed. */
export interface Sealing extends Pick<OutboxRow, 'bundle' | 'peer' | 'referral' | 'kind' | 'priority' | 'deadline'> {
  readonly plaintext: Uint8Array;
  /** The same, compressed as it is kept. */
  readonly packed: Uint8Array;
  readonly attachments: readonly AttachmentPart[];
}

/**
 * Makes manifest and document of a bundle that waits in the outbox, and remembers what each chunk's token must be
 * (Spec §4). It may be broken off anywhere and run again: chunk tokens are a function of key and plaintext, and the rest
 * is written at once, by who takes it from here.
 */
export async function prepareBundle(ports: OutboxPorts, tokens: ChunkTokens, row: OutboxRow): Promise<SealedBundle> {
  const attachments = await prepareAttachments(ports, tokens, row);
  const packed = await readPackedContent(ports, row);
  const plaintext = await bundleCrypto.gunzip(packed, documentBytesMax);
  return sealBundle(ports, { ...row, plaintext, packed, attachments });
}

/** Manifest and document of a composed bundle; nothing is read or written. */
export async function sealBundle(ports: OutboxPorts, sealing: Sealing): Promise<SealedBundle> {
  const { plaintext, packed, attachments, kind, priority, deadline } = sealing;
  const peer = ports.directory.get(sealing.peer);
  const { suite, publicKey } = sealingKeyOf(peer, ports.clock);
  const fernetKey = generateKey((size) => ports.random.bytes(size));
  const documentSalt = ports.random.bytes(documentSaltBytes);
  const document = await sealDocument(bundleCrypto, {
    plaintext,
    gzipped: packed,
    fernetKey,
    documentSalt,
    encoding: 'gzip',
    time: ports.clock.now(),
    iv: ports.random.bytes(ivBytes),
    yieldTurn: nextTurn,
  });
  const from = ports.own.name;
  const bundle = parseBundleId(sealing.bundle);
  const manifest = writeManifest({
    suite,
    from,
    to: peer.name,
    card: ports.own.card().serial,
    bundle,
    referral: parseReferralId(sealing.referral),
    kind,
    priority,
    deadline: instantOfMs(Math.ceil(deadline / minuteMs) * minuteMs),
    sealedTo: sealedToOf(publicKey),
    sealedKey: seal({
      suite,
      publicKey,
      random: (size) => ports.random.bytes(size),
      from,
      to: peer.name,
      bundle,
      fernetKey,
      documentSalt,
    }),
    keyCommitment: keyCommitment(fernetKey),
    document: document.part,
    attachments,
  });
  return { manifest, token: document.token };
}

/** Keeps what was sealed until its turn comes. */
export async function storeSealed(ports: OutboxPorts, { bundle }: OutboxRow, sealed: SealedBundle): Promise<void> {
  await ports.store.write((writer) => writer.run(outboxQueries.prepared, { bundle, ...sealed }));
}

async function prepareAttachments(ports: OutboxPorts, tokens: ChunkTokens, row: OutboxRow): Promise<AttachmentPart[]> {
  const rows = await ports.store.read((reader) => reader.all(outboxQueries.attachments, { bundle: row.bundle }));
  if (rows.length === 0) return [];
  const keys = await readAttachmentKeys(ports, row);
  const parts: AttachmentPart[] = [];
  for (const { n, attachment, size, chunks, root } of rows) {
    const id = parseAttachmentId(attachment);
    const attachmentKey = keys[n];
    if (attachmentKey === undefined) throw new Error('an attachment of the outbox has no key');
    const place = { attachmentKey, bundle: parseBundleId(row.bundle), id, size };
    const known = await ports.store.read((reader) => reader.all(outboxQueries.chunks, { bundle: row.bundle, n }));
    const leaves = known.map((chunk) => chunk.leaf);
    let sealed: SealedInOrder[] = [];
    for await (const chunk of sealInOrder(tokens, place, { first: leaves.length, chunks })) {
      leaves.push(chunk.leaf);
      sealed.push(chunk);
      if (sealed.length < chunksPerCommit) continue;
      await storeLeaves(ports, row, { n, sealed });
      sealed = [];
    }
    const made = root ?? chunksRoot({ sha256 }, leaves);
    if (root === null || sealed.length > 0) await storeLeaves(ports, row, { n, sealed, root: made });
    parts.push({ id, size, chunks, root: made });
  }
  return parts;
}

/** Of chunks that were sealed: what a crash forgets is sealed again, to the same bytes. */
const chunksPerCommit = 8;

type SealedInOrder = SealedChunk & { readonly i: number };

/** Seals chunks a few at once, and gives them in their order. */
async function* sealInOrder(
  tokens: ChunkTokens,
  place: Omit<ChunkPlace, 'index'>,
  { first, chunks }: { readonly first: number; readonly chunks: number },
): AsyncGenerator<SealedInOrder> {
  const begun: Promise<SealedChunk>[] = [];
  const begin = (index: number): void => {
    const sealing = tokens.seal({ ...place, index });
    sealing.catch(() => undefined); // It is awaited when its turn comes.
    begun.push(sealing);
  };
  try {
    for (let next = first; next < Math.min(first + chunksInFlight, chunks); next += 1) begin(next);
    for (let i = first; i < chunks; i += 1) {
      const sealed = await begun.shift();
      if (i + chunksInFlight < chunks) begin(i + chunksInFlight);
      if (sealed !== undefined) yield { i, ...sealed };
    }
  } finally {
    await Promise.allSettled(begun);
  }
}

async function storeLeaves(
  ports: OutboxPorts,
  { bundle }: OutboxRow,
  { n, sealed, root }: { readonly n: number; readonly sealed: readonly SealedInOrder[]; readonly root?: Uint8Array },
): Promise<void> {
  await ports.store.write(async (writer) => {
    for (const chunk of sealed) await writer.run(outboxQueries.putChunk, { bundle, n, ...chunk });
    if (root !== undefined) await writer.run(outboxQueries.putRoot, { bundle, n, root });
  });
}
