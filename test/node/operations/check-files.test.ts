import { mkdirSync, readdirSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkFiles } from '../../../node/operations/check-files.ts';
import { doctorOperations } from '../../../node/operations/doctor.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { addFile, addPatient } from '../../web/referrals/two-desks.ts';

let desks: TestDesks;
let alder: TestDesk;
let blobs: string;

beforeAll(async () => {
  desks = await openDesks({ names: ['alder'], jobs: false });
  alder = desks.at('alder');
  blobs = join(alder.node.config.dataDirectory, 'blobs');
});
afterAll(async () => await desks[Symbol.asyncDispose]());

const files = () =>
  readdirSync(blobs, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[0-9a-f]{64}$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));

test('a hospital without files has nothing to look for', async () => {
  expect(await checkFiles(alder.node)).toMatchObject({ state: 'ok', detail: 'none is kept yet' });
});

test('files that are gone or cut short are told, by doctor and on the page, with what to do', async () => {
  const patient = await addPatient(alder, { csvId: 'H-1', familyName: 'Files' });
  for (let n = 0; n < 3; n += 1)
    await addFile(alder, patient, { title: `f${n}`, contentType: 'text/plain', bytes: new Uint8Array(1000 + n) });
  expect(await checkFiles(alder.node)).toMatchObject({
    state: 'ok',
    detail: 'of 3 that were looked for all are there',
  });
  const [cut = '', gone = ''] = files();
  truncateSync(cut, 10);
  rmSync(gone);
  const told = { check: 'files', state: 'fail', detail: expect.stringContaining('2 of 3') as string };
  expect(await checkFiles(alder.node)).toMatchObject(told);

  renameSync(blobs, `${blobs}-away`);
  mkdirSync(blobs);
  const { findings } = await doctorOperations['doctor.check'].run(alder.node, {});
  expect(findings).toContainEqual(expect.objectContaining({ check: 'files', state: 'fail' }));
  const page = await (await alder.client('administrator')).get('/admin');
  expect(page.text).toContain('Images and documents of patients cannot be opened');
});
