export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;
const pngSizeAt = 16;

/**
 * Width and height of a PNG or JPEG from its header, without decoding a pixel; `undefined` for anything else and for a
 * header that is cut or broken (PNG 1.2 §4.1.1, ITU-T T.81 §B.2.2).
 */
export function imageSizeOf(head: Uint8Array): ImageSize | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (pngSignature.every((byte, i) => head[i] === byte))
    return head.length < pngSizeAt + 8
      ? undefined
      : { width: view.getUint32(pngSizeAt), height: view.getUint32(pngSizeAt + 4) };
  return head[0] === 0xff && head[1] === 0xd8 ? jpegSize(view) : undefined;
}

/** Walks the segments to the start of frame: SOF0 to SOF15 without DHT, JPG and DAC, which lie between them. */
function jpegSize(view: DataView): ImageSize | undefined {
  let at = 2;
  while (at + 9 <= view.byteLength) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1; // A fill byte.
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    if (marker === 0xd9 || marker === 0xda) return undefined;
    const isBare = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    at += isBare ? 2 : 2 + Math.max(2, view.getUint16(at + 2));
  }
  return undefined;
}
