import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const css = readFileSync(join(import.meta.dirname, '../../../node/web/assets/styles/tokens.css'), 'utf8');

type Scheme = 'light' | 'dark';

/** The value of a token: `--ink: light-dark(#16202a, #e8eef4)`. */
function token(name: string, scheme: Scheme): string {
  const [, light, dark] = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css) ?? [];
  const value = scheme === 'light' ? light : dark;
  if (value === undefined) throw new Error(`there is no token --${name}`);
  return value;
}

/** Relative luminance (WCAG 2.2). */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

test('white on black has the contrast that WCAG gives as the highest', () => {
  expect(contrast('#ffffff', '#000000')).toBeCloseTo(21, 5);
});

/** What the design promises, light and dark. */
test.each([
  ['ink', ['bg', 'surface'], 15.3, 13.9],
  ['muted', ['bg', 'surface'], 6.6, 8.0],
  ['brand', ['bg', 'surface'], 7.2, 8.4],
  ['link', ['bg', 'surface'], 6.8, 8.6],
  ['red', ['red-tint'], 6.4, 7.3],
  ['amber', ['amber-tint'], 7.1, 8.8],
  ['green', ['green-tint'], 7.0, 8.6],
  ['blue', ['blue-tint'], 7.8, 8.3],
  ['violet', ['violet-tint'], 8.1, 8.5],
  ['field', ['bg', 'surface'], 4.4, 5.3],
] as const)('--%s keeps its promised contrast on --%s', (name, grounds, light, dark) => {
  for (const ground of grounds) {
    expect(contrast(token(name, 'light'), token(ground, 'light'))).toBeGreaterThanOrEqual(light - 0.1);
    expect(contrast(token(name, 'dark'), token(ground, 'dark'))).toBeGreaterThanOrEqual(dark - 0.1);
  }
});

/** Pairs that pages use besides: text needs 4.5, borders of fields 3 (WCAG 1.4.3, 1.4.11). */
test.each([
  ['on-brand', 'brand', 4.5],
  ['on-brand', 'brand-strong', 4.5],
  ['muted', 'raised', 4.5],
  ['ink', 'raised', 7],
  ['link', 'raised', 4.5],
  ['red', 'surface', 4.5],
  ['red', 'bg', 4.5],
  ['amber', 'surface', 4.5],
  ['green', 'surface', 4.5],
  ['blue', 'surface', 4.5],
  ['violet', 'surface', 4.5],
  ['field', 'raised', 3],
] as const)('--%s can be read on --%s', (text, ground, least) => {
  for (const scheme of ['light', 'dark'] as const)
    expect(contrast(token(text, scheme), token(ground, scheme))).toBeGreaterThanOrEqual(least);
});
