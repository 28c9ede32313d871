import Sqlite from 'better-sqlite3';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseManifest, sealManifest, writeManifest, type Manifest } from '../../../node/backups/manifest.ts';
import { runDrill } from '../../../node/backups/drill.ts';
import { progressOf } from '../../../node/backups/progress.ts';
import { digestFile } from '../../../node/backups/whole-files.ts';
import type { RootKey } from '../../../node/keys/root-key.ts';
import type { FernpostNode } from '../../../node/node.ts';
import { systemFiles as files } from '../../../node/platform/system-files.ts';
import { findLeaks } from '../../support/canaries.ts';
import { backupDirectories, type BackupDirectories } from '../../support/backed-up-desks.ts';
import { openPopulatedDesks, type PopulatedDesks } from '../../support/populated-desks.ts';

let directories: BackupDirectories;
let desks: PopulatedDesks;
let node: FernpostNode;
let name: string;

beforeAll(async () => {
  directories = backupDirectories();
  desks = await openPopulatedDesks({ change: directories.change });
  ({ node } = desks.at('birch'));
  ({ name } = await node.backups.create('Ada Admin'));
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
  rmSync(directories.root, { recursive: true, force: true });
});

const directory = (): string => directories.of('birch');
const fileOf = (file: string): string => join(directory(), name, file);
const blobFiles = (): readonly string[] =>
  readdirSync(join(directory(), 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();

async function failing(): Promise<string> {
  const result = await node.backups.drill('Ada Admin');
  return result.state === 'failed' ? result.code : result.state;
}

/** Changes one bit of the byte at this share of a file, and gives back how to undo it. */
function flip(path: string, share: number): () => void {
  const sound = readFileSync(path);
  const changed = Buffer.from(sound);
  const at = Math.min(sound.length - 1, Math.floor(sound.length * share));
  changed[at] = (changed[at] ?? 0) ^ 1;
  writeFileSync(path, changed);
  return () => writeFileSync(path, sound);
}

/** What somebody does to a backup who may write there: changes a part and writes down its new digest. */
async function rewrite(change: () => void, seal?: FernpostNode['keyring']): Promise<void> {
  const { seal: old, ...manifest } = readManifest();
  change();
  const changed = { ...manifest, files: { ...manifest.files } };
  for (const file of ['node.db', 'fernpost.json', 'blobs.txt'] as const)
    changed.files[file] = await digestFile(files, fileOf(file));
  writeFileSync(
    fileOf('backup.json'),
    writeManifest(seal === undefined ? { ...changed, seal: old } : sealManifest(changed, seal)),
  );
}

const config = (): string => readFileSync(fileOf('fernpost.json'), 'utf8');

function readManifest(): Manifest {
  const manifest = parseManifest(readFileSync(fileOf('backup.json')));
  if (manifest === undefined) throw new Error('the manifest cannot be read');
  return manifest;
}

const inDatabase = (sql: string) => (): void => {
  const sqlite = new Sqlite(fileOf('node.db'));
  sqlite.exec(sql);
  sqlite.close();
};

test('a backup holds four files and is proven whole, and what was proven is remembered', async () => {
  expect(readdirSync(join(directory(), name)).toSorted()).toEqual([
    'backup.json',
    'blobs.txt',
    'fernpost.json',
    'node.db',
  ]);
  const result = await node.backups.drill('Ada Admin');
  expect(result).toMatchObject({
    state: 'proven',
    backup: { name },
    proven: { files: 3, leaves: readManifest().log.size },
  });
  if (result.state !== 'proven') return;
  expect(result.proven.values).toBeGreaterThan(10);
  expect(result.proven.keys).toBeGreaterThan(3);
  const { goodDrill, drill } = await node.backups.standing();
  expect(goodDrill).toEqual(drill);
  expect(goodDrill).toMatchObject({ backup: name, by: 'Ada Admin', facts: { leaves: result.proven.leaves } });
});

test('nothing of a patient can be read in the backup directory, and the root key is not in it', () => {
  const texts = ['Sharma', 'आशा शर्मा', '12 Lake Road', 'Displaced fracture', 'asha.sharma@example.org'];
  expect(findLeaks([directory()], texts)).toEqual([]);
  const rootKey = readFileSync(join(desks.at('birch').dataDirectory, 'root.key'), 'utf8').split('\n')[1] ?? '';
  expect(rootKey.length).toBeGreaterThan(40);
  expect(findLeaks([directory()], [rootKey])).toEqual([]);
});

describe('a drill fails with a reason of its own', () => {
  let kept: ReadonlyMap<string, Buffer>;
  beforeEach(() => {
    const paths = [...['node.db', 'fernpost.json', 'blobs.txt', 'backup.json'].map(fileOf), ...blobFiles()];
    kept = new Map(paths.map((path) => [path, readFileSync(path)]));
    return () => {
      for (const [path, bytes] of kept) writeFileSync(path, bytes);
      rmSync(join(directory(), 'damaged'), { recursive: true, force: true });
      expect(existsSync(join(desks.at('birch').dataDirectory, 'drill'))).toBe(false);
    };
  });

  test.each([
    ['node.db', 'database-damaged'],
    ['fernpost.json', 'configuration-damaged'],
    ['blobs.txt', 'file-list-damaged'],
    ['backup.json', 'manifest-damaged'],
  ])('when one bit of %s is another', async (file, code) => {
    for (const share of [0, 0.3, 0.7, 1]) {
      const undo = flip(fileOf(file), share);
      expect(await failing(), `${file} at ${share}`).toBe(code);
      undo();
    }
    expect(await failing()).toBe('proven');
  });

  test('when a file of a patient is damaged; it is set aside, and the next backup writes it anew', async () => {
    const [path = ''] = blobFiles();
    flip(path, 0.5);
    expect(await failing()).toBe('files-damaged');
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(join(directory(), 'damaged'))).toHaveLength(1);
    expect(await failing()).toBe('files-damaged'); // Now it is missing, which is no better.
    const again = await node.backups.create('Ada Admin');
    expect(readFileSync(path)).toEqual(kept.get(path));
    expect(await failing()).toBe('proven');
    rmSync(join(directory(), again.name), { recursive: true });
  });

  test('when somebody without the root key changed it and wrote new digests', async () => {
    await rewrite(() => writeFileSync(fileOf('fernpost.json'), config().replace('Birch Hospital', 'Other Hospital')));
    expect(await failing()).toBe('manifest-damaged');
  });

  test('when an entry of the log is not the one under the signed root', async () => {
    await rewrite(inDatabase(`UPDATE log_leaf SET record = CAST(record || x'20' AS BLOB) WHERE idx = 5`), node.keyring);
    expect(await failing()).toBe('log-broken');
  });

  test('when the head of the log is another than was written down', async () => {
    await rewrite(inDatabase(`UPDATE log_head SET size = size - 1`), node.keyring);
    expect(await failing()).toBe('log-broken');
  });

  test('when a sealed value does not open, and says of which kind it is', async () => {
    await rewrite(
      inDatabase(`UPDATE referral SET summary = CAST(substr(summary, 1, length(summary) - 1) || x'00' AS BLOB)`),
      node.keyring,
    );
    const result = await node.backups.drill('Ada Admin');
    expect(result).toMatchObject({ state: 'failed', code: 'records-damaged' });
    expect(result).toHaveProperty('message', expect.stringMatching(/\d of referral/));
  });

  test('when a key of a patient does not unwrap', async () => {
    await rewrite(inDatabase(`UPDATE data_key SET wrapped = zeroblob(length(wrapped))`), node.keyring);
    expect(await failing()).toBe('records-damaged');
  });

  test("when the node's own keys do not open", async () => {
    await rewrite(inDatabase(`UPDATE node_key SET wrapped_seed = zeroblob(100) WHERE use = 'http'`), node.keyring);
    expect(await failing()).toBe('node-keys-damaged');
  });

  test('when its database names a file that its list does not', async () => {
    await rewrite(() => writeFileSync(fileOf('blobs.txt'), ''), node.keyring);
    expect(await failing()).toBe('file-list-damaged');
  });

  test('when SQLite finds the database damaged', async () => {
    await rewrite(() => {
      const bytes = readFileSync(fileOf('node.db'));
      bytes.fill(0x5a, 40 * 4096, 60 * 4096);
      writeFileSync(fileOf('node.db'), bytes);
    }, node.keyring);
    expect(await failing()).toBe('database-unsound');
  });

  test('when a newer program made it', async () => {
    await rewrite(inDatabase('PRAGMA user_version = 9999'), node.keyring);
    expect(await failing()).toBe('newer-schema');
  });

  test('when another root key has to open it', async () => {
    const ports = {
      files,
      random: node.random,
      clock: node.clock,
      blobs: node.blobs,
      rootKey: node.random.bytes(32) as RootKey,
      dataDirectory: desks.at('birch').dataDirectory,
      node: node.own.name,
    };
    const drill = runDrill(
      ports,
      directory(),
      { name, manifest: readManifest() },
      progressOf(() => undefined),
    );
    await expect(drill).rejects.toMatchObject({ name: 'DrillFault', code: 'wrong-root-key' });
  });

  test('and a failure is remembered beside the last one that went well', async () => {
    flip(fileOf('node.db'), 0.5);
    expect(await failing()).toBe('database-damaged');
    const { drill, goodDrill } = await node.backups.standing();
    expect(drill).toMatchObject({ state: 'failed', code: 'database-damaged', backup: name });
    expect(goodDrill).toMatchObject({ state: 'good' });
  });
});

test('a scratch directory that a kill left goes when the node starts', async () => {
  const scratch = join(desks.at('birch').dataDirectory, 'drill');
  mkdirSync(scratch);
  writeFileSync(join(scratch, 'node.db'), 'left');
  await node.backups.sweep();
  expect(existsSync(scratch)).toBe(false);
});

test('a backup that is not there is told so', async () => {
  await expect(node.backups.drill('Ada Admin', { backup: '2020-01-01T00-00-00Z' })).rejects.toMatchObject({
    code: 'unknown-backup',
  });
});
