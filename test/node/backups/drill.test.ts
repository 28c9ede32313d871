import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backupDirectories, type BackupDirectories } from '../../support/backed-up-desks.ts';
import { openPopulatedDesks, type PopulatedDesks } from '../../support/populated-desks.ts';
import type { FernpostNode } from '../../../node/node.ts';

let directories: BackupDirectories;
let desks: PopulatedDesks;
let node: FernpostNode;
let name: string;

beforeAll(async () => {
  directories = backupDirectories();
  desks = await openPopulatedDesks({ change: directories.change });
  node = desks.at('birch').node;
  ({ name } = await node.backups.create('Ada Admin'));
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
  rmSync(directories.root, { recursive: true, force: true });
});

const folder = (): string => join(directories.of('birch'), name);

test('a backup is proven whole, and says of what', async () => {
  const result = await node.backups.drill('Ada Admin');
  expect(result).toMatchObject({ state: 'proven', backup: { name } });
  expect(readdirSync(folder()).toSorted()).toEqual(['backup.json', 'blobs.txt', 'fernpost.json', 'node.db']);
});
