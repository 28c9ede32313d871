import { parseBase64Url } from '../../protocol/bytes.ts';
import { parseAttachmentId, parseBundleId, type AttachmentId, type ReferralId } from '../../protocol/ids.ts';
import { messageRules, parseJsonObject } from '../../protocol/json.ts';
import { textOf } from '../../protocol/members.ts';
import { blobBytesMax, parseBlobName, type BlobStore } from '../blobs/blob-store.ts';
import type { DataKeyId, Keyring } from '../keys/keyring.ts';
import type { ByteStream } from '../platform/files.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Reader, Store } from '../store/store.ts';
import { openChunkBlob } from './chunk-intake.ts';
import { inboxQueries } from './inbox-queries.ts';
import { attachmentPurpose } from './take-content.ts';

export interface ReceivedAttachment {
  readonly id: AttachmentId;
  readonly title: string;
  readonly contentType: string;
  readonly size: number;
  readonly sha256: Uint8Array;
  readonly key: Uint8Array;
  readonly chunks: number;
  readonly place: { readonly sender: string; readonly bundle: string; readonly n: number };
}

interface Ports {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly blobs: BlobStore;
}

const detailRules = { ...messageRules, stringBytesMax: 64 * 1024 };

/** The attachments of a received referral and of its events, opened with the referral's key. */
export async function readReceivedAttachments(
  ports: Ports,
  reader: Reader,
  referral: ReferralId,
  dataKey: DataKeyId,
): Promise<readonly ReceivedAttachment[]> {
  const rows = await reader.all(inboxQueries.attachments, { referral });
  const found: ReceivedAttachment[] = [];
  for (const row of rows) {
    const detail = parseJsonObject(
      await ports.keyring.open(reader, dataKey, attachmentPurpose, row.detail),
      detailRules,
    );
    found.push({
      id: parseAttachmentId(row.attachment),
      title: textOf(detail, 'title'),
      contentType: textOf(detail, 'contentType'),
      size: row.size,
      sha256: parseBase64Url(textOf(detail, 'sha256'), 32),
      key: parseBase64Url(textOf(detail, 'key'), 32),
      chunks: row.chunks,
      place: { sender: row.sender, bundle: row.bundle, n: row.n },
    });
  }
  return found;
}

/** The plaintext, chunk by chunk; nothing of a chunk comes out before its MAC is right. */
export async function* readReceivedAttachment(ports: Ports, attachment: ReceivedAttachment): ByteStream {
  const { place, key, id, size, chunks } = attachment;
  const rows = await ports.store.read((reader) => reader.all(inboxQueries.chunksOfAttachment, place));
  if (rows.length !== chunks)
    throw new OperationError('unavailable', 'attachment-incomplete', 'Chunks of this attachment are missing here.');
  const where = { attachmentKey: key, bundle: parseBundleId(place.bundle), id, size };
  const buffer = new Uint8Array(blobBytesMax); // Of its own: whoever reads may take its time over each piece.
  for (const row of rows)
    yield* openChunkBlob(ports.blobs, { ...where, index: row.i }, parseBlobName(row.blob), buffer);
}
