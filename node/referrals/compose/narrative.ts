import type { Narrative } from '@medplum/fhirtypes';

/** Direction overrides are shown by nobody and obeyed by nobody (clinical.md §9). */
const bidiControls = /[\u202a-\u202e\u2066-\u2069]/g;
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Narrative of plain lines, each a paragraph; markup in a line stays text. At least one line must say something. */
export function narrative(lines: readonly string[]): Narrative {
  const paragraphs = lines
    .flatMap((line) => line.split(/\r\n|\r|\n/))
    .filter((line) => line.trim() !== '')
    .map((line) => `<p>${escapeXhtml(line)}</p>`);
  return { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${paragraphs.join('')}</div>` };
}

function escapeXhtml(text: string): string {
  return text.replace(bidiControls, '').replace(/[&<>"']/g, (character) => escapes[character] ?? '');
}
