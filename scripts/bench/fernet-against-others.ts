import { randomBytes } from 'node:crypto';
import fernet from 'fernet';
import { decryptText, encryptText, formatFernetKey, generateKey } from '../../protocol/crypto/fernet.ts';
import { instantOfMs } from '../../protocol/instant.ts';
import { cpuMsEach, interleaved } from './measure.ts';
import type { Row } from './row.ts';
import { findPython, missing, runTool } from './tools.ts';

const largeBytes = 1024 * 1024;
const smallBytes = 64 * 1024;

/** Prints the milliseconds of processor time of one encryption and one decryption of argv[2] bytes. */
const pythonProgram = `
import os, sys, time
from cryptography.fernet import Fernet
f = Fernet(Fernet.generate_key())
size, seconds = int(sys.argv[1]), float(sys.argv[2])
def each(call):
    n, begun, at = 0, time.monotonic(), time.process_time()
    while time.monotonic() - begun < seconds:
        call(); n += 1
    return (time.process_time() - at) * 1000 / n
data = os.urandom(size)
token = f.encrypt(data)
print(each(lambda: f.encrypt(data)), each(lambda: f.decrypt(token)))
`;

/** Row 2: text tokens, base64 included, as the Fernet specification has them. */
export const fernetAgainstOthers: Row = {
  row: 2,
  title: 'Fernet text tokens against Python cryptography and npm fernet',
  run: async (effort) => {
    const [rounds, ms] = effort === 'full' ? [5, 300] : [0, 5];
    const python = findPython();
    const key = generateKey((size) => new Uint8Array(randomBytes(size)));
    const stamp = { time: instantOfMs(1_700_000_000_000), iv: new Uint8Array(16) };
    const large = new Uint8Array(randomBytes(largeBytes));
    const small = new Uint8Array(Buffer.from(randomBytes(smallBytes / 2).toString('hex')));
    const largeToken = encryptText(key, large, stamp);
    const smallToken = encryptText(key, small, stamp);
    const secret = new fernet.Secret(formatFernetKey(key));
    let pythonOpens: number[] = [];
    const runPython = (): number => {
      if (python === undefined) return Number.NaN;
      const out = runTool(python, ['-c', pythonProgram, String(largeBytes), String(ms / 1000)]).toString('utf8');
      const [seals = Number.NaN, opens = Number.NaN] = out.trim().split(' ').map(Number);
      pythonOpens = [...pythonOpens, opens];
      return seals;
    };
    const found = await interleaved(
      {
        seal: () => cpuMsEach(() => encryptText(key, large, stamp), ms),
        open: () => cpuMsEach(() => decryptText(key, largeToken), ms),
        python: runPython,
        pythonOpen: () => pythonOpens.at(-1) ?? Number.NaN,
        sealSmall: () => cpuMsEach(() => encryptText(key, small, stamp), ms),
        openSmall: () => cpuMsEach(() => decryptText(key, smallToken), ms),
        npm: () => cpuMsEach(() => new fernet.Token({ secret }).encode(new TextDecoder().decode(small)), ms),
        npmOpen: () => cpuMsEach(() => new fernet.Token({ secret, token: smallToken, ttl: 0 }).decode(), ms),
      },
      rounds,
    );
    const npmVerdicts = [
      {
        name: 'npm fernet / ours, sealing 64 KiB',
        value: found.npm / found.sealSmall,
        unit: 'x',
        goal: { atLeast: 100 },
      },
      {
        name: 'npm fernet / ours, opening 64 KiB',
        value: found.npmOpen / found.openSmall,
        unit: 'x',
        goal: { atLeast: 100 },
      },
    ] as const;
    const figures = [
      { name: 'sealing 1 MiB', value: found.seal, unit: 'ms' },
      { name: 'opening 1 MiB', value: found.open, unit: 'ms' },
      { name: 'sealing 64 KiB', value: found.sealSmall, unit: 'ms' },
      { name: 'npm fernet, sealing 64 KiB', value: found.npm, unit: 'ms' },
      { name: 'npm fernet, opening 64 KiB', value: found.npmOpen, unit: 'ms' },
    ] as const;
    if (python === undefined)
      return {
        figures,
        verdicts: npmVerdicts,
        notices: [missing('Python with cryptography', 'the comparison with it')],
      };
    return {
      figures: [
        ...figures,
        { name: 'Python cryptography, sealing 1 MiB', value: found.python, unit: 'ms' },
        { name: 'Python cryptography, opening 1 MiB', value: found.pythonOpen, unit: 'ms' },
      ],
      verdicts: [
        { name: 'Python / ours, sealing', value: found.python / found.seal, unit: 'x', goal: { atLeast: 3 } },
        { name: 'Python / ours, opening', value: found.pythonOpen / found.open, unit: 'x', goal: { atLeast: 5 } },
        ...npmVerdicts,
      ],
      notices: [],
    };
  },
};
