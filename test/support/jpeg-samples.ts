/** JPEGs put together by hand, with everything that a telephone writes beside a picture, and without. */

const bytesOf = (...parts: readonly (string | number | readonly number[] | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => {
      if (typeof part === 'number') return [part];
      return typeof part === 'string' ? [...part].map((letter) => letter.charCodeAt(0)) : [...part];
    }),
  );

function segment(marker: number, ...body: readonly (string | number | readonly number[] | Uint8Array)[]): Uint8Array {
  const content = bytesOf(...body);
  return bytesOf(0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 0xff, content);
}

const jfif = segment(0xe0, 'JFIF\0', [1, 2, 0, 0, 1, 0, 1, 0, 0]);
const jfifWithThumbnail = segment(0xe0, 'JFIF\0', [1, 2, 0, 0, 1, 0, 1, 1, 1], [9, 9, 9]);
const profile = segment(0xe2, 'ICC_PROFILE\0', [1, 1], 'colours');
const adobe = segment(0xee, 'Adobe', [0, 100, 0, 0, 0, 0, 1]);
const tables = [
  segment(0xdb, [0], new Uint8Array(64).fill(1)),
  segment(0xc0, [8, 0, 2, 0, 3, 1, 1, 0x11, 0]),
  segment(0xc4, [0], new Uint8Array(16), [0]),
];
const scan = bytesOf(segment(0xda, [1, 1, 0, 0, 63, 0]), [1, 2, 0xff, 0, 3, 0xff, 0xd0, 4, 0xff, 0, 5]);
/** Big-endian, one directory: maker, orientation 6 (turned right), and a second directory that holds the place. */
const exif = segment(
  0xe1,
  'Exif\0\0',
  'MM\0*',
  [0, 0, 0, 8, 0, 2],
  [0x01, 0x0f, 0, 2, 0, 0, 0, 4],
  'GPS!',
  [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0],
  [0, 0, 0, 0],
  'GPS 35.68N 139.69E',
);
const onlyOrientation = segment(
  0xe1,
  'Exif\0\0',
  'MM\0*',
  [0, 0, 0, 8, 0, 1],
  [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0],
  [0, 0, 0, 0],
);

/** Exif with the place, XMP, previews, IPTC, a comment, fill bytes, a comment between two scans, and a film at the end. */
export function jpegWithEverything(): Uint8Array {
  return bytesOf(
    [0xff, 0xd8],
    jfifWithThumbnail,
    exif,
    segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', '<x:xmpmeta>GPS</x:xmpmeta>'),
    profile,
    segment(0xe2, 'MPF\0', 'GPS'),
    segment(0xed, 'Photoshop 3.0\0', 'GPS'),
    adobe,
    segment(0xfe, 'GPS of the hospital'),
    [0xff, 0xff],
    ...tables,
    scan,
    segment(0xfe, 'GPS again'),
    scan,
    [0xff, 0xd9],
    'GPS in a film that follows the picture',
  );
}

/** The same picture with nothing beside it. */
export function plainJpeg(): Uint8Array {
  return bytesOf([0xff, 0xd8], jfif, onlyOrientation, profile, adobe, ...tables, scan, scan, [0xff, 0xd9]);
}
