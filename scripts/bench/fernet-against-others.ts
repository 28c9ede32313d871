import { fileURLToPath } from 'node:url';
import { interleaved } from './measure.ts';
import type { Figure, Row, Verdict } from './row.ts';
import { findPython, missing, runTool } from './tools.ts';

const largeBytes = 1024 * 1024;
const smallBytes = 64 * 1024;

/** Prints the milliseconds of processor time of one encryption and one decryption of argv[1] bytes. */
const pythonProgram = `
import os, sys, time
from cryptography.fernet import Fernet
f = Fernet(Fernet.generate_key())
size, seconds = int(sys.argv[1]), float(sys.argv[2]) / 1000
def each(call):
    n, begun, at = 0, time.monotonic(), time.process_time()
    while time.monotonic() - begun < seconds:
        call(); n += 1
    return (time.process_time() - at) * 1000 / n
data = os.urandom(size)
token = f.encrypt(data)
print(each(lambda: f.encrypt(data)), each(lambda: f.decrypt(token)))
`;

/** Row 2: text tokens, base64 included, as the Fernet specification has them; each library in a process of its own. */
export const fernetAgainstOthers: Row = {
  row: 2,
  title: 'Fernet text tokens against Python cryptography and npm fernet',
  run: async (effort) => {
    const [rounds, ms] = effort === 'full' ? [5, 400] : [0, 5];
    const python = findPython();
    const ourProgram = fileURLToPath(new URL('fernet-process.ts', import.meta.url));
    const [ours, npm, pythons, small] = [opens(), opens(), opens(), opens()];
    const run = (who: 'ours' | 'npm', bytes: number) => [process.execPath, ourProgram, who, String(bytes), String(ms)];
    const found = await interleaved(
      {
        seal: () => ours.measure(run('ours', largeBytes)),
        open: ours.last,
        python: () =>
          python === undefined
            ? Number.NaN
            : pythons.measure([python, '-c', pythonProgram, String(largeBytes), String(ms)]),
        pythonOpen: pythons.last,
        sealSmall: () => small.measure(run('ours', smallBytes)),
        openSmall: small.last,
        npm: () => npm.measure(run('npm', smallBytes)),
        npmOpen: npm.last,
      },
      rounds,
    );
    const against = (name: string, theirs: number, our: number, atLeast: number): Verdict => ({
      name,
      value: theirs / our,
      unit: 'x',
      goal: { atLeast },
    });
    const figure = (name: string, value: number): Figure => ({ name, value, unit: 'ms' });
    const figures = [
      figure('sealing 1 MiB', found.seal),
      figure('opening 1 MiB', found.open),
      figure('sealing 64 KiB', found.sealSmall),
      figure('opening 64 KiB', found.openSmall),
      figure('npm fernet, sealing 64 KiB', found.npm),
      figure('npm fernet, opening 64 KiB', found.npmOpen),
    ];
    const npmVerdicts = [
      against('npm fernet / ours, sealing 64 KiB', found.npm, found.sealSmall, 100),
      against('npm fernet / ours, opening 64 KiB', found.npmOpen, found.openSmall, 100),
    ];
    const notices = ['Each library runs in a process of its own.'];
    if (python === undefined)
      return {
        figures,
        verdicts: npmVerdicts,
        notices: [...notices, missing('Python with cryptography', 'the comparison with it')],
      };
    return {
      figures: [
        ...figures,
        figure('Python cryptography, sealing 1 MiB', found.python),
        figure('Python cryptography, opening 1 MiB', found.pythonOpen),
      ],
      verdicts: [
        against('Python / ours, sealing', found.python, found.seal, 3),
        against('Python / ours, opening', found.pythonOpen, found.open, 5),
        ...npmVerdicts,
      ],
      notices,
    };
  },
};

/** Runs a program that prints what sealing and opening cost: gives the first, and keeps the second for `last`. */
function opens(): { measure(command: readonly string[]): number; last(): number } {
  let opening = Number.NaN;
  return {
    measure: ([program = '', ...args]) => {
      const [seals = Number.NaN, opened = Number.NaN] = runTool(program, args)
        .toString('utf8')
        .trim()
        .split(' ')
        .map(Number);
      opening = opened;
      return seals;
    },
    last: () => opening,
  };
}
