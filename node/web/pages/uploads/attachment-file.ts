import type { ByteStream } from '../../../platform/files.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import type { Attachment } from '../../../records/model.ts';
import { download, type Answer } from '../../answer.ts';
import type { DeskServices } from '../../desk-services.ts';
import type { Visit } from '../../visit.ts';
import { isShown, openAttachment } from './open-attachment.ts';

/** A picture for an `<img>` of our own page: PNG and JPEG whose bytes agree, and nothing else, whoever asks. */
export function sendImage(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openAttachment(visit, desk, 'view', (attachment) => {
    if (!isShown(attachment))
      throw new OperationError(
        'not-found',
        'not-an-image',
        'This file is not shown. Its page offers it as a download.',
      );
    return new Response(ReadableStream.from(desk.attachments.read(attachment.id)), {
      headers: {
        'content-type': attachment.contentType,
        'content-length': String(attachment.size),
        'content-security-policy': "default-src 'none'; sandbox",
        'content-disposition': 'inline',
      },
    });
  });
}

/** The file itself, always saved and never shown; part of it where the browser asks for one range (RFC 9110 §14). */
export function sendFile(visit: Visit, desk: DeskServices): Promise<Answer> {
  return openAttachment(visit, desk, 'download', (attachment) => {
    const { id, title, size } = attachment;
    const range = rangeAsked(visit.header('range'), attachment);
    if (range === 'outside')
      return new Response(null, { status: 416, headers: { 'content-range': `bytes */${size}` } });
    const { from, end } = range ?? { from: 0, end: size };
    const body = cut(desk.attachments.read(id, { from }), end - from);
    const whole = download({ name: title, type: sentType(attachment), body, bytes: end - from });
    whole.headers.set('accept-ranges', 'bytes');
    if (range === undefined) return whole;
    whole.headers.set('content-range', `bytes ${from}-${end - 1}/${size}`);
    return new Response(whole.body, { status: 206, headers: whole.headers });
  });
}

/** What a browser could run is sent as unknown bytes; the name keeps its ending. */
function sentType({ contentType, downloadOnly }: Attachment): string {
  return downloadOnly ? 'application/octet-stream' : contentType;
}

interface Range {
  readonly from: number;
  /** The first byte after it. */
  readonly end: number;
}

/** One range of bytes; anything else is answered with the whole, as RFC 9110 §14.2 allows. */
function rangeAsked(header: string | undefined, { size }: Attachment): Range | 'outside' | undefined {
  const [, first = '', last = ''] = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') return Number(last) === 0 ? 'outside' : { from: Math.max(0, size - Number(last)), end: size };
  const from = Number(first);
  if (from >= size) return 'outside';
  if (last !== '' && Number(last) < from) return undefined;
  return { from, end: last === '' ? size : Math.min(size, Number(last) + 1) };
}

async function* cut(bytes: ByteStream, length: number): ByteStream {
  let left = length;
  if (left === 0) return;
  for await (const piece of bytes) {
    yield piece.length <= left ? piece : piece.subarray(0, left);
    left -= piece.length;
    if (left <= 0) return;
  }
}
