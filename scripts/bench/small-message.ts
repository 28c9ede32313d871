import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { benchDirectory, openHospitals } from './hospitals.ts';
import { interleaved, wallMsOf } from './measure.ts';
import { openAge, openSmime } from './other-ways.ts';
import type { Figure, Row, Verdict } from './row.ts';
import { openUploadSite } from './sites.ts';
import { missing, runToolBeside } from './tools.ts';

const referralsPerRound = 12;
const opensslRunsPerMessage = 4;

/** Row 5: how long one doctor waits for the receipt of one referral, with nothing else going on. */
export const smallMessage: Row = {
  row: 5,
  title: 'one small referral until its durable receipt, against S/MIME and against age with an upload',
  run: async (effort) => {
    const [rounds, each] = effort === 'full' ? [15, referralsPerRound] : [0, 1];
    await using pair = await openHospitals();
    const directory = await benchDirectory();
    const path = (name: string): string => join(directory, name);
    await using site = await openUploadSite(path('uploaded'));
    const { id } = await pair.refer();
    const [event] = (await pair.alder.referrals.show(id)).events;
    await writeFile(path('message'), await pair.alder.referrals.document(id, event?.message ?? ''));
    const [age, smime] = [openAge(directory), openSmime(directory)];
    const found = await interleaved(
      {
        referral: async () => (await wallMsOf(() => pair.exchange(each, 1))) / each,
        age: async () => {
          if (age === undefined) return Number.NaN;
          return await wallMsOf(async () => {
            await age.encrypt(path('message'), path('sealed'));
            await site.upload(path('sealed'));
            await rm(path('sealed'));
          });
        },
        // Each message beside the start of as many processes that do nothing, so that both see the same machine.
        smime: async () => {
          if (smime === undefined) return Number.NaN;
          const whole = await wallMsOf(async () => {
            await smime.seal(path('message'), path('cms'));
            await smime.open(path('cms'), path('opened'));
          });
          const starts = await wallMsOf(async () => {
            for (let i = 0; i < opensslRunsPerMessage; i += 1) await runToolBeside(smime.openssl, ['version']);
          });
          return whole - starts;
        },
      },
      rounds,
    );
    await rm(directory, { recursive: true, force: true });
    const figures: Figure[] = [{ name: 'referral, median of rounds', value: found.referral, unit: 'ms' }];
    const verdicts: Verdict[] = [];
    const notices: string[] = [];
    if (smime === undefined) notices.push(missing('openssl', 'S/MIME'));
    else {
      figures.push({
        name: 'S/MIME by openssl cms, without the start of its processes',
        value: found.smime,
        unit: 'ms',
      });
      const goal = { atMost: 0.75 };
      const isClear = found.smime > 1;
      const value = isClear ? found.referral / found.smime : Number.NaN;
      verdicts.push({ name: 'referral / S/MIME in process', value, unit: 'x', goal });
      if (!isClear) notices.push('The machine is too busy to tell S/MIME from the start of openssl: run it again.');
      notices.push(
        'S/MIME signs, encrypts, decrypts and verifies, and is neither sent nor stored nor logged; the starts of openssl are taken off.',
      );
    }
    if (age === undefined) notices.push(missing('age', 'the comparison with it'));
    else {
      figures.push({ name: 'age and an upload that is fsynced', value: found.age, unit: 'ms' });
      const goal = { atMost: 0.35 };
      verdicts.push({ name: 'referral / age + upload', value: found.referral / found.age, unit: 'x', goal });
      notices.push('age is started for each message, as a script would; nothing decrypts it.');
    }
    return { figures, verdicts, notices };
  },
};
