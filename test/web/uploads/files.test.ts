import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PatientId } from '../../../node/records/model.ts';
import type { DeskClient } from '../../support/desk-client.ts';
import { hiddenFields } from '../../support/desk-client.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { jpegWithEverything, plainJpeg } from '../../support/jpeg-samples.ts';
import { stream } from '../../node/records/hospital.ts';
import { addPatient, sample } from './upload-support.ts';

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

const png = Uint8Array.fromHex(
  '89504e470d0a1a0a0000000d4948445200000001000000010806000000' +
    '1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082',
);

async function addFile(contentType: string, bytes: Uint8Array | string, title = 'a file'): Promise<string> {
  const added = await desk.node.attachments.add(patient as PatientId, { title, contentType, bytes: stream(bytes) });
  return `/attachments/${added.id}`;
}

interface Posted {
  readonly name: string;
  readonly type?: string;
  readonly bytes: Uint8Array | string;
}

/** Sends the form of the upload page as a browser without scripts does. */
async function postFiles(guard: string, files: readonly Posted[], page = `/patients/${patient}/uploads/new`) {
  const shown = await nurse.get(page);
  const action = /<form[^>]*action="([^"]*uploads\/new[^"]*)"/.exec(shown.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const form = new FormData();
  for (const [name, value] of Object.entries(hiddenFields(shown.text, action))) form.set(name, value);
  form.set('guard', guard);
  for (const { name, type = '', bytes } of files)
    form.append('file', new Blob([typeof bytes === 'string' ? bytes : new Uint8Array(bytes)], { type }), name);
  const send = () =>
    nurse.fetch(action, {
      method: 'POST',
      body: form,
      headers: { origin: nurse.origin, 'sec-fetch-site': 'same-origin', referer: `${nurse.origin}${page}` },
    });
  return { answer: await send(), sendAgain: send };
}

const files = () => desk.node.attachments.list(patient as PatientId);

describe('the upload page without scripts', () => {
  test('stores the files of a form once, however often it is sent', async () => {
    const before = (await files()).length;
    const photo = { name: 'C:\\photos\\wound.jpg', type: 'image/jpeg', bytes: jpegWithEverything() };
    const { answer, sendAgain } = await postFiles('1979', [
      photo,
      { name: 'labs.txt', type: 'text/plain', bytes: 'K 4.1' },
    ]);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `/patients/${patient}`]);
    expect((await sendAgain()).headers.get('location')).toBe(`/patients/${patient}`);
    const now = await files();
    expect(now).toHaveLength(before + 2);
    expect(now.find(({ title }) => title === 'wound.jpg')?.size).toBe(plainJpeg().length);
  });

  test('of a page that is gone back to, stores the files that it did not bring before', async () => {
    const before = (await files()).length;
    const page = `/patients/${patient}/uploads/new`;
    const shown = await nurse.get(page);
    const action = /<form[^>]*action="([^"]*uploads\/new[^"]*)"/.exec(shown.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const send = async (guard: string, ...given: readonly (readonly [string, string, (string | Uint8Array)?])[]) => {
      const form = new FormData();
      form.set('guard', guard);
      for (const [name, type, bytes = name] of given)
        form.append('file', new Blob([typeof bytes === 'string' ? bytes : new Uint8Array(bytes)], { type }), name);
      const headers = { origin: nurse.origin, 'sec-fetch-site': 'same-origin', referer: `${nurse.origin}${page}` };
      return (await nurse.fetch(action, { method: 'POST', body: form, headers })).status;
    };
    const [one, two] = [['one.txt', 'text/plain'] as const, ['two.txt', 'text/plain'] as const];
    const photo = ['p.jpg', 'image/jpeg', jpegWithEverything()] as const;
    expect(await Promise.all([send('1979', one, photo), send('1979', one, photo)]), 'a double click').toEqual([
      303, 303,
    ]);
    expect(await files()).toHaveLength(before + 2);
    expect(await send('1979', two), 'another file').toBe(303);
    expect(await send('1979', one, two, photo), 'all of them again').toBe(303);
    expect(await files()).toHaveLength(before + 3);
    expect(await send('1979', ['one.txt', 'text/plain', 'mended']), 'the same name, another content').toBe(303);
    expect(await files()).toHaveLength(before + 4);
    expect(await send('1978', ['three.txt', 'text/plain']), 'for somebody else').toBe(422);
    expect(await send('1979', one, ['empty.txt', 'text/plain', '']), 'a bad one beside it').toBe(422);
    expect(await files()).toHaveLength(before + 4);
    expect(await send('1979'), 'no file').toBe(422);
  });

  test.each([
    ['a wrong year of birth', '1978', [{ name: 'a.txt', bytes: 'x' }], 'This is not the year of birth'],
    ['no year of birth', '', [{ name: 'a.txt', bytes: 'x' }], 'Type the year of birth'],
    ['no file', '1979', [{ name: '', bytes: '' }], 'Choose at least one file'],
    ['an empty file', '1979', [{ name: 'empty.txt', bytes: '' }], 'the file is empty'],
  ] as const)('keeps nothing of %s and says so', async (_, guard, given, words) => {
    const before = (await files()).length;
    const { answer } = await postFiles(guard, given);
    expect(answer.status).toBe(422);
    const text = await answer.text();
    expect(text).toContain(words);
    expect(text).toContain('id="errors"');
    expect(await files()).toHaveLength(before);
  });

  test('says which of several files were stored when one was not', async () => {
    const { answer } = await postFiles('1979', [
      { name: 'good.txt', bytes: 'x' },
      { name: 'empty.txt', bytes: '' },
    ]);
    expect(answer.status).toBe(422);
    const text = await answer.text();
    expect(text).toContain('One file was stored');
    expect(text).toContain('good.txt');
    expect(text).toContain('empty.txt: the file is empty');
  });

  test('refuses a file above 64 MiB in the middle of it', async () => {
    const before = (await files()).length;
    const { answer } = await postFiles('1979', [{ name: 'film.bin', bytes: sample(65 * 1024 * 1024) }]);
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain('64 MiB');
    expect(await files()).toHaveLength(before);
  });

  test('asks for the CSV id where the birth date is not known', async () => {
    const added = await desk.node.patients.add({
      csvId: 'A-99',
      familyName: 'Unknown',
      allergies: [],
      conditions: [],
      medications: [],
      immunizations: [],
      familyHistory: [],
      procedures: [],
      policeCase: false,
    });
    if (added.state !== 'added') throw new Error('the CSV id is taken');
    const page = `/patients/${added.record.id}/uploads/new`;
    expect((await nurse.get(page)).text).toContain('CSV id of the patient');
    expect((await postFiles('a-98', [{ name: 'a.txt', bytes: 'x' }], page)).answer.status).toBe(422);
    expect((await postFiles('a-99', [{ name: 'a.txt', bytes: 'x' }], page)).answer.status).toBe(303);
  });

  test('discards an unfinished file', async () => {
    const by = { user: desk.users.nurse.id, name: 'Nia Nurse' };
    const begun = await desk.node.uploads.begin(patient as PatientId, {
      title: 'old.zip',
      contentType: 'application/zip',
      size: 10,
      by,
    });
    if (begun.state !== 'begun') throw new Error(begun.state);
    const page = `/patients/${patient}/uploads/new`;
    const answer = await nurse.submitAndOpen(page, `/uploads/${begun.upload.id}/discard`, {});
    expect(answer.text).toContain('The unfinished file was discarded');
    expect(await desk.node.uploads.list(patient as PatientId)).toEqual([]);
  });
});

describe('a file of a patient', () => {
  test.each([
    ['image/png', png],
    ['image/jpeg', plainJpeg()],
  ])('of type %s is drawn, and its bytes are sent so that nothing in them runs', async (type, bytes) => {
    const path = await addFile(type, bytes);
    expect((await nurse.get(path)).text).toContain(`<img src="${path}/image"`);
    const image = await nurse.fetch(`${path}/image`, {});
    expect(image.status).toBe(200);
    expect(image.headers.get('content-type')).toBe(type);
    expect(image.headers.get('x-content-type-options')).toBe('nosniff');
    expect(image.headers.get('content-security-policy')).toContain('sandbox');
    expect(new Uint8Array(await image.arrayBuffer())).toEqual(bytes);
  });

  test.each([
    ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
    ['text/html', '<script>alert(1)</script>'],
    ['image/png', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
    ['image/jpeg', '%PDF-1.7'],
    ['application/pdf', '%PDF-1.7'],
    ['image/gif', 'GIF89a'],
  ])('declared as %s that holds %j is never drawn', async (type, text) => {
    const path = await addFile(type, text);
    const page = await nurse.get(path);
    expect(page.text).not.toContain('<img');
    expect((await nurse.get(`${path}/image`)).status).toBe(404);
    const file = await nurse.fetch(`${path}/file`, {});
    expect(file.headers.get('content-disposition')).toMatch(/^attachment; /);
    expect(file.headers.get('x-content-type-options')).toBe('nosniff');
    expect(file.headers.get('content-security-policy')).toContain('sandbox');
    expect(['application/octet-stream', 'application/pdf', 'image/gif']).toContain(file.headers.get('content-type'));
    expect(await file.text()).toBe(text);
  });

  test('says when its bytes are not what it declares', async () => {
    const page = await nurse.get(await addFile('image/png', '<!doctype html><script>alert(1)</script>'));
    expect(page.text).toContain('It was declared as image/png, and its bytes are text/html');
  });

  test.each([
    ['bytes=0-4', 206, 'bytes 0-4/10', '01234'],
    ['bytes=7-', 206, 'bytes 7-9/10', '789'],
    ['bytes=-3', 206, 'bytes 7-9/10', '789'],
    ['bytes=8-100', 206, 'bytes 8-9/10', '89'],
    ['bytes=10-', 416, 'bytes */10', ''],
    ['bytes=-0', 416, 'bytes */10', ''],
    ['bytes=5-3', 200, null, '0123456789'],
    ['bytes=0-1,3-4', 200, null, '0123456789'],
    ['lines=1-2', 200, null, '0123456789'],
  ])('answers the range %s with %i', async (range, status, contentRange, text) => {
    const path = await addFile('text/plain', '0123456789');
    const answer = await nurse.fetch(`${path}/file`, { headers: { range } });
    expect([answer.status, answer.headers.get('content-range'), await answer.text()]).toEqual([
      status,
      contentRange,
      text,
    ]);
  });

  test('of DICOM tells its header, and warns when it names another patient', async () => {
    const xray = new Uint8Array(readFileSync('test/fixtures/fhir/dicom/synthetic-xray.dcm'));
    const page = await nurse.get(await addFile('application/octet-stream', xray, 'x-ray.dcm'));
    expect(page.text).toContain('CR – Computed radiography');
    expect(page.text).toContain('FOREARM');
    expect(page.text).toContain('The file names another patient');
    const broken = await nurse.get(await addFile('application/dicom', xray.subarray(0, 140)));
    expect(broken.status).toBe(200);
  });

  test('is for clinical roles alone, and each look is in the journal first', async () => {
    const path = await addFile('text/plain', 'x');
    for (const role of ['administrator', 'auditor'] as const)
      for (const each of ['', '/file', '/image'])
        expect((await (await desk.client(role)).get(`${path}${each}`)).status).toBe(403);
    const coordinator = await desk.client('coordinator');
    expect((await coordinator.get(`${path}/file`)).status).toBe(200);
    const entries = await desk.node.access.ofSubject({ kind: 'patient', id: patient }, 100);
    expect(entries.some(({ act, user }) => act === 'download' && user === desk.users.coordinator.id)).toBe(true);
    for (const id of ['x', '00000000-0000-4000-8000-000000000000'])
      expect((await nurse.get(`/attachments/${id}`)).status).toBe(404);
  });

  test('of a restricted record is not given to whom it is closed', async () => {
    const other = await addPatient(desk, { csvId: 'A-7' });
    const added = await desk.node.attachments.add(other as PatientId, {
      title: 'secret',
      contentType: 'text/plain',
      bytes: stream('x'),
    });
    const asDoctor = await desk.client('doctor');
    await asDoctor.submit(`/patients/${other}/restriction`, `/patients/${other}/restriction`, {
      restricted: 'yes',
      reason: 'a colleague of the ward',
    });
    const path = `/attachments/${added.id}`;
    for (const each of ['', '/file']) {
      const answer = await nurse.get(`${path}${each}`);
      expect([answer.status, answer.location]).toEqual([303, `/patients/${other}`]);
    }
  });
});
