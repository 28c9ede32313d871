/** Characters that a terminal would obey instead of showing, or that turn the direction of text. */
const obeyed = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\u2028\u2029]/gu;

/** Text of anyone as one line that can only be read: what would steer the terminal is shown as its code. */
export function shown(text: string): string {
  return text.replaceAll(obeyed, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
}

/** Rows under a header, columns aligned by two spaces; the last column is not padded. */
export function tableLines(header: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const cells = [header, ...rows].map((row) => row.map(shown));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ''))));
  return cells.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** Names and values, the values aligned; empty values are left out. */
export function fieldLines(fields: Readonly<Record<string, string>>): readonly string[] {
  const told = Object.entries(fields).filter(([, value]) => value !== '');
  const width = Math.max(0, ...told.map(([name]) => name.length));
  return told.map(([name, value]) => `${`${name}:`.padEnd(width + 1)} ${shown(value)}`);
}

/** Letters, not UTF-16 units; wide scripts still take two columns of a terminal, which is only beauty. */
function widthOf(text: string): number {
  return [...text].length;
}

/** `1 entry`, `2 entries`. */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
