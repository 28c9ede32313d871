import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { utf8 } from '../../../../protocol/bytes.ts';
import type { JsonObject } from '../../../../protocol/json.ts';
import { repoRoot } from '../../../support/vectors.ts';

const root = path.join(repoRoot, 'test/fixtures/fhir');

export const sampleNames = ['sample-referral', 'sample-event-accepted', 'sample-event-completed'] as const;

export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(path.join(root, name)));
}

export function fixtureNames(folder: string): string[] {
  return readdirSync(path.join(root, folder)).filter((name) => name.endsWith('.json') && name !== 'index.json');
}

export function readFixture(name: string): JsonObject {
  return JSON.parse(new TextDecoder().decode(fixture(name))) as JsonObject;
}

/** A resource or element of a fixture that a test may change. */
export interface Loose {
  [name: string]: unknown;
}

/** The sample, changed: `change` gets the first resource of `type` and a finder for others. */
export function changed(
  sample: (typeof sampleNames)[number],
  type: string,
  change: (resource: Loose, of: (type: string) => Loose, bundle: Loose) => void,
): Uint8Array {
  const bundle = readFixture(`${sample}.json`) as unknown as Loose & { entry: { resource: Loose }[] };
  const of = (one: string): Loose => {
    const found = bundle.entry.find(({ resource }) => resource['resourceType'] === one);
    if (found === undefined) throw new Error(`no ${one} in ${sample}`);
    return found.resource;
  };
  change(type === 'Bundle' ? bundle : of(type), of, bundle);
  return utf8(JSON.stringify(bundle));
}
