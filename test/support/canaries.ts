import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a text that must not be readable at rest was found, and how it was written there. */
export interface Leak {
  readonly file: string;
  readonly text: string;
  readonly form: string;
}

/** Shorter texts occur by chance. */
const lettersMin = 6;

/** Looks for each text in every file below the directories: as UTF-8 and UTF-16, each plain, in hex and in base64. */
export function findLeaks(directories: readonly string[], texts: readonly string[]): readonly Leak[] {
  const needles = texts.flatMap((text) => needlesOf(text));
  const leaks: Leak[] = [];
  for (const file of directories.flatMap((directory) => filesBelow(directory))) {
    const content = readFileSync(file);
    for (const { text, form, bytes } of needles) if (content.includes(bytes)) leaks.push({ file, text, form });
  }
  return leaks;
}

export interface Needle {
  readonly text: string;
  readonly form: string;
  readonly bytes: Buffer;
}

export function needlesOf(text: string): readonly Needle[] {
  if (text.length < lettersMin) throw new Error(`"${text}" is too short to be looked for`);
  const spellings = new Set([text, text.toLowerCase(), text.toUpperCase()]);
  const found = new Map<string, Needle>();
  for (const spelling of spellings)
    for (const [name, plain] of encodingsOf(spelling))
      for (const [form, bytes] of writingsOf(plain))
        found.set(bytes.toString('latin1'), { text, form: form === '' ? name : `${name} in ${form}`, bytes });
  return [...found.values()];
}

function encodingsOf(text: string): readonly (readonly [string, Buffer])[] {
  const little = Buffer.from(text, 'utf16le');
  return [
    ['UTF-8', Buffer.from(text, 'utf8')],
    ['UTF-16LE', little],
    ['UTF-16BE', Buffer.from(little).swap16()],
  ];
}

function* writingsOf(plain: Buffer): Iterable<readonly [string, Buffer]> {
  yield ['', plain];
  const hex = plain.toString('hex');
  yield ['hex', Buffer.from(hex)];
  yield ['hex', Buffer.from(hex.toUpperCase())];
  for (const before of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(before), plain]).toString('base64');
    // Letters that also hold bits of a neighbour are left out.
    const sure = whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + plain.length) * 8) / 6));
    yield [`base64 at ${before}`, Buffer.from(sure)];
    yield [`base64url at ${before}`, Buffer.from(sure.replaceAll('+', '-').replaceAll('/', '_'))];
  }
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
