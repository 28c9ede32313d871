import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';

const compress = promisify(gzip);
/** Shorter bodies gain nothing. */
const compressedBytesMin = 1024;
const level = 5;

export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return (acceptEncoding ?? '').split(',').some((part) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0+)?\s*$).*)?$/i.test(part));
}

export interface Body {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A page as it goes over the line. Pages hold no secret that a stranger could measure by their length: the session is a
 * cookie that no other site's request carries (Node §13).
 */
export async function compressed(html: string, acceptEncoding: string | undefined): Promise<Body> {
  const headers = { vary: 'accept-encoding' };
  if (html.length < compressedBytesMin || !acceptsGzip(acceptEncoding)) return { body: html, headers };
  return { body: bytesOf(await compress(html, { level })), headers: { ...headers, 'content-encoding': 'gzip' } };
}

/** For files that are compressed once and served for ever. */
export function compressedOnce(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytesOf(gzipSync(bytes, { level: 9 }));
}

function bytesOf({ buffer, byteOffset, length }: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, length);
}
