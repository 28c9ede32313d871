import { chunkBytes } from '../../../protocol/bundle/limits.ts';
import { chunksOf } from '../../../protocol/bundle/manifest.ts';
import { giveBack } from '../../../protocol/bytes.ts';
import { sha256Stream } from '../../../protocol/crypto/hash.ts';
import type { Writer } from '../../store/store.ts';
import { RecordsError } from '../errors.ts';
import type { Attachment } from '../model.ts';
import { addAttachment, writeAttachment, type AddingPorts } from './add-attachment.ts';
import { hashInPieces } from './chunks.ts';
import { effectiveType, headBytesMax, isDownloadOnly, jpegType } from './content-type.ts';
import { readAllChunks, readStoredChunk, type ReadingPorts } from './read-chunk.ts';
import { removeChunks } from './remove-chunks.ts';
import type { OpenedUpload } from './sealed-upload.ts';
import { markFinished } from './upload-queries.ts';

/**
 * Makes an attachment of an upload whose bytes are all there, in one transaction with the row's last change: whoever asks
 * again finds it finished. A photograph is stored anew without what the camera wrote beside it (Records §3.2).
 */
export async function finishUpload(
  ports: AddingPorts & ReadingPorts,
  opened: OpenedUpload,
  sha256: Uint8Array | undefined,
): Promise<Attachment> {
  const { upload, secrets } = opened;
  const { id, patient, size, title, consultation } = upload;
  const head = await readHead(ports, opened);
  const contentType = effectiveType(upload.contentType, head);
  const markDone = async (w: Writer, attachment: Attachment): Promise<void> => {
    const { changes } = await w.run(markFinished, { id, attachment: attachment.id, now: ports.clock.now() });
    if (changes === 0) throw new RecordsError('invalid-attachment', 'the upload was discarded meanwhile');
  };
  if (contentType === jpegType) {
    const bytes = readAllChunks(ports, { ...secrets, id, size });
    const link = consultation === undefined ? {} : { consultation };
    const given = { title, contentType, ...link, bytes };
    const attachment = await addAttachment(ports, patient, given, markDone);
    await removeChunks(ports, id);
    return attachment;
  }
  const attachment: Attachment = {
    id,
    patient,
    ...(consultation === undefined ? {} : { consultation }),
    title,
    contentType,
    downloadOnly: isDownloadOnly(contentType, head),
    size,
    sha256: sha256 ?? (await hashStored(ports, opened)),
    createdAt: ports.clock.now(),
  };
  await ports.store.write(async (w) => {
    await writeAttachment(w, ports, { attachment, secrets }, chunksOf(size));
    await markDone(w, attachment);
  });
  return attachment;
}

async function readHead(ports: ReadingPorts, { upload, secrets }: OpenedUpload): Promise<Uint8Array> {
  const first = new Uint8Array(Math.min(chunkBytes, upload.size));
  await readStoredChunk(ports, { ...secrets, id: upload.id, size: upload.size, index: 0 }, first);
  const head = first.slice(0, headBytesMax);
  giveBack(first);
  return head;
}

/** After a restart the running hash is gone: the stored bytes are read once, which checks them as well. */
async function hashStored(ports: ReadingPorts, { upload, secrets }: OpenedUpload): Promise<Uint8Array> {
  const hash = sha256Stream();
  for await (const chunk of readAllChunks(ports, { ...secrets, id: upload.id, size: upload.size })) {
    await hashInPieces(hash, chunk, ports.yieldTurn);
    giveBack(chunk);
  }
  return hash.digest();
}
