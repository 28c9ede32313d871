import { chunkTokenBytes, openChunkInto, sealChunkInto } from '../../../protocol/bundle/attachment.ts';
import { chunkBytes } from '../../../protocol/bundle/limits.ts';
import { chunksOf } from '../../../protocol/bundle/manifest.ts';
import { giveBack } from '../../../protocol/bytes.ts';
import { bundleCrypto } from '../../../protocol/crypto/bundle-crypto.ts';
import type { YieldTurn } from '../../../protocol/crypto/fernet.ts';
import { sha256Stream } from '../../../protocol/crypto/hash.ts';
import { parseBundleId } from '../../../protocol/ids.ts';
import { blobNameOf, type BlobStore } from '../../blobs/blob-store.ts';
import type { Scratch } from '../../blobs/scratch.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Random } from '../../platform/random.ts';
import type { Store } from '../../store/store.ts';
import { RecordsError } from '../errors.ts';
import { uploadKeptMs } from '../limits.ts';
import { insertChunk } from './attachment-queries.ts';
import { hashInPieces, oneTime } from './chunks.ts';
import { removeChunksFrom } from './remove-chunks.ts';
import type { OpenedUpload } from './sealed-upload.ts';
import { noteReceived, tailOf } from './upload-queries.ts';

export interface WritingPorts {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly yieldTurn: YieldTurn;
  readonly scratch: Scratch;
}

/**
 * Takes the bytes of one append and makes chunks of them as they come: a chunk is noted, then its blob is durable, then its
 * bytes count as received. What has come of the next chunk when the stream ends lies sealed in the upload's row, so that an
 * acknowledged byte is never asked for again, wherever the line broke. In memory lies one chunk of plaintext.
 */
export class UploadWriter {
  readonly #ports: WritingPorts;
  readonly #opened: OpenedUpload;
  readonly #plaintext = new Uint8Array(chunkBytes);
  #index: number;
  #filled: number;
  /** Bytes that a restart would still find. */
  #durable: number;

  private constructor(ports: WritingPorts, opened: OpenedUpload) {
    this.#ports = ports;
    this.#opened = opened;
    const { received, size } = opened.upload;
    this.#durable = received;
    this.#index = Math.min(Math.floor(received / chunkBytes), chunksOf(size) - 1);
    this.#filled = received - this.#index * chunkBytes;
  }

  /** Goes on where the last append ended; what that one noted and never counted is taken away first. */
  static async open(ports: WritingPorts, opened: OpenedUpload): Promise<UploadWriter> {
    const writer = new UploadWriter(ports, opened);
    await removeChunksFrom(ports, opened.upload.id, writer.#index);
    if (writer.#filled > 0) await writer.#openTail();
    return writer;
  }

  /** Where the next byte belongs. */
  get at(): number {
    return this.#index * chunkBytes + this.#filled;
  }

  get durable(): number {
    return this.#durable;
  }

  /** Fails with `invalid-attachment` where more comes than was announced; what belongs to the file stays. */
  async take(piece: Uint8Array): Promise<void> {
    const { size } = this.#opened.upload;
    if (this.at + piece.length > size)
      throw new RecordsError('invalid-attachment', `more bytes came than the ${size} that were announced`);
    for (let at = 0; at < piece.length;) {
      if (this.#filled === chunkBytes) await this.#closeChunk();
      const take = Math.min(piece.length - at, chunkBytes - this.#filled);
      this.#plaintext.set(piece.subarray(at, at + take), this.#filled);
      this.#filled += take;
      at += take;
    }
    if (this.at === size) await this.#storeChunk();
    else if (this.#filled === chunkBytes) await this.#closeChunk();
  }

  /**
   * The end of the append, however it came: what is not a whole chunk yet is sealed into the row. A chunk that is whole and
   * could not be stored is not acknowledged; its bytes come again.
   */
  async close(): Promise<void> {
    const isWhole = this.#filled === chunkBytes || this.at === this.#opened.upload.size;
    try {
      if (this.at !== this.#durable && !isWhole) await this.#keepTail();
    } finally {
      giveBack(this.#plaintext);
    }
  }

  async #closeChunk(): Promise<void> {
    await this.#storeChunk();
    this.#index += 1;
    this.#filled = 0;
  }

  async #storeChunk(): Promise<void> {
    const { store, blobs, scratch, yieldTurn } = this.#ports;
    const { secrets, upload } = this.#opened;
    const { id, size } = upload;
    const place = { ...secrets, id, size, index: this.#index };
    await scratch.lend(async (buffer) => {
      const plaintext = this.#plaintext.subarray(0, this.#filled);
      const token = await sealChunkInto(bundleCrypto, place, plaintext, buffer, yieldTurn);
      const hash = sha256Stream();
      await hashInPieces(hash, token, yieldTurn);
      const blob = blobNameOf(hash.digest());
      const chunk = { attachment: id, i: this.#index, blob, size: token.length };
      await store.write((w) => w.run(insertChunk, chunk));
      await blobs.put(blob, token.length, () => oneTime(token));
    });
    await this.#note({ tailBundle: null, tail: null });
  }

  /** Under a bundle name that nothing else is sealed for: a chunk's key and IV never seal two plaintexts. */
  async #keepTail(): Promise<void> {
    const { random, yieldTurn } = this.#ports;
    const bundle = parseBundleId(random.uuid());
    const place = this.#tailPlace(bundle, this.#filled);
    const token = new Uint8Array(chunkTokenBytes(bundleCrypto, place));
    const tail = await sealChunkInto(bundleCrypto, place, this.#plaintext.subarray(0, this.#filled), token, yieldTurn);
    await this.#note({ tailBundle: bundle, tail });
  }

  async #openTail(): Promise<void> {
    const { store, yieldTurn } = this.#ports;
    const { id, received } = this.#opened.upload;
    const row = await store.read((reader) => reader.first(tailOf, { id }));
    if (row === undefined || row.tail === null || row.tail_bundle === null || row.received !== received)
      throw new RecordsError('attachment-damaged', 'what had come of an upload is not there any more');
    const place = this.#tailPlace(row.tail_bundle, this.#filled);
    await openChunkInto(bundleCrypto, place, row.tail, this.#plaintext, yieldTurn);
  }

  #tailPlace(bundle: string, size: number) {
    const { secrets, upload } = this.#opened;
    return { attachmentKey: secrets.attachmentKey, bundle: parseBundleId(bundle), id: upload.id, size, index: 0 };
  }

  async #note(kept: { readonly tailBundle: string | null; readonly tail: Uint8Array | null }): Promise<void> {
    const { store, clock } = this.#ports;
    const now = clock.now();
    const received = this.at;
    const { id } = this.#opened.upload;
    const { changes } = await store.write((w) =>
      w.run(noteReceived, { id, received, now, expiresAt: now + uploadKeptMs, ...kept }),
    );
    if (changes === 0) throw new RecordsError('invalid-attachment', 'the upload was discarded meanwhile');
    this.#durable = received;
  }
}
