import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Role } from '../../node/accounts/roles.ts';
import { hiddenFields, openClient, type DeskClient } from '../support/desk-client.ts';
import { listenTo } from '../support/event-lines.ts';
import { fastDirectory } from '../support/hospital.ts';
import { append, begun, offset, sample } from '../web/uploads/upload-support.ts';
import { eventually, makeHospitalProcess, pause, type HospitalProcess } from './hospital-process.ts';

const password = 'quiet-lantern-meadow-47';
const mebibyte = 1024 * 1024;
const chunkBytes = 8 * mebibyte;
const startMsMax = 60_000;
const directory = fastDirectory();
let alder: HospitalProcess;
let nurse: DeskClient;
let patient: string;

beforeAll(async () => {
  alder = await makeHospitalProcess(directory, 'alder');
  await addUsers('nurse', 'doctor');
  await alder.start();
  nurse = openClient(alder.desk);
  await nurse.signIn({ login: 'nurse.alder', password });
  patient = await register(nurse, 'K-1', 'Killed');
}, startMsMax);
afterAll(async () => {
  await alder[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

async function addUsers(...roles: readonly Role[]): Promise<void> {
  await using node = await alder.open();
  for (const role of roles) {
    const user = { login: `${role}.alder`, name: `Nia ${role}`, roles: [role], department: '', password };
    expect((await node.accounts.users.add('operator', user)).state).toBe('done');
  }
}

async function register(client: DeskClient, csvId: string, familyName: string): Promise<string> {
  const fields = { csv_id: csvId, family_name: familyName, birth_date: '1979-03-14' };
  const answer = await client.submit('/patients/new', '/patients/new', fields);
  const id = /^\/patients\/([0-9a-f-]{36})/.exec(answer.location ?? '')?.[1];
  if (id === undefined) throw new Error(`nobody was registered: ${answer.status} ${answer.text.slice(0, 2000)}`);
  return id;
}

/** What a person sees when the power goes: the connection breaks, and after a while the desk is there again. */
async function killAndStart(): Promise<void> {
  await alder.kill();
  await expect(nurse.get('/patients')).rejects.toThrow();
  await alder.start();
}

test(
  'a node killed while people work: they are still signed in, their open forms and drafts go on',
  async () => {
    const form = '/patients/new';
    const shown = await nurse.get(form);
    const typed = {
      ...hiddenFields(shown.text, form),
      csv_id: 'K-2',
      family_name: 'Halfway',
      notes: 'half a sentence',
    };
    const kept = await nurse.post('/drafts', { ...typed, 'draft-page': form }, { headers: { 'x-fernpost': 'typed' } });
    expect(kept.status).toBe(200);
    await killAndStart();
    expect((await nurse.get(`/patients/${patient}`)).status).toBe(200);
    expect((await nurse.get(`${form}?draft=1`)).text).toContain('half a sentence');
    const saved = await nurse.post(form, typed);
    expect(saved.status).toBe(303);
    await killAndStart();
    expect((await nurse.post(form, typed)).location).toBe(saved.location);
    expect((await nurse.get(saved.location ?? '')).status).toBe(200);
  },
  startMsMax,
);

test(
  'a node killed in the middle of a piece of an upload: what it had said it has is there, and the file is whole',
  async () => {
    const bytes = sample(20 * mebibyte);
    const place = await begun(nurse, bytes.length, { patient, filename: 'CT.zip' });
    const first = await append(nurse, place, 0, bytes.slice(0, chunkBytes));
    expect(first.headers.get('upload-offset')).toBe(String(chunkBytes));
    const second = append(nurse, place, chunkBytes, bytes.slice(chunkBytes, 2 * chunkBytes)).catch(() => undefined);
    await pause(15);
    await killAndStart();
    await second;
    const told = Number((await offset(nurse, place)).headers.get('upload-offset'));
    expect(told).toBeGreaterThanOrEqual(chunkBytes);
    const rest = await append(nurse, place, told, bytes.slice(told));
    expect(rest.status).toBe(204);
    const attachment = rest.headers.get('fernpost-attachment') ?? '';
    const file = await nurse.fetch(`${attachment}/file`, {});
    const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
    expect(hash(new Uint8Array(await file.arrayBuffer()))).toBe(hash(bytes));
  },
  startMsMax,
);

test(
  'a form whose answer a kill took, sent again as the browser offers, is saved at most once',
  async () => {
    const doctor = openClient(alder.desk);
    await doctor.signIn({ login: 'doctor.alder', password });
    const form = `/patients/${patient}/consultations/new`;
    const reasons: string[] = [];
    for (const waitMs of [0, 2, 4, 6, 8, 11, 15, 20]) {
      const { text } = await doctor.get(form);
      const reason = `Visit ${waitMs}`;
      reasons.push(reason);
      const at = new Date(Date.now() - 120_000).toISOString().slice(0, 16);
      const fields = { ...hiddenFields(text, form), at, class: 'AMB', reason, practitioner: 'Dr Dora' };
      const lost = doctor.post(form, fields).catch(() => undefined);
      await pause(waitMs);
      await killAndStart();
      await lost;
      const again = await doctor.post(form, fields);
      expect([303, 409]).toContain(again.status);
      if (again.status === 409) {
        const asked = hiddenFields(again.text, form);
        expect(asked['reason']).toBe(reason);
        const there = (await doctor.get(`/patients/${patient}/consultations`)).text.includes(`${reason}<`);
        if (!there) expect((await doctor.post(form, asked)).status).toBe(303);
      }
    }
    const { text } = await doctor.get(`/patients/${patient}/consultations`);
    for (const reason of reasons) expect(text.match(new RegExp(`\\b${reason}<`, 'g')), reason).toHaveLength(1);
  },
  startMsMax,
);

test(
  'a line of live changes ends with the node, and is taken up again with the last id after its start',
  async () => {
    const line = await listenTo(nurse);
    await eventually('the line says hello', async () => line.events.some(({ kind }) => kind === 'hello'), 5_000);
    const since = Number(line.events.at(-1)?.id);
    await killAndStart();
    await expect(line.ended).rejects.toThrow();
    await using again = await listenTo(nurse, '/live', since);
    await eventually('the line is there again', async () => again.events.length > 0, 5_000);
    expect(again.status).toBe(200);
  },
  startMsMax,
);
