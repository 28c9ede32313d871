import { utf8 } from '../../../protocol/bytes.ts';
import { imageSizeOf } from './image-size.ts';

/** So many first bytes tell a type that may be shown. */
export const magicBytesMax = 132;
/** So many first bytes decide what a file is; an image tells its width and height within them. */
export const headBytesMax = 256 * 1024;
/** An image of more pixels is not drawn: a small file can unfold to more memory than a browser has. */
export const imagePixelsMax = 100_000_000;

export const jpegType = 'image/jpeg';

interface Magic {
  readonly at: number;
  readonly bytes: Uint8Array;
}

const ascii = (at: number, text: string): Magic => ({ at, bytes: utf8(text) });
const raw = (at: number, ...bytes: number[]): Magic => ({ at, bytes: Uint8Array.from(bytes) });

/** The types that a browser may show, each with the bytes it begins with. HTML and SVG run scripts and are never here. */
const shown: Readonly<Record<string, readonly (readonly Magic[])[]>> = {
  'image/png': [[raw(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)]],
  [jpegType]: [[raw(0, 0xff, 0xd8, 0xff)]],
  'image/gif': [[ascii(0, 'GIF87a')], [ascii(0, 'GIF89a')]],
  'image/webp': [[ascii(0, 'RIFF'), ascii(8, 'WEBP')]],
  'application/pdf': [[ascii(0, '%PDF-')]],
  'application/dicom': [[ascii(128, 'DICM')]],
};

/** What else is told apart, so that a person hears that a file is not what it says. None of it is shown. */
const known: Readonly<Record<string, readonly (readonly Magic[])[]>> = {
  ...shown,
  'image/tiff': [[raw(0, 0x49, 0x49, 0x2a, 0x00)], [raw(0, 0x4d, 0x4d, 0x00, 0x2a)]],
  'image/bmp': [[ascii(0, 'BM'), raw(6, 0, 0, 0, 0)]],
  'video/mp4': [[ascii(4, 'ftyp')]],
  'application/zip': [[raw(0, 0x50, 0x4b, 0x03, 0x04)], [raw(0, 0x50, 0x4b, 0x05, 0x06)]],
  'application/gzip': [[raw(0, 0x1f, 0x8b)]],
  'application/x-msdownload': [[ascii(0, 'MZ')]],
  'application/x-elf': [[raw(0, 0x7f, 0x45, 0x4c, 0x46)]],
};

const markupLookedAt = 1024;
const htmlElements: ReadonlySet<string> = new Set(
  'html head body script iframe style title meta link base a b i p h1 div span br table img form'.split(' '),
);
/** What may stand before the first element. */
const prologues = [
  ['<?', '?>'],
  ['<!--', '-->'],
  ['<!doctype html', '>'],
  ['<!doctype', '>'],
] as const;
const unclaimed: ReadonlySet<string> = new Set(['', 'application/octet-stream', 'binary/octet-stream']);

/** What a file is by its first bytes; `undefined` where they say nothing that we know. */
export function sniffedType(head: Uint8Array): string | undefined {
  for (const [type, forms] of Object.entries(known)) if (matches(forms, head)) return type;
  const root = rootElement(new TextDecoder('utf-8').decode(head.subarray(0, markupLookedAt)).toLowerCase());
  if (root === 'svg') return 'image/svg+xml';
  return htmlElements.has(root) ? 'text/html' : undefined;
}

/** The first element of a text, after what may stand before it; '' where there is none. One pass, without backtracking. */
function rootElement(text: string): string {
  let rest = text.trimStart();
  for (const [open, close] of [...prologues, ...prologues]) {
    while (rest.startsWith(open)) {
      const end = rest.indexOf(close, open.length);
      if (end === -1) return '';
      if (open === '<!doctype html') return 'html';
      rest = rest.slice(end + close.length).trimStart();
    }
  }
  return /^<([a-z0-9]{1,10})[\s>/]/.exec(rest)?.[1] ?? '';
}

/** What a browser sends where it does not know: no claim that the bytes could contradict. */
export function isUnclaimed(declared: string): boolean {
  return unclaimed.has(declared.toLowerCase());
}

/** The declared type, or what the bytes say where nothing was declared. */
export function effectiveType(declared: string, head: Uint8Array): string {
  if (!isUnclaimed(declared)) return declared;
  return sniffedType(head) ?? 'application/octet-stream';
}

/**
 * Whether a file is to be offered as a download only: its type is not one to show, its bytes say otherwise, or it is an
 * image of more pixels than are drawn.
 */
export function isDownloadOnly(contentType: string, head: Uint8Array): boolean {
  const forms = shown[contentType.toLowerCase()];
  if (forms === undefined || !matches(forms, head)) return true;
  const size = imageSizeOf(head);
  return size !== undefined && size.width * size.height > imagePixelsMax;
}

function matches(forms: readonly (readonly Magic[])[], head: Uint8Array): boolean {
  return forms.some((form) => form.every((magic) => holds(head, magic)));
}

function holds(head: Uint8Array, { at, bytes }: Magic): boolean {
  return head.length >= at + bytes.length && bytes.every((byte, i) => head[at + i] === byte);
}
