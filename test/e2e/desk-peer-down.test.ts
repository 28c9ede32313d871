import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { PatientId } from '../../node/records/model.ts';
import { openClient, type DeskClient } from '../support/desk-client.ts';
import { fastDirectory } from '../support/hospital.ts';
import { signedFields, submitAt, textOf, writeDraft } from '../web/referrals/two-desks.ts';
import { eventually, makeHospitalProcess, pairProcesses, type HospitalProcess } from './hospital-process.ts';

const password = 'quiet-lantern-meadow-47';
const minuteMs = 60_000;

/** A hospital that runs, with a doctor who has signed in at its desk. */
async function staffed(hospital: HospitalProcess): Promise<DeskClient> {
  const login = 'doctor';
  {
    await using node = await hospital.open();
    const user = { login, name: 'Dr Dora', roles: ['doctor'] as const, department: '', password };
    await node.accounts.users.add('operator', user);
  }
  await hospital.start();
  const client = openClient(hospital.desk);
  await client.signIn({ login, password });
  return client;
}

test('a doctor refers while Birch is killed: the page says so, Birch comes back, and its answer is shown', async () => {
  const directory = fastDirectory();
  try {
    await using alder = await makeHospitalProcess(directory, 'alder');
    await using birch = await makeHospitalProcess(directory, 'birch');
    const [atAlder, atBirch] = [await staffed(alder), await staffed(birch)];
    await pairProcesses(alder, birch);
    const registered = await atAlder.submit('/patients/new', '/patients/new', { csv_id: 'P-1', family_name: 'Waits' });
    const patient = (registered.location ?? '').split('/').at(-1)?.split('?')[0] as PatientId;
    await birch.kill();

    const sign = await writeDraft(atAlder, { patient, priority: 'stat' });
    const page = await atAlder.get(sign);
    const { location: sent = '' } = await submitAt(atAlder, page, sign, signedFields(page.text));
    const tracking = async (): Promise<string> => textOf((await atAlder.get(sent)).text);
    await eventually('a next try', async () => (await tracking()).includes('Next try'), minuteMs);
    const told = await tracking();
    expect(told).toContain('Not delivered yet');
    expect(told).toContain('nothing is lost');
    expect(told).toContain('Call now: ');
    expect(told).toMatch(/To be accepted until/);
    expect(told).not.toMatch(/✓ Delivered|signed receipt/);
    expect(textOf((await atAlder.get('/outbox')).text)).toMatch(/1 Not delivered|Tried again/);

    await alder.kill();
    await Promise.all([birch.start(), alder.start()]);
    const received = `/received/${sent.split('/').at(-1)}`;
    await eventually('it is at Birch', async () => (await atBirch.get(received)).status === 200, minuteMs);
    await eventually('the receipt at Alder', async () => !(await tracking()).includes('Not delivered yet'), minuteMs);
    const review = await atBirch.get(received);
    expect((await submitAt(atBirch, review, received, { decision: 'accepted', note: 'Bed 4' })).status).toBe(303);
    await birch.kill();
    await birch.start();
    await eventually('the answer at Alder', async () => /Accepted/.test(await tracking()), minuteMs);
    expect(await tracking()).toContain('Bed 4');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 240_000);
