import { randomBytes } from 'node:crypto';
import fernet from 'fernet';
import { decryptText, encryptText, formatFernetKey, generateKey } from '../../protocol/crypto/fernet.ts';
import { instantOfMs } from '../../protocol/instant.ts';
import { cpuMsEach } from './measure.ts';

// node fernet-process.ts ours|npm BYTES MS: prints the milliseconds of processor time of one sealing and one opening. In a
// process of its own, as Python is: what the other rows hold in memory would otherwise be searched for garbage here.
const [who, bytes = '', ms = ''] = process.argv.slice(2);
const key = generateKey((size) => new Uint8Array(randomBytes(size)));
const stamp = { time: instantOfMs(1_700_000_000_000), iv: new Uint8Array(16) };
const text = randomBytes(Number(bytes) / 2).toString('hex'); // npm fernet takes text alone.
const plaintext = new TextEncoder().encode(text);
const token = encryptText(key, plaintext, stamp);
const secret = new fernet.Secret(formatFernetKey(key));
const [seal, open] =
  who === 'npm'
    ? [() => new fernet.Token({ secret }).encode(text), () => new fernet.Token({ secret, token, ttl: 0 }).decode()]
    : [() => encryptText(key, plaintext, stamp), () => decryptText(key, token)];
const warm = Number(ms) / 2;
for (const each of [seal, open]) cpuMsEach(each, warm);
process.stdout.write(`${cpuMsEach(seal, Number(ms))} ${cpuMsEach(open, Number(ms))}\n`);
