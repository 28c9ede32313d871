import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createTransport } from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { benchDirectory, freePort } from './hospitals.ts';
import { median, wallMsOf } from './measure.ts';
import { buildProgram, makeNode, pairNodes, serveNode } from './node-processes.ts';
import { addSharma, refer } from './node-work.ts';
import { openAge, openSmime } from './other-ways.ts';
import type { Figure, Row, Verdict } from './row.ts';
import { openUploadSite, sync } from './sites.ts';
import { missing } from './tools.ts';

const mib = 1024 * 1024;

/** Row 6: a study of 50 MiB, from the record of one hospital to a durable receipt of the other. */
export const study: Row = {
  row: 6,
  title: 'a study of 50 MiB, against age with an upload and against S/MIME over SMTP',
  run: async (effort) => {
    const [rounds, size] = effort === 'full' ? [7, 50 * mib] : [0, mib];
    buildProgram();
    const directory = await benchDirectory();
    const path = (name: string): string => join(directory, name);
    const alder = await serveNode(await makeNode(directory, 'alder'));
    const birch = await serveNode(await makeNode(directory, 'birch'));
    await pairNodes(alder, birch);
    await using site = await openUploadSite(path('uploaded'));
    await using mail = await openMailSite(path('mailed'));
    const [age, smime] = [openAge(directory), openSmime(directory)];
    const times = { attach: [] as number[], refer: [] as number[], age: [] as number[], smime: [] as number[] };
    // The first round warms up and does not count, as in every other row.
    for (let round = 0; round <= rounds; round += 1) {
      const note = (found: number[], ms: number): void => {
        if (round > 0 || rounds === 0) found.push(ms);
      };
      await writeFile(path('study'), randomBytes(size));
      const patient = await addSharma(alder, `A-${round}`);
      const sent = { patient: patient, title: 'Study', contentType: 'application/dicom' };
      const begun = performance.now();
      const bytes = createReadStream(path('study'));
      const { attachment } = await alder.session.upload('patient.attach', sent, bytes);
      note(times.attach, performance.now() - begun);
      note(times.refer, await wallMsOf(() => refer(alder, birch, patient, [attachment.id])));
      if (age !== undefined)
        note(
          times.age,
          await wallMsOf(async () => {
            await age.encrypt(path('study'), path('sealed'));
            await site.upload(path('sealed'));
            await rm(path('sealed'));
          }),
        );
      if (smime !== undefined)
        note(
          times.smime,
          await wallMsOf(async () => {
            await smime.seal(path('study'), path('cms'));
            await mail.send(path('cms'));
          }),
        );
    }
    await alder.stop();
    await birch.stop();
    await rm(directory, { recursive: true, force: true });
    const [attachMs, referMs] = [median(times.attach), median(times.refer)];
    const figures: Figure[] = [
      { name: 'attaching it to the patient', value: attachMs, unit: 'ms' },
      { name: 'referring, until the durable receipt', value: referMs, unit: 'ms' },
    ];
    const verdicts: Verdict[] = [];
    const notices = ['A referral is judged from the record on: the study lies there sealed before anyone refers.'];
    const compare = (name: string, found: readonly number[], atMost: number, tool: string): void => {
      if (found.length === 0) return void notices.push(missing(tool, 'the comparison with it'));
      figures.push({ name, value: median(found), unit: 'ms' });
      verdicts.push({ name: `referral / ${name}`, value: referMs / median(found), unit: 'x', goal: { atMost } });
    };
    compare('age + upload that is fsynced', times.age, 1, 'age');
    compare('S/MIME over SMTP', times.smime, 0.2, 'openssl');
    return { figures, verdicts, notices };
  },
};

/** A mail server that keeps one message, on the disk before it says so. */
async function openMailSite(into: string): Promise<AsyncDisposable & { send(file: string): Promise<void> }> {
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => {
      pipeline(stream, createWriteStream(into))
        .then(() => sync(into))
        .then(
          () => done(),
          (error: unknown) => done(error instanceof Error ? error : new Error('the mail was not stored')),
        );
    },
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  const transport = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
  return {
    send: async (file) => {
      const envelope = { from: 'alder@example.com', to: 'birch@example.com' };
      await transport.sendMail({ envelope, raw: createReadStream(file) });
    },
    [Symbol.asyncDispose]: async () => {
      transport.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
