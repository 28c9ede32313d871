import type { Narrative } from '@medplum/fhirtypes';

/** Direction overrides, which nobody shall obey (Records §1), and the two characters that XML forbids. */
const strayCharacters = /[\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g;
/** The equals sign too: some receivers look for `onerror=` without reading tags, and would take quoted markup for live. */
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '=': '&#61;',
};

/**
 * Narrative of plain lines, each a paragraph; markup in a line stays text. A narrative without a visible character would be
 * illegal, so one that has nothing to say shows an ellipsis.
 */
export function narrative(lines: readonly string[]): Narrative {
  const paragraphs = lines
    .flatMap((line) => line.replace(strayCharacters, '').split(/\r\n|\r|\n/))
    .filter((line) => line.trim() !== '')
    .map((line) => `<p>${escapeXhtml(line)}</p>`);
  const content = paragraphs.length === 0 ? '<p>…</p>' : paragraphs.join('');
  return { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>` };
}

function escapeXhtml(text: string): string {
  return text.replace(/[&<>"'=]/g, (character) => escapes[character] ?? '');
}
