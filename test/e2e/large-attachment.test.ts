import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ByteStream } from '../../node/platform/files.ts';
import { fastDirectory } from '../support/hospital.ts';
import {
  eventually,
  makeHospitalProcess,
  pairProcesses,
  pause,
  readDiagnostics,
  type HospitalProcess,
} from './hospital-process.ts';

const mib = 1024 * 1024;
const size = 128 * mib + 12_345;
const chunks = Math.ceil(size / (8 * mib));
/** Spec §5: chunks on their way at once. */
const chunkWindow = 8;
/** The transfer has begun when the first chunk is through, and is far from its end. */
const chunksBeforeKill = 2;
const transferMsMax = 120_000;

test.each(['alder', 'birch'] as const)(
  'a transfer that a kill of %s cuts in the middle is finished, and sends at most one window of chunks again',
  async (victimName) => {
    const directory = fastDirectory();
    try {
      await using alder = await makeHospitalProcess(directory, 'alder');
      await using birch = await makeHospitalProcess(directory, 'birch');
      await Promise.all([alder.start(), birch.start()]);
      await pairProcesses(alder, birch);
      const { id, digest } = await sendStudy(alder, birch);

      await begun(alder, chunksBeforeKill);
      const victim = victimName === 'alder' ? alder : birch;
      await victim.kill();
      const throughAtKill = sentChunks(alder).length;
      expect(throughAtKill, 'the kill came in the middle').toBeLessThan(chunks);
      await victim.start();

      const atBirch = await birch.session();
      await eventually(
        'the referral at Birch',
        async () => (await atBirch.plain('referral.list', { direction: 'received' })).referrals.length === 1,
        transferMsMax,
      );
      const { attachments } = await atBirch.plain('referral.show', { referral: id });
      const [attachment] = attachments;
      if (attachment === undefined) throw new Error('the attachment did not arrive');
      const hash = createHash('sha256');
      for await (const piece of atBirch.download('referral.attachment', { referral: id, attachment: attachment.id }))
        hash.update(piece);
      expect(hash.digest('hex')).toBe(digest);

      // A chunk that was on its way has no line yet, or its answer was lost: those alone may go out again.
      const sent = sentChunks(alder);
      expect(sent.length - new Set(sent).size, 'chunks that were through and were sent again').toBe(0);
      expect(new Set(sent).size).toBeGreaterThanOrEqual(chunks - chunkWindow);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
  300_000,
);

async function sendStudy(from: HospitalProcess, to: HospitalProcess) {
  const session = await from.session();
  await session.plain('patient.add', { details: { csv_id: 'P-1', family_name: 'Large' } });
  const hash = createHash('sha256');
  const input = { patient: 'P-1', title: 'CT study', contentType: 'application/dicom' };
  const { attachment } = await session.upload('patient.attach', input, study(hash));
  const { id } = await session.plain('referral.send', {
    to: to.name,
    patient: 'P-1',
    priority: 'urgent',
    reason: 'Polytrauma',
    question: 'Please take over',
    attachments: [attachment.id],
  });
  return { id, digest: hash.digest('hex') };
}

/** Pieces that all differ, so that no two chunks are alike. */
async function* study(hash: ReturnType<typeof createHash>): ByteStream {
  for (let at = 0; at < size; at += mib) {
    const piece = new Uint8Array(Math.min(mib, size - at)).fill(at / mib);
    hash.update(piece);
    yield piece;
  }
}

/** The chunks that Alder sent and got an answer for, in the order of the answers. */
function sentChunks(alder: HospitalProcess): readonly number[] {
  return readDiagnostics(alder.diagnosticsFile)
    .filter(({ event, status }) => event === 'chunk-sent' && (status === 200 || status === 201))
    .map(({ chunk }) => Number(chunk));
}

async function begun(alder: HospitalProcess, count: number): Promise<void> {
  for (const end = performance.now() + transferMsMax; sentChunks(alder).length < count;) {
    if (performance.now() > end) throw new Error('the transfer did not begin');
    await pause(2);
  }
}
