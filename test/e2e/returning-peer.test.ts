import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fastDirectory } from '../support/hospital.ts';
import { eventually, makeHospitalProcess, pairProcesses, pause } from './hospital-process.ts';

const minuteMs = 60_000;
const downMs = 8_000;

test('Birch is stopped, five referrals wait, Birch starts: all five arrive within a minute, the most urgent first', async () => {
  const directory = fastDirectory();
  try {
    await using alder = await makeHospitalProcess(directory, 'alder');
    await using birch = await makeHospitalProcess(directory, 'birch');
    await Promise.all([alder.start(), birch.start()]);
    await pairProcesses(birch, alder);
    await birch.stop();

    const atAlder = await alder.session();
    await atAlder.plain('patient.add', { details: { csv_id: 'P-1', family_name: 'Waiting' } });
    const priorities = ['routine', 'urgent', 'routine', 'stat', 'urgent'] as const;
    for (const priority of priorities)
      await atAlder.plain('referral.send', {
        to: birch.name,
        patient: 'P-1',
        priority,
        reason: 'Waits for Birch',
        question: 'Please see',
      });
    // Long enough for each of them to have been tried in vain.
    await pause(downMs);
    expect((await atAlder.plain('referral.outbox', {})).deliveries).toHaveLength(priorities.length);

    await birch.start();
    const atBirch = await birch.session();
    const received = async () => (await atBirch.plain('referral.list', { direction: 'received' })).referrals;
    await eventually('five referrals at Birch', async () => (await received()).length === priorities.length, minuteMs);
    const inOrder = (await received()).toSorted((a, b) => a.at - b.at || (a.number < b.number ? -1 : 1));
    expect(inOrder.map(({ priority }) => priority)).toEqual(['stat', 'urgent', 'urgent', 'routine', 'routine']);
    await eventually(
      'every receipt at Alder',
      async () => (await atAlder.plain('referral.outbox', {})).deliveries.length === 0,
      minuteMs,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 180_000);
