import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '../../../node/config/secrets.ts';
import { hiddenFields, type DeskClient } from '../../support/desk-client.ts';
import { eventually, openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { startFakeS3, type FakeS3, type S3Fault } from '../../support/fake-s3.ts';
import { textOf } from '../referrals/two-desks.ts';
import { addPatient, append, begun, sample, sha256 } from '../uploads/upload-support.ts';

let s3: FakeS3;
let desks: TestDesks;
let alder: TestDesk;
let nurse: DeskClient;
let patient: string;

beforeAll(async () => {
  s3 = await startFakeS3();
  const bucket = { endpoint: s3.endpoint, region: 'us-east-1', bucket: s3.bucket, prefix: '' };
  const keys = { accessKeyId: new Secret('fake-key'), secretAccessKey: new Secret('fake-secret') };
  desks = await openDesks({ change: (config) => ({ ...config, s3: { ...bucket, ...keys } }) });
  alder = desks.at('alder');
  nurse = await alder.client('nurse');
  patient = await addPatient(alder);
});
afterAll(async () => {
  s3.fault = 'none';
  await desks[Symbol.asyncDispose]();
  await s3[Symbol.asyncDispose]();
});

async function postFile(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Response> {
  const page = `/patients/${patient}/uploads/new`;
  const shown = await nurse.get(page);
  const action = /<form[^>]*action="([^"]*uploads\/new[^"]*)"/.exec(shown.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const form = new FormData();
  for (const [field, value] of Object.entries(hiddenFields(shown.text, action))) form.set(field, value);
  form.set('guard', '1979');
  form.append('file', new Blob([bytes], { type: 'application/pdf' }), name);
  const headers = { origin: nurse.origin, 'sec-fetch-site': 'same-origin', referer: `${nurse.origin}${page}` };
  return await nurse.fetch(action, { method: 'POST', body: form, headers });
}

test.each<S3Fault>(['unavailable', 'silent', 'denied', 'forgets'])(
  'a bucket that is %s holds no upload up: the file is sealed here, is shown, opens, and waits for the bucket',
  async (fault) => {
    s3.fault = fault;
    const before = s3.objects.size;
    const bytes = sample(300_000);
    const sent = await postFile(`letter-${fault}.pdf`, bytes);
    expect([sent.status, sent.headers.get('location')]).toEqual([303, `/patients/${patient}`]);
    const place = await begun(nurse, bytes.length, { patient, filename: `scan-${fault}.zip` });
    const stored = await append(nurse, place, 0, bytes);
    expect(stored.status).toBe(204);
    const chart = await nurse.get(`/patients/${patient}`);
    for (const title of [`letter-${fault}.pdf`, `scan-${fault}.zip`]) expect(textOf(chart.text)).toContain(title);
    const file = await nurse.fetch(`${stored.headers.get('fernpost-attachment')}/file`, {});
    expect(sha256(new Uint8Array(await file.arrayBuffer()))).toBe(sha256(bytes));
    expect(s3.objects.size).toBe(before);
  },
  20_000,
);

test('the administrator is told that files wait for the bucket, and they go up once it answers', async () => {
  s3.fault = 'unavailable';
  await postFile('late.pdf', sample(1000));
  const admin = await alder.client('administrator');
  expect(textOf((await admin.get('/admin')).text)).toMatch(/wait/i);
  s3.fault = 'none';
  await eventually(() => s3.objects.size > 0, 40_000);
}, 60_000);
