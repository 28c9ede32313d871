import { utf8 } from '../../../protocol/bytes.ts';

const orientationTag = 0x0112;
const entryBytes = 12;
const entriesMax = 1000;
const shortType = 3;

/** The orientation 1 to 8 of an Exif block (TIFF 6.0, first directory); `undefined` where it says none or is broken. */
export function orientationOf(tiff: Uint8Array): number | undefined {
  if (tiff.length < 8) return undefined;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  const order = view.getUint16(0);
  const little = order === 0x4949;
  if ((!little && order !== 0x4d4d) || view.getUint16(2, little) !== 42) return undefined;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return undefined;
  const entries = Math.min(view.getUint16(directory, little), entriesMax);
  for (let i = 0; i < entries; i += 1) {
    const at = directory + 2 + i * entryBytes;
    if (at + entryBytes > tiff.length) return undefined;
    if (view.getUint16(at, little) !== orientationTag || view.getUint16(at + 2, little) !== shortType) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return undefined;
}

/** An APP1 segment that says the orientation and nothing else. */
export function minimalExif(orientation: number): Uint8Array {
  const exif = utf8('Exif\0\0');
  const bigEndianHeader = [0x4d, 0x4d, 0x00, 0x2a, 0x00, 0x00, 0x00, 0x08];
  const oneEntry = [0x00, 0x01, 0x01, 0x12, 0x00, shortType, 0x00, 0x00, 0x00, 0x01, 0x00, orientation, 0x00, 0x00];
  const noFurtherDirectory = [0x00, 0x00, 0x00, 0x00];
  return Uint8Array.from([0xff, 0xe1, 0x00, 0x22, ...exif, ...bigEndianHeader, ...oneEntry, ...noFurtherDirectory]);
}
