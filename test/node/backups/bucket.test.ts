import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openBackups } from '../../../node/backups/backups.ts';
import { openDirectoryBlobs } from '../../../node/blobs/directory.ts';
import { openDurableBlobs } from '../../../node/blobs/durable.ts';
import { openS3Blobs } from '../../../node/blobs/s3.ts';
import { loadRootKey } from '../../../node/keys/root-key.ts';
import { silentDiagnostics } from '../../../node/platform/diagnostics.ts';
import { systemFiles } from '../../../node/platform/system-files.ts';
import { backupDirectories } from '../../support/backed-up-desks.ts';
import { startFakeS3 } from '../../support/fake-s3.ts';
import { openPopulatedDesks } from '../../support/populated-desks.ts';

test('files that the bucket has may be left out; the drill reads them back from there and notices when it lies', async () => {
  const directories = backupDirectories();
  await using s3 = await startFakeS3();
  await using desks = await openPopulatedDesks({ change: directories.change });
  const { node, dataDirectory } = desks.at('alder');
  const { store, clock, random } = node;
  const local = await openDirectoryBlobs({ files: systemFiles, random, path: join(dataDirectory, 'blobs') });
  const access = { region: 'us-east-1', accessKeyId: 'fake-key', secretAccessKey: 'fake-secret' };
  const bucket = await openS3Blobs({ ...access, endpoint: s3.endpoint, bucket: s3.bucket, prefix: '', random });
  const blobs = openDurableBlobs({ local, bucket, store, clock, random, diagnostics: silentDiagnostics });
  const directory = directories.of('alder');
  const backups = openBackups({
    store,
    clock,
    random,
    blobs,
    dataDirectory,
    keyring: node.keyring,
    node: node.own.name,
    program: '1.0.0',
    files: systemFiles,
    diagnostics: silentDiagnostics,
    rootKey: await loadRootKey({ path: join(dataDirectory, 'root.key') }, systemFiles),
    config: { directory, everyHours: 24, keepDays: 35, files: 'bucket' },
    wake: () => undefined,
  });
  try {
    const { manifest: before } = await backups.create('Ada');
    expect(before.blobs.bucket).toBe(0); // Nothing was carried there yet: all of it is copied.
    expect(before.blobs.here).toBeGreaterThan(1);
    await blobs.uploadPending();
    const { manifest, name } = await backups.create('Ada');
    expect(manifest.blobs).toMatchObject({ here: 0, bucket: before.blobs.here, bytes: 0 });
    expect(readFileSync(join(directory, name, 'blobs.txt'), 'utf8').match(/ bucket$/gm)).toHaveLength(
      before.blobs.here,
    );
    const proven = { bucketRead: before.blobs.here, bucketTotal: before.blobs.here, files: 0 };
    expect(await backups.drill('Ada')).toMatchObject({ state: 'proven', proven });
    s3.fault = 'flipped';
    expect(await backups.drill('Ada')).toMatchObject({ state: 'failed', code: 'bucket-unreadable' });
    s3.fault = 'unavailable';
    expect(await backups.drill('Ada')).toMatchObject({ state: 'failed', code: 'bucket-unreadable' });
  } finally {
    await bucket.close();
    rmSync(directories.root, { recursive: true, force: true });
  }
});
