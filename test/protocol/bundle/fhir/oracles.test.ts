import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkBundle } from '../../../../protocol/bundle/fhir/check.ts';
import { documentOf } from '../../../../protocol/bundle/projection.ts';
import { utf8 } from '../../../../protocol/bytes.ts';
import { oracleErrors } from '../../../support/fhir-oracles.ts';
import { readFixture, sampleNames } from './fixtures.ts';

/*
 * The general validators know FHIR and we do not copy them; so whatever one of them calls an error, ours must refuse
 * (Spec bundle §12 b). The seed is fixed: a change of ours is what changes the outcome, not the day.
 */
const runs = 300;
const seed = 20261120;

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Path = readonly (string | number)[];

/** What stands at a random place after the mutation; `undefined` takes it out. */
const replacements: readonly (Json | undefined)[] = [
  undefined,
  undefined,
  null,
  '',
  'x',
  'final',
  '2026-13-01',
  '2026-02-30',
  '2019',
  'http://x.example/a b',
  0,
  -1,
  1.5,
  true,
  [],
  {},
  ['x'],
  [{}],
  { text: 'x' },
  { coding: [{ system: 'http://x.example', code: 'x' }] },
  { reference: 'Group/1' },
  { start: '2027-01-01', end: '2026-01-01' },
];

/** Names that R4 has somewhere, and so often puts at a place where it has not. */
const names = [
  'status',
  'value',
  'valueString',
  'onsetString',
  'code',
  'period',
  'url',
  'extension',
  'nonsense',
  'text',
];

/** What an oracle calls an error and we do not, each with its reason. */
const knownGaps: readonly (readonly [form: RegExp, why: string])[] = [];

function pathsOf(value: Json, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, one]) => pathsOf(one, [...path, name]))];
}

function put(root: Json, path: Path, value: Json | undefined): void {
  const last = path.at(-1);
  let at = root as Record<string | number, Json>;
  for (const name of path.slice(0, -1)) at = at[name] as Record<string | number, Json>;
  if (last === undefined) return;
  if (value !== undefined) at[last] = value;
  else if (Array.isArray(at)) at.splice(Number(last), 1);
  else delete at[last];
}

/** A small Bundle of a few entries: the oracles take their time over a whole one. */
function smaller(bundle: Json, which: readonly number[]): Json {
  const { entry, ...rest } = bundle as { entry: Json[]; [name: string]: Json };
  const kept = which.map((i) => entry[i % entry.length] ?? null);
  return structuredClone({ ...rest, entry: [...new Set([entry[0] ?? null, ...kept])] });
}

const sample = readFixture('sample-referral.json') as unknown as Json;

test('whatever a general validator refuses, we refuse', { timeout: 240_000 }, () => {
  fc.assert(
    fc.property(
      fc.nat(45),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      fc.constantFrom(...replacements),
      fc.option(fc.constantFrom(...names), { freq: 3 }),
      (entry, place, replacement, name) => {
        const bundle = smaller(sample, [entry]);
        const paths = pathsOf(bundle).filter((path) => path.length > 0 && path.at(-1) !== 'resourceType');
        const path = paths[Math.floor(place * paths.length)] ?? [];
        put(bundle, name === null ? path : [...path.slice(0, -1), name], replacement);
        const ours = checkBundle(utf8(JSON.stringify(bundle)), { layer: 'base' });
        if (!ours.ok) return;
        const theirs = oracleErrors(bundle).filter((error) => !knownGaps.some(([form]) => form.test(error)));
        expect(theirs).toEqual([]);
      },
    ),
    { numRuns: runs, seed },
  );
});

test.each(sampleNames.filter((name) => name !== 'sample-event-accepted'))('%s becomes a good document', (name) => {
  const document = documentOf(readFixture(`${name}.json`), {
    id: '11111111-1111-4111-8111-111111111111',
    identifier: '22222222-2222-4222-8222-222222222222',
  });
  expect(oracleErrors(document)).toEqual([]);
  const checked = checkBundle(utf8(JSON.stringify(document)), { layer: 'base' });
  expect(checked.ok ? [] : checked.issues).toEqual([]);
  const text = JSON.stringify(document);
  expect(text).not.toContain('attachment-key');
  for (const type of ['MessageHeader', 'Task', 'Provenance']) expect(text).not.toContain(`"resourceType":"${type}"`);
});

test('the document of the sample holds what its note reaches', () => {
  const name = { id: '11111111-1111-4111-8111-111111111111', identifier: '22222222-2222-4222-8222-222222222222' };
  const document = documentOf(readFixture('sample-referral.json'), name) as unknown as {
    entry: { resource: { resourceType: string } }[];
  };
  const types = document.entry.map(({ resource }) => resource.resourceType);
  expect(types[0]).toBe('Composition');
  for (const type of ['Patient', 'Coverage', 'AllergyIntolerance', 'Observation', 'DocumentReference', 'Flag'])
    expect(types).toContain(type);
  expect(types.length).toBe(43);
});
