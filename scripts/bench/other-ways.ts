import { join } from 'node:path';
import { findTool, runTool, runToolBeside } from './tools.ts';

/** The key pairs of the two ways in which one would send a file instead: age, and S/MIME by openssl. */
export interface Age {
  encrypt(file: string, into: string): Promise<void>;
  decrypt(file: string, into: string): Promise<void>;
}

export interface Smime {
  readonly openssl: string;
  /** Signs and encrypts as a mail program does. */
  seal(file: string, into: string): Promise<void>;
  open(file: string, into: string): Promise<void>;
}

/** `undefined` where age is not installed. */
export function openAge(directory: string): Age | undefined {
  const age = findTool('age');
  const keygen = findTool('age-keygen');
  if (age === undefined || keygen === undefined) return undefined;
  const identity = join(directory, 'age-identity.txt');
  runTool(keygen, ['-o', identity]);
  const recipient = runTool(keygen, ['-y', identity]).toString('utf8').trim();
  return {
    encrypt: (file, into) => runToolBeside(age, ['-r', recipient, '-o', into, file]),
    decrypt: (file, into) => runToolBeside(age, ['-d', '-i', identity, '-o', into, file]),
  };
}

/** `undefined` where openssl is not installed. */
export function openSmime(directory: string): Smime | undefined {
  const openssl = findTool('openssl');
  if (openssl === undefined) return undefined;
  const [key, certificate] = [join(directory, 'smime-key.pem'), join(directory, 'smime-certificate.pem')];
  const subject = ['-subj', '/CN=bench', '-days', '2', '-keyout', key, '-out', certificate];
  runTool(openssl, ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject]);
  const identity = ['-signer', certificate, '-inkey', key];
  return {
    openssl,
    seal: async (file, into) => {
      await runToolBeside(openssl, [
        'cms',
        '-sign',
        '-binary',
        '-nodetach',
        ...identity,
        '-in',
        file,
        '-out',
        `${into}.s`,
      ]);
      await runToolBeside(openssl, [
        'cms',
        '-encrypt',
        '-binary',
        '-aes-256-cbc',
        '-in',
        `${into}.s`,
        '-out',
        into,
        certificate,
      ]);
    },
    open: async (file, into) => {
      await runToolBeside(openssl, [
        'cms',
        '-decrypt',
        '-recip',
        certificate,
        '-inkey',
        key,
        '-in',
        file,
        '-out',
        `${into}.s`,
      ]);
      await runToolBeside(openssl, [
        'cms',
        '-verify',
        '-CAfile',
        certificate,
        '-purpose',
        'any',
        '-in',
        `${into}.s`,
        '-out',
        into,
      ]);
    },
  };
}
