import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { progressOf } from '../../../node/backups/progress.ts';
import { restoreBackup, type RestoreTask } from '../../../node/backups/restore.ts';
import { loadRootKey, type RootKey } from '../../../node/keys/root-key.ts';
import { openNode, type FernpostNode } from '../../../node/node.ts';
import { onlyReads } from '../../../node/operations/reading.ts';
import { operations } from '../../../node/operations/table.ts';
import { systemClock } from '../../../node/platform/clock.ts';
import { silentDiagnostics } from '../../../node/platform/diagnostics.ts';
import { systemRandom } from '../../../node/platform/random.ts';
import { systemFiles } from '../../../node/platform/system-files.ts';
import { backupDirectories, type BackupDirectories } from '../../support/backed-up-desks.ts';
import { openPopulatedDesks, type PopulatedDesks } from '../../support/populated-desks.ts';

const ports = { files: systemFiles, clock: systemClock, random: systemRandom };

let directories: BackupDirectories;
let desks: PopulatedDesks;
let alder: FernpostNode;
let backup: string;
let rootKeyFile: string;
let to: string;

beforeAll(async () => {
  directories = backupDirectories();
  desks = await openPopulatedDesks({ change: directories.change });
  alder = desks.at('alder').node;
  backup = join(directories.of('alder'), (await alder.backups.create('Ada')).name);
  rootKeyFile = join(desks.at('alder').dataDirectory, 'root.key');
});
beforeEach(() => {
  to = join(directories.root, `restored-${process.hrtime.bigint()}`);
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
  rmSync(directories.root, { recursive: true, force: true });
});

async function restore(change: Partial<RestoreTask> = {}) {
  const rootKey = await loadRootKey({ path: rootKeyFile }, systemFiles);
  const task = { backup, dataDirectory: to, rootKey, rootKeyFile, ...change };
  return await restoreBackup(
    ports,
    task,
    progressOf(() => undefined),
  );
}

async function openRestored(): Promise<FernpostNode> {
  const config = { ...alder.config, dataDirectory: to, rootKey: { path: join(to, 'root.key') } };
  return await openNode(config, { readRestored: true, diagnostics: silentDiagnostics });
}

async function exported(node: FernpostNode): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of operations['patient.export'].run(node, { form: 'interchange' })) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function filesOf(node: FernpostNode): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { id } of await node.attachments.list(desks.patient)) {
    const pieces: Uint8Array[] = [];
    for await (const piece of node.attachments.read(id)) pieces.push(piece);
    found.push(Buffer.concat(pieces).toString('base64'));
  }
  return found.toSorted();
}

describe('a restored directory', () => {
  test('gives back every patient and every file byte for byte, and the same log', async () => {
    const restored = await restore();
    expect(restored).toMatchObject({ lost: 0, inBucket: 0, manifest: { node: 'alder.example' } });
    expect(readFileSync(join(to, 'fernpost.json'))).toEqual(readFileSync(join(backup, 'fernpost.json')));
    expect(readFileSync(join(to, 'root.key'))).toEqual(readFileSync(rootKeyFile));
    expect(statSync(join(to, 'root.key')).mode & 0o777).toBe(0o600);
    await using node = await openRestored();
    expect(await exported(node)).toBe(await exported(alder));
    expect(await filesOf(node)).toEqual(await filesOf(alder));
    expect(node.log.head().root.toHex()).toBe(restored.manifest.log.root);
    expect((await node.referrals.list('sent', { limit: 10 })).map(({ id }) => id)).toEqual(
      (await alder.referrals.list('sent', { limit: 10 })).map(({ id }) => id),
    );
  });

  test('is opened by nothing that would serve it, and signs nothing where it is read', async () => {
    await restore();
    const config = { ...alder.config, dataDirectory: to, rootKey: { path: join(to, 'root.key') } };
    await expect(openNode(config, { diagnostics: silentDiagnostics })).rejects.toMatchObject({ code: 'restored-node' });
    await using node = await openRestored();
    const before = node.log.head().size;
    await expect(node.tokens.issue('auditor')).rejects.toMatchObject({ code: 'restored-node' });
    await expect(node.settings.change({ id: 'x', name: 'X' }, { callBackNumber: '+1 555 0199' })).rejects.toMatchObject(
      { code: 'restored-node' },
    );
    expect(node.log.head().size).toBe(before);
    expect(await node.settings.values()).toMatchObject({ callBackNumber: '+91 11 5550 0000' });
  });

  test('is asked for nothing but reading: what is not on the list is refused', () => {
    const allowed = Object.keys(operations).filter(onlyReads);
    expect(
      allowed.filter((name) => !/\.(?:list|find|show|outbox|attachment|document|export|facts|resource)$/.test(name)),
    ).toEqual([]);
    for (const name of ['patient.add', 'referral.send', 'peer.invite', 'token.issue', 'backup.create', 'doctor.check'])
      expect(onlyReads(name)).toBe(false);
  });

  test('may be served again once its mark was taken away', async () => {
    await restore();
    rmSync(join(to, 'restored.json'));
    const config = { ...alder.config, dataDirectory: to, rootKey: { path: join(to, 'root.key') } };
    await using node = await openNode(config, { diagnostics: silentDiagnostics });
    expect(node.own.name).toBe('alder.example');
  });
});

describe('a restore', () => {
  test('touches no directory that holds something', async () => {
    mkdirSync(to);
    writeFileSync(join(to, 'letter.txt'), 'keep me');
    await expect(restore()).rejects.toMatchObject({ code: 'not-empty' });
    expect(readdirSync(to)).toEqual(['letter.txt']);
  });

  test('with another root key leaves nothing', async () => {
    await expect(restore({ rootKey: systemRandom.bytes(32) as RootKey })).rejects.toMatchObject({
      code: 'wrong-root-key',
    });
    expect(readdirSync(to)).toEqual([]);
  });

  test.each([
    ['node.db', 'database-damaged'],
    ['fernpost.json', 'configuration-damaged'],
    ['blobs.txt', 'file-list-damaged'],
    ['backup.json', 'manifest-damaged'],
  ])('of a backup whose %s was changed leaves nothing', async (file, code) => {
    const path = join(backup, file);
    const sound = readFileSync(path);
    const changed = Buffer.from(sound);
    changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
    writeFileSync(path, changed);
    await expect(restore()).rejects.toMatchObject({ name: 'DrillFault', code });
    if (existsSync(to)) expect(readdirSync(to)).toEqual([]);
    writeFileSync(path, sound);
  });

  test('that is killed leaves a mark before anything else', async () => {
    const seen: string[] = [];
    const files = {
      ...systemFiles,
      writeDurably: async (path: string, bytes: Uint8Array) => {
        seen.push(path);
        await systemFiles.writeDurably(path, bytes);
      },
      openWriter: async (path: string) => {
        seen.push(path);
        return await systemFiles.openWriter(path);
      },
    };
    const rootKey = await loadRootKey({ path: rootKeyFile }, systemFiles);
    const task = { backup, dataDirectory: to, rootKey, rootKeyFile };
    await restoreBackup(
      { ...ports, files },
      task,
      progressOf(() => undefined),
    );
    expect(seen[0]).toBe(join(to, 'restored.json'));
  });

  test('of a backup that has lost a file of a patient gives back everything else and counts it', async () => {
    const [path = ''] = readdirSync(join(directories.of('alder'), 'blobs'), { recursive: true })
      .map(String)
      .filter((name) => name.length > 60)
      .map((name) => join(directories.of('alder'), 'blobs', name));
    const sound = readFileSync(path);
    rmSync(path);
    const restored = await restore();
    expect(restored.lost).toBe(1);
    expect(restored.files).toBe(restored.manifest.blobs.here - 1);
    await using node = await openRestored();
    expect(await exported(node)).toBe(await exported(alder));
    writeFileSync(path, sound);
  });

  test('of what is no backup is told so', async () => {
    await expect(restore({ backup: directories.root })).rejects.toMatchObject({ code: 'unknown-backup' });
    expect(existsSync(to)).toBe(false);
  });
});
