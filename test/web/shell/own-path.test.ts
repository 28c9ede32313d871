import { expect, test } from 'vitest';
import { parseOwnPath } from '../../../node/web/urls.ts';

test.each([
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '/.//evil.example',
  '/a/..//evil.example',
  '/%2e//evil.example',
  '/a/%2E%2e//evil.example/?next=/',
  '/.\\\\evil.example',
  '/\tevil',
  '/ü',
  'javascript:alert(1)',
  '',
  `/${'x'.repeat(2000)}`,
])('open redirect: dot segments and other spellings of another host are no path of ours: %s', (text) => {
  expect(parseOwnPath(text)).toBeUndefined();
});

test.each([
  ['/', '/'],
  ['/patients?q=sha&order=created', '/patients?q=sha&order=created'],
  ['/patients/../alerts', '/alerts'],
  ['/patients/%2F%2Fevil', '/patients/%2F%2Fevil'],
  ['/help#part', '/help'],
])('%s is a path of ours', (text, path) => {
  expect(parseOwnPath(text)).toBe(path);
});
