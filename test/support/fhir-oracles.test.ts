import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { askOracles, oracleErrors } from './fhir-oracles.ts';

interface Loose {
  entry: { resource: Record<string, unknown> }[];
}

function sample(name: string): Loose {
  return JSON.parse(readFileSync(new URL(`../fixtures/fhir/${name}`, import.meta.url), 'utf8')) as Loose;
}

function spoiled(resourceType: string, change: (resource: Record<string, unknown>) => void): Loose {
  const bundle = sample('sample-referral.json');
  for (const { resource } of bundle.entry) if (resource['resourceType'] === resourceType) change(resource);
  return bundle;
}

test.each(['sample-referral.json', 'sample-event-accepted.json', 'sample-event-completed.json'])(
  'all four oracles are content with %s',
  (name) => {
    expect(oracleErrors(sample(name))).toEqual([]);
  },
);

test.each([
  ['medplum', 'a birth date in another order', 'Patient', { birthDate: '14/05/1987' }],
  ['lantana', 'a status outside its required set', 'Task', { status: 'sent' }],
  ['jsonSchema', 'a text where a list belongs', 'Patient', { name: 'Selam' }],
  ['fhirpath', 'a change before the beginning', 'Task', { lastModified: '2001-01-01T00:00:00Z' }],
] as const)('%s still sees %s', (oracle, _, resourceType, change) => {
  const bundle = spoiled(resourceType, (resource) => Object.assign(resource, change));
  expect(askOracles(bundle)[oracle]).not.toEqual([]);
});

test('an oracle that throws counts as an error', () => {
  expect(oracleErrors({ resourceType: 'Bundle', type: 'message', entry: [null] })).not.toEqual([]);
});
