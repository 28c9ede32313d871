import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Upload as TusUpload, type UploadOptions } from 'tus-js-client';
import type { AttachmentId } from '../../../protocol/ids.ts';
import type { PatientId } from '../../../node/records/model.ts';
import { titleOfFile } from '../../../node/web/pages/uploads/file-title.ts';
import type { DeskClient } from '../../support/desk-client.ts';
import { eventually, openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { collect } from '../../node/records/hospital.ts';
import {
  addPatient,
  append,
  begin,
  begun,
  metadataHeader,
  offset,
  ownHeaders,
  sample,
  sha256,
} from './upload-support.ts';

let desks: TestDesks;
let desk: TestDesk;
let nurse: DeskClient;
let patient: string;
beforeAll(async () => {
  desks = await openDesks();
  desk = desks.at('alder');
  nurse = await desk.client('nurse');
  patient = await addPatient(desk);
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
});

async function storedBytes(attachmentPath: string | null): Promise<Uint8Array> {
  const id = attachmentPath?.split('/').at(-1) as AttachmentId;
  return await collect(desk.node.attachments.read(id));
}

/** The conformance client, as it would run in a page of the desk. */
function tusUpload(bytes: Uint8Array, options: Partial<UploadOptions> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const upload = new TusUpload(Buffer.from(bytes), {
    endpoint: `${desk.origin}/uploads`,
    retryDelays: [0, 10, 50],
    headers: { ...ownHeaders(nurse), cookie: nurse.cookie() },
    metadata: { patient, guard: '1979', filename: 'scan.bin', filetype: 'application/x-scan' },
    onSuccess: () => resolve(undefined),
    onError: reject,
    ...options,
  });
  return { upload, done: promise };
}

describe('tus-js-client', () => {
  test.each([
    ['in one request', undefined],
    ['in slices of 3 MB', 3_000_000],
  ])('uploads a file %s', async (_, chunkSize) => {
    const bytes = sample(9_000_000);
    const { upload, done } = tusUpload(bytes, chunkSize === undefined ? {} : { chunkSize });
    upload.start();
    await done;
    const answer = await offset(nurse, new URL(upload.url ?? '').pathname);
    expect(answer.headers.get('upload-offset')).toBe('9000000');
    expect(sha256(await storedBytes(answer.headers.get('fernpost-attachment')))).toBe(sha256(bytes));
  });

  test('goes on after it was stopped in the middle', async () => {
    const bytes = sample(12_000_000);
    const first = tusUpload(bytes, { chunkSize: 1_000_000 });
    first.upload.options.onChunkComplete = (_, accepted) => {
      if (accepted >= 4_000_000) void first.upload.abort();
    };
    first.upload.start();
    await eventually(() => first.upload.url !== null);
    await eventually(async () =>
      (await desk.node.uploads.list(patient as PatientId)).some((each) => each.received >= 4_000_000),
    );
    const begunAt = first.upload.url;
    if (begunAt === null) throw new Error('no place to go on');
    const second = tusUpload(bytes, { uploadUrl: begunAt });
    second.upload.start();
    await second.done;
    const answer = await offset(nurse, new URL(begunAt).pathname);
    expect(sha256(await storedBytes(answer.headers.get('fernpost-attachment')))).toBe(sha256(bytes));
  });

  test('takes an unfinished upload away', async () => {
    const location = await begun(nurse, 100, { patient });
    await TusUpload.terminate(`${desk.origin}${location}`, {
      headers: { ...ownHeaders(nurse), cookie: nurse.cookie() },
    });
    expect((await offset(nurse, location)).status).toBe(404);
  });
});

describe('the tus server', () => {
  test('says what it can', async () => {
    const answer = await nurse.fetch('/uploads', { method: 'OPTIONS' });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('tus-version')).toBe('1.0.0');
    expect(answer.headers.get('tus-extension')).toBe('creation,expiration,termination');
    expect(answer.headers.get('tus-max-size')).toBe(String(20 * 1024 ** 3));
  });

  test('keeps what came when the connection is cut in the middle of a chunk', async () => {
    const bytes = sample(10_000_000);
    const location = await begun(nurse, bytes.length, { patient });
    const cut = request(`${desk.origin}${location}`, {
      method: 'PATCH',
      headers: {
        ...ownHeaders(nurse),
        cookie: nurse.cookie(),
        'tus-resumable': '1.0.0',
        'upload-offset': '0',
        'content-type': 'application/offset+octet-stream',
        'content-length': String(bytes.length),
      },
    });
    cut.on('error', () => undefined);
    await new Promise((resolve) => cut.write(bytes.subarray(0, 9_000_000), resolve));
    const id = location.split('/').at(-1) ?? '';
    await eventually(async () => ((await desk.node.uploads.find(id))?.received ?? 0) > 0);
    cut.destroy();
    await eventually(async () => Number((await offset(nurse, location)).headers.get('upload-offset')) > 8_388_608);
    const at = Number((await offset(nurse, location)).headers.get('upload-offset'));
    expect(at).toBeLessThanOrEqual(9_000_000);
    const last = await append(nurse, location, at, bytes.subarray(at));
    expect(last.status).toBe(204);
    expect(sha256(await storedBytes(last.headers.get('fernpost-attachment')))).toBe(sha256(bytes));
  });

  test('refuses a wrong offset, a wrong type, too much, and another version', async () => {
    const location = await begun(nurse, 10, { patient });
    const wrong = await append(nurse, location, 5, 'abc');
    expect([wrong.status, wrong.headers.get('upload-offset')]).toEqual([409, '0']);
    expect((await append(nurse, location, 0, 'abcdefghijk')).status).toBe(413);
    const headers = { ...ownHeaders(nurse), 'tus-resumable': '1.0.0', 'upload-offset': '0' };
    const type = await nurse.fetch(location, {
      method: 'PATCH',
      headers: { ...headers, 'content-type': 'text/plain' },
      body: 'a',
    });
    expect(type.status).toBe(415);
    const version = await nurse.fetch(location, {
      method: 'PATCH',
      headers: { ...headers, 'tus-resumable': '0.2.2' },
      body: 'a',
    });
    expect([version.status, version.headers.get('tus-version')]).toEqual([412, '1.0.0']);
    const unknown = await append(nurse, '/uploads/00000000-0000-4000-8000-000000000000', 0, 'a');
    expect(unknown.status).toBe(404);
    expect(await (await append(nurse, location, 0, 'abcdefghij')).text()).toBe('');
  });

  test.each([
    ['a wrong year of birth', { guard: '1978' }, 100, 422],
    ['no year of birth', { guard: '' }, 100, 422],
    ['another patient', { patient: '00000000-0000-4000-8000-000000000000' }, 100, 404],
    ['no patient', { patient: '../../etc/passwd' }, 100, 404],
    ['an empty file', {}, 0, 422],
    ['a file that is too large', {}, 30 * 1024 ** 3, 413],
    ['a consultation of nobody', { consultation: '00000000-0000-4000-8000-000000000000' }, 100, 404],
    ['a fingerprint of another form', { fingerprint: 'x' }, 100, 422],
  ])('begins nothing for %s', async (_, members, size, status) => {
    const before = await desk.node.uploads.list(patient as PatientId);
    const answer = await begin(nurse, size, { patient, ...members });
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toContain('Okafor');
    expect(await desk.node.uploads.list(patient as PatientId)).toHaveLength(before.length);
  });

  test.each([
    'x',
    'a b c',
    'filename !!!',
    'a YQ==,a YQ==',
    `a ${Buffer.from([0xff]).toString('base64')}`,
    'a '.repeat(5000),
  ])('refuses the metadata %j', async (metadata) => {
    const answer = await nurse.fetch('/uploads', {
      method: 'POST',
      headers: { ...ownHeaders(nurse), 'tus-resumable': '1.0.0', 'upload-length': '1', 'upload-metadata': metadata },
    });
    expect([404, 422]).toContain(answer.status);
  });

  test('asks who it is, and from where, at each request', async () => {
    const location = await begun(nurse, 10, { patient });
    const nobody = await desk.client();
    expect((await begin(nobody, 10, { patient })).status).toBe(401);
    expect((await append(nobody, location, 0, 'a')).status).toBe(401);
    for (const role of ['coordinator', 'administrator', 'auditor'] as const) {
      const other = await desk.client(role);
      expect((await begin(other, 10, { patient })).status).toBe(403);
      expect((await append(other, location, 0, 'a')).status).toBe(403);
    }
    const elsewhere = await nurse.fetch(location, {
      method: 'PATCH',
      headers: { origin: 'https://evil.example', 'tus-resumable': '1.0.0', 'upload-offset': '0' },
      body: 'a',
    });
    expect(elsewhere.status).toBe(403);
    expect((await offset(nurse, location)).headers.get('upload-offset')).toBe('0');
  });

  test('knows the same file again and goes on with it', async () => {
    const fingerprint = 'cd'.repeat(32);
    const location = await begun(nurse, 10, { patient, fingerprint });
    await append(nurse, location, 0, 'abcd');
    expect(await begun(nurse, 10, { patient, fingerprint })).toBe(location);
    const page = await nurse.get(`/patients/${patient}/uploads/new`);
    expect(page.text).toContain('40 % of 10 bytes');
    expect(page.text).toContain('CT.zip');
  });

  test('writes down who added files to whom before it takes any', async () => {
    const doctor = await desk.client('doctor');
    const other = await addPatient(desk, { csvId: 'A-2' });
    await begun(doctor, 10, { patient: other });
    const entries = await desk.node.access.ofSubject({ kind: 'patient', id: other }, 10);
    expect(entries[0]).toMatchObject({ act: 'attach', user: desk.users.doctor.id });
  });

  test('takes no larger file than the administrator set', async () => {
    const { settings } = desk.node;
    const by = { id: desk.users.administrator.id, name: 'Ada Admin' };
    await settings.change(by, { uploadGibMax: '1' });
    expect((await begin(nurse, 1024 ** 3 + 1, { patient })).status).toBe(413);
    const options = await nurse.fetch('/uploads', { method: 'OPTIONS' });
    expect(options.headers.get('tus-max-size')).toBe(String(1024 ** 3));
    expect((await settings.change(by, { uploadGibMax: '65' })).state).toBe('refused');
    await settings.change(by, { uploadGibMax: '' });
  });

  test('keeps a restricted record closed at each request', async () => {
    const closed = await addPatient(desk, { csvId: 'A-3' });
    const location = await begun(nurse, 10, { patient: closed });
    const doctor = await desk.client('doctor');
    await doctor.submit(`/patients/${closed}/restriction`, `/patients/${closed}/restriction`, {
      reason: 'a colleague',
    });
    const other = await desk.node.accounts.users.add('operator', {
      login: 'second.nurse',
      name: 'Second Nurse',
      roles: ['nurse'],
      department: '',
      password: 'quiet-lantern-meadow-48',
    });
    expect(other.state).toBe('done');
    const stranger = await desk.client();
    await stranger.signIn({ login: 'second.nurse', password: 'quiet-lantern-meadow-48' });
    expect((await begin(stranger, 10, { patient: closed })).status).toBe(403);
    expect((await append(stranger, location, 0, 'a')).status).toBe(403);
    expect((await offset(stranger, location)).status).toBe(403);
    expect((await append(nurse, location, 0, 'a')).status).toBe(204);
  });

  test.each([
    ['no name', '', 'file'],
    ['a way up', String.raw`..\..`, 'file'],
    ['a NUL inside', 'a\0b.txt', 'a_b.txt'],
    ['150 letters', `${'n'.repeat(146)}.txt`, `${'n'.repeat(146)}.txt`],
    ['151 letters', `${'n'.repeat(147)}.txt`, `${'n'.repeat(146)}.txt`],
    ['a letter of two units where it is cut', `${'n'.repeat(145)}😀.txt`, `${'n'.repeat(145)}.txt`],
    ['no ending', 'n'.repeat(151), 'n'.repeat(150)],
  ])('calls a file with %s by a title that keeps its ending', (_, name, title) => {
    expect(titleOfFile(name)).toBe(title);
  });

  test('keeps markup and turned text of a file name as text', async () => {
    const filename = '<img src=x onerror=alert(1)>\u202Egnp.exe';
    const location = await begun(nurse, 4, { patient, filename: `C:\\temp\\${filename}` });
    const [stored] = (await desk.node.uploads.list(patient as PatientId)).filter((each) => each.title === filename);
    expect(stored).toBeDefined();
    const page = await nurse.get(`/patients/${patient}/uploads/new`);
    expect(page.text).toContain('&lt;img src=x onerror=alert(1)&gt;⟨U+202E⟩gnp.exe');
    expect(page.text).not.toContain('<img src=x');
    expect(metadataHeader({ patient })).toContain('patient ');
    const told = (await offset(nurse, location)).headers.get('upload-metadata') ?? '';
    expect(Buffer.from(/filename ([^,]+)/.exec(told)?.[1] ?? '', 'base64').toString()).toBe(filename);
    expect((await append(nurse, location, 0, 'abcd')).status).toBe(204);
  });
});
