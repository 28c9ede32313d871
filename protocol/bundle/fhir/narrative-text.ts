const blockEnd = /<\/(?:p|div|li|tr|h[1-6]|dt|dd|caption|pre|blockquote)\s*>|<br\s*\/?>/gi;
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** The words of a narrative without its markup, one line for each block; what stays is text and never HTML again. */
export function narrativeText(xhtml: string): string {
  const lines = xhtml
    .replaceAll(/<!--(?:(?!--)[\s\S])*-->/g, '')
    .replaceAll(blockEnd, '\n')
    .replaceAll(/<[^<>]*>/g, '')
    .replaceAll(/&(?:#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6})|([A-Za-z]{1,8}));/g, decodeEntity)
    .split('\n')
    .map((line) => line.replaceAll(/[ \t\r]+/g, ' ').trim());
  return lines.filter((line) => line !== '').join('\n');
}

function decodeEntity(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return entities[name] ?? whole;
  const point = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  const legal = point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
  return legal ? String.fromCodePoint(point) : '';
}
