import { openHospitals } from './hospitals.ts';
import { interleaved, wallMsOf } from './measure.ts';
import type { Row } from './row.ts';

const outstanding = 32;

/** Row 4: what it costs that nothing acknowledged is ever lost. */
export const durability: Row = {
  row: 4,
  title: 'referrals a second with synchronous=FULL against NORMAL, 32 outstanding',
  run: async (effort) => {
    const [rounds, count] = effort === 'full' ? [7, 160] : [0, 4];
    await using durable = await openHospitals();
    await using hasty = await openHospitals({ synchronous: 'NORMAL' });
    const rate = async (pair: typeof durable): Promise<number> =>
      (count / (await wallMsOf(() => pair.exchange(count, outstanding)))) * 1000;
    const found = await interleaved({ full: () => rate(durable), normal: () => rate(hasty) }, rounds);
    return {
      figures: [
        { name: 'FULL', value: found.full, unit: '/s' },
        { name: 'NORMAL', value: found.normal, unit: '/s' },
      ],
      verdicts: [{ name: 'FULL / NORMAL', value: found.full / found.normal, unit: 'x', goal: { atLeast: 0.85 } }],
      notices: ['Both hospitals, and what sends, share one process and one thread.'],
    };
  },
};
