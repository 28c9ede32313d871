const titleLettersMax = 150;

/** A file's name as a title: without a path, without control characters, whatever a browser tells; a long one keeps its ending. */
export function titleOfFile(name: string): string {
  const last = (name.toWellFormed().split(/[/\\]/).at(-1) ?? '').replaceAll(/\p{Cc}/gu, '_').trim();
  if (/^\.*$/.test(last)) return 'file';
  if (last.length <= titleLettersMax) return last;
  const ending = endingForm.exec(last)?.[0] ?? '';
  // Neither half of a letter of two units stays.
  return `${last.slice(0, titleLettersMax - ending.length).replace(/[\uD800-\uDBFF]$/, '')}${ending}`;
}

/** Of a type of file, as endings are: longer ones are a part of the name. */
const endingForm = /\.[A-Za-z0-9]{1,10}$/;

/** The declared type without its parameters; what is no type is told as unknown bytes. */
export function typeOfFile(declared: string): string {
  const type = declared.split(';')[0]?.trim().toLowerCase() ?? '';
  return /^[a-z0-9!#$&^_.+-]{1,90}\/[a-z0-9!#$&^_.+-]{1,90}$/.test(type) ? type : 'application/octet-stream';
}
