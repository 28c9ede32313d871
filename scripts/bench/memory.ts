import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { benchDirectory } from './hospitals.ts';
import { buildProgram, makeNode, pairNodes, residentMb, serveNode, type NodeProcess } from './node-processes.ts';
import { addSharma, refer } from './node-work.ts';
import type { Figure, Row, Verdict } from './row.ts';

const mib = 1024 * 1024;
const tenGb = 10e9;
const pieceBytes = 256 * 1024;
const rssMbMax = 200;
const growthMbMax = 40;

/** Row 7: a study that is forty times as large needs no more memory on either side. */
export const memory: Row = {
  row: 7,
  title: 'peak memory of both hospitals while a study crosses',
  run: async (effort, isLarge = false) => {
    const sizes = effort === 'full' ? [50 * mib, 2048 * mib, ...(isLarge ? [tenGb] : [])] : [mib];
    buildProgram();
    const directory = await benchDirectory();
    const places = [await makeNode(directory, 'alder'), await makeNode(directory, 'birch')] as const;
    const figures: Figure[] = [];
    const verdicts: Verdict[] = [];
    const peaks: { readonly sender: number; readonly receiver: number }[] = [];
    for (const [run, size] of sizes.entries()) {
      // New processes each time: a peak is of a process's whole life.
      const alder = await serveNode(places[0]);
      const birch = await serveNode(places[1]);
      if (run === 0) await pairNodes(alder, birch);
      const took = await crossOver(alder, birch, run, size);
      const label = `${Math.round(size / mib)} MiB`;
      const sender = (await residentMb(alder.pid, 'VmHWM')) ?? Number.NaN;
      const receiver = (await residentMb(birch.pid, 'VmHWM')) ?? Number.NaN;
      peaks.push({ sender, receiver });
      figures.push({ name: `${label}: attaching`, value: size / 1e3 / took.attachMs, unit: 'MB/s' });
      figures.push({ name: `${label}: referring, until the receipt`, value: size / 1e3 / took.referMs, unit: 'MB/s' });
      const goal = { atMost: rssMbMax };
      verdicts.push({ name: `${label}: peak RSS of the sender`, value: sender, unit: 'MB', goal });
      verdicts.push({ name: `${label}: peak RSS of the receiver`, value: receiver, unit: 'MB', goal });
      await alder.stop();
      await birch.stop();
    }
    const [small, ...larger] = peaks;
    for (const [n, { sender, receiver }] of larger.entries()) {
      const goal = { atMost: growthMbMax };
      const above = `${Math.round((sizes[n + 1] ?? 0) / mib)} MiB above ${Math.round((sizes[0] ?? 0) / mib)} MiB`;
      verdicts.push({ name: `sender: ${above}`, value: sender - (small?.sender ?? 0), unit: 'MB', goal });
      verdicts.push({ name: `receiver: ${above}`, value: receiver - (small?.receiver ?? 0), unit: 'MB', goal });
    }
    await rm(directory, { recursive: true, force: true });
    const notices = peaks.some((peak) => Number.isNaN(peak.sender)) ? ['Peaks are read from /proc: Linux only.'] : [];
    return { figures, verdicts, notices };
  },
};

/** Attaches a file of random bytes to a new patient and refers her; resolves at the durable receipt. */
async function crossOver(alder: NodeProcess, birch: NodeProcess, run: number, size: number) {
  const patient = await addSharma(alder, `A-${run}`);
  const begun = performance.now();
  const study = { patient, title: 'Study', contentType: 'application/dicom' };
  const { attachment } = await alder.session.upload('patient.attach', study, randomStream(size));
  const attached = performance.now();
  await refer(alder, birch, patient, [attachment.id]);
  return { attachMs: attached - begun, referMs: performance.now() - attached };
}

async function* randomStream(size: number): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(randomBytes(pieceBytes));
  for (let left = size; left > 0; left -= pieceBytes) {
    new DataView(piece.buffer).setFloat64(0, left); // No two chunks are the same blob.
    yield piece.slice(0, Math.min(left, pieceBytes));
    await wait(0);
  }
}
