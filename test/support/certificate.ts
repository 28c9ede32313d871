import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { leftOut } from './left-out.ts';

export interface TestCertificate {
  readonly certPath: string;
  readonly keyPath: string;
  readonly cert: string;
  readonly key: string;
}

const openssl = '/usr/bin/openssl';

/** Whether certificates can be made here; where not, the run says so. */
export function hasOpenssl(what: string): boolean {
  const has = existsSync(openssl);
  if (!has) leftOut(what, 'openssl is not installed');
  return has;
}

/** A new self-signed certificate for 127.0.0.1 and localhost; ask `hasOpenssl` first. */
export function makeCertificate(directory: string): TestCertificate {
  const certPath = join(directory, 'cert.pem');
  const keyPath = join(directory, 'key.pem');
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync(openssl, ['req', ...kind, ...names, '-keyout', keyPath, '-out', certPath], { stdio: 'ignore' });
  return { certPath, keyPath, cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') };
}
