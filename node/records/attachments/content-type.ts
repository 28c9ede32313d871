import { utf8 } from '../../../protocol/bytes.ts';

/** So many first bytes decide what a file is. */
export const magicBytesMax = 132;

interface Magic {
  readonly at: number;
  readonly bytes: Uint8Array;
}

const ascii = (at: number, text: string): Magic => ({ at, bytes: utf8(text) });
const raw = (at: number, ...bytes: number[]): Magic => ({ at, bytes: Uint8Array.from(bytes) });

/** The types that a browser may show, each with the bytes it begins with. HTML and SVG run scripts and are never here. */
const shown: Readonly<Record<string, readonly (readonly Magic[])[]>> = {
  'image/png': [[raw(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)]],
  'image/jpeg': [[raw(0, 0xff, 0xd8, 0xff)]],
  'image/gif': [[ascii(0, 'GIF87a')], [ascii(0, 'GIF89a')]],
  'image/webp': [[ascii(0, 'RIFF'), ascii(8, 'WEBP')]],
  'application/pdf': [[ascii(0, '%PDF-')]],
  'application/dicom': [[ascii(128, 'DICM')]],
};

/** Whether a file is to be offered as a download only: its type is not one to show, or its bytes say otherwise. */
export function isDownloadOnly(contentType: string, first: Uint8Array): boolean {
  const forms = shown[contentType.toLowerCase()];
  return forms === undefined || !forms.some((form) => form.every((magic) => holds(first, magic)));
}

function holds(first: Uint8Array, { at, bytes }: Magic): boolean {
  return first.length >= at + bytes.length && bytes.every((byte, i) => first[at + i] === byte);
}
