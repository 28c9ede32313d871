import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { acceptsGzip, compressed } from '../../../node/web/http/compress.ts';

test.each([
  ['gzip', true],
  ['gzip, deflate, br, zstd', true],
  ['br;q=1.0, gzip;q=0.8', true],
  ['GZIP', true],
  ['gzip;q=0', false],
  ['gzip;q=0.0', false],
  ['deflate', false],
  ['gzipped', false],
  ['', false],
  [undefined, false],
])('a browser that accepts %s gets gzip: %s', (header, expected) => {
  expect(acceptsGzip(header)).toBe(expected);
});

test('a page comes back as it was, and a short one is left alone', async () => {
  const long = '<p>Sharma</p>'.repeat(1000);
  const { body, headers } = await compressed(long, 'gzip');
  expect(headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(body).toString()).toBe(long);
  expect((await compressed('<p></p>', 'gzip')).body).toBe('<p></p>');
  expect((await compressed(long, undefined)).body).toBe(long);
});
