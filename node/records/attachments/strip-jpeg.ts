import type { ByteStream } from '../../platform/files.ts';
import { minimalExif, orientationOf } from './exif-orientation.ts';

/**
 * Takes out of a JPEG, as it passes, what a camera or telephone wrote beside the picture: place, time, serial numbers, owner,
 * previews, comments (Records §3.2). Kept are the picture itself, JFIF, the colour profile, Adobe's colour transform, and which
 * way up it is, without which a photograph of a left hand could be read as one of a right. What follows the end of the picture
 * is dropped too: telephones put second pictures and whole films there.
 *
 * Where the form of a JPEG breaks, the rest passes unchanged: nothing that may matter is lost. A file that does not begin as
 * a JPEG passes as it is.
 */
export async function* stripJpegMetadata(bytes: ByteStream): ByteStream & AsyncGenerator<Uint8Array> {
  const strip = new JpegStrip();
  for await (const piece of bytes) yield* strip.take(piece);
  yield* strip.end();
}

type State = 'begin' | 'marker' | 'picture' | 'after' | 'pass';

const startOfImage = 0xd8;
const endOfImage = 0xd9;
const startOfScan = 0xda;
const comment = 0xfe;
const firstApplication = 0xe0;
const lastApplication = 0xef;
const empty: Uint8Array<ArrayBuffer> = new Uint8Array();

class JpegStrip {
  #state: State = 'begin';
  /** What is held until a marker or a segment is whole: at most 64 KiB and a piece. */
  #held: Uint8Array = empty;

  *take(piece: Uint8Array): Generator<Uint8Array> {
    if (this.#state === 'after') return;
    if (this.#state === 'pass' && this.#held.length === 0) {
      yield piece;
      return;
    }
    // A copy: whoever gave the piece may use its memory again.
    const all = new Uint8Array(this.#held.length + piece.length);
    all.set(this.#held);
    all.set(piece, this.#held.length);
    this.#held = empty;
    yield* this.#walk(all);
  }

  *end(): Generator<Uint8Array> {
    if (this.#held.length > 0) yield this.#held;
  }

  *#walk(all: Uint8Array): Generator<Uint8Array> {
    const { length } = all;
    for (let at = 0; ;) {
      const rest = all.subarray(at);
      const step = this.#step(rest);
      if (step.give.length > 0) yield step.give;
      at += step.used;
      if (step.more) {
        this.#held = at === length ? empty : all.subarray(at); // Who got all of it may have given its memory back.
        return;
      }
    }
  }

  #step(rest: Uint8Array): Step {
    switch (this.#state) {
      case 'begin':
        return this.#begin(rest);
      case 'marker':
        return this.#segment(rest);
      case 'picture':
        return this.#picture(rest);
      case 'after':
        return { give: empty, used: rest.length, more: true };
      case 'pass':
        return { give: rest, used: rest.length, more: true };
    }
  }

  #begin(rest: Uint8Array): Step {
    if (rest.length < 3) return wait;
    if (rest[0] !== 0xff || rest[1] !== startOfImage || rest[2] !== 0xff) return this.#giveUp();
    this.#state = 'marker';
    return { give: rest.subarray(0, 2), used: 2, more: false };
  }

  #segment(rest: Uint8Array): Step {
    if (rest.length < 2) return wait;
    if (rest[0] !== 0xff) return this.#giveUp();
    const marker = rest[1] ?? 0;
    if (marker === 0xff) return { give: empty, used: 1, more: false }; // A fill byte (T.81 §B.1.1.2).
    if (marker === endOfImage) {
      this.#state = 'after';
      return { give: rest.subarray(0, 2), used: 2, more: false };
    }
    if (isBare(marker)) return { give: rest.subarray(0, 2), used: 2, more: false };
    if (rest.length < 4) return wait;
    const size = 2 + (((rest[2] ?? 0) << 8) | (rest[3] ?? 0));
    if (size < 4) return this.#giveUp();
    if (rest.length < size) return wait;
    if (marker === startOfScan) this.#state = 'picture';
    return { give: keptOf(marker, rest.subarray(0, size)), used: size, more: false };
  }

  /** Entropy-coded data up to the next marker; FF 00 is a byte of it, and restart markers stand inside (T.81 §B.1.1.5). */
  #picture(rest: Uint8Array): Step {
    for (let at = rest.indexOf(0xff); at !== -1; at = rest.indexOf(0xff, at + 1)) {
      const marker = rest[at + 1];
      if (marker === undefined) return { give: rest.subarray(0, at), used: at, more: true };
      if (marker === 0 || (marker >= 0xd0 && marker <= 0xd7) || marker === 0xff) continue;
      this.#state = 'marker';
      return { give: rest.subarray(0, at), used: at, more: false };
    }
    return { give: rest, used: rest.length, more: true };
  }

  #giveUp(): Step {
    this.#state = 'pass';
    return { give: empty, used: 0, more: false };
  }
}

interface Step {
  readonly give: Uint8Array;
  readonly used: number;
  /** Nothing goes on before more bytes come. */
  readonly more: boolean;
}

const wait: Step = { give: empty, used: 0, more: true };

function isBare(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= startOfImage);
}

/** The segment, a smaller one in its place, or nothing. */
function keptOf(marker: number, segment: Uint8Array): Uint8Array {
  if (marker === comment) return empty;
  if (marker < firstApplication || marker > lastApplication) return segment;
  const body = segment.subarray(4);
  if (marker === 0xe0 && begins(body, 'JFIF\0')) return withoutThumbnail(segment);
  if (marker === 0xe2 && begins(body, 'ICC_PROFILE\0')) return segment;
  if (marker === 0xee && begins(body, 'Adobe')) return segment;
  if (marker !== 0xe1 || !begins(body, 'Exif\0\0')) return empty;
  const orientation = orientationOf(body.subarray(6));
  return orientation === undefined || orientation === 1 ? empty : minimalExif(orientation);
}

const jfifBytes = 16;
const jfifThumbnailAt = 16;

/** JFIF's own preview is taken out: it may show what was cut from the picture. */
function withoutThumbnail(segment: Uint8Array): Uint8Array {
  if (segment.length <= jfifThumbnailAt + 2) return segment;
  const plain = new Uint8Array(jfifBytes + 2);
  plain.set(segment.subarray(0, jfifThumbnailAt));
  plain.set([0, jfifBytes], 2);
  return plain;
}

function begins(body: Uint8Array, text: string): boolean {
  return body.length >= text.length && [...text].every((letter, i) => body[i] === letter.charCodeAt(0));
}
