import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findLeaks } from '../support/canaries.ts';
import { testDirectory } from '../support/test-directory.ts';

const name = 'Şükrü Kanarya';
const note = 'sentinel-note-4711';

test.each<[string, () => Buffer]>([
  ['as it is', () => Buffer.from(`{"family":"${name}"}`)],
  ['in lower case', () => Buffer.from(name.toLowerCase())],
  ['in UTF-16LE', () => Buffer.from(name, 'utf16le')],
  ['in UTF-16BE', () => Buffer.from(name, 'utf16le').swap16()],
  ['in hex', () => Buffer.from(Buffer.from(`x${name}y`).toString('hex'))],
  ['in base64', () => Buffer.from(Buffer.from(`${name} and more`).toString('base64'))],
  ['in base64 one byte on', () => Buffer.from(Buffer.from(`1${name} and more`).toString('base64'))],
  ['in base64 two bytes on', () => Buffer.from(Buffer.from(`12${name} and more`).toString('base64url'))],
])('a name in a file is found %s', (_, content) => {
  using directory = testDirectory();
  writeFileSync(directory.file('data'), Buffer.concat([Buffer.alloc(37, 0x80), content(), Buffer.alloc(5)]));
  expect(findLeaks([directory.path], [name]).map((leak) => leak.text)).toContain(name);
  expect(findLeaks([directory.path], [note])).toEqual([]);
});
