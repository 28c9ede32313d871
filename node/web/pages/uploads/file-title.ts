const titleLettersMax = 150;

/** A file's name as a title: without a path, without control characters, whatever a browser tells. */
export function titleOfFile(name: string): string {
  const last = name.toWellFormed().split(/[/\\]/).at(-1) ?? '';
  return (
    last
      .replaceAll(/\p{Cc}/gu, '_')
      .trim()
      .slice(0, titleLettersMax)
      .toWellFormed() || 'file'
  );
}

/** The declared type without its parameters; what is no type is told as unknown bytes. */
export function typeOfFile(declared: string): string {
  const type = declared.split(';')[0]?.trim().toLowerCase() ?? '';
  return /^[a-z0-9!#$&^_.+-]{1,90}\/[a-z0-9!#$&^_.+-]{1,90}$/.test(type) ? type : 'application/octet-stream';
}
