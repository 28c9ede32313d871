import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSmtpMail } from '../../../node/platform/smtp-mail.ts';
import { openPeerHttp } from '../../../node/platform/undici-peer-http.ts';
import { hasOpenssl, makeCertificate } from '../../support/certificate.ts';
import { hasPrograms } from '../../support/real-services.ts';
import { testDirectory } from '../../support/test-directory.ts';

const certificates = hasOpenssl('connections with certificates');
const request = {
  method: 'GET',
  headers: {},
  answerBytesMax: 100,
  timeoutMs: 2000,
  addresses: { allow: ['127.0.0.0/8', '::1/128'] },
} as const;

test.skipIf(!certificates)('https needs a certificate that someone vouches for', async () => {
  using directory = testDirectory();
  const { cert, key } = makeCertificate(directory.path);
  const server = createServer({ cert, key }, (incoming, response) => response.end(incoming.httpVersion));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
  const [trusting, strict] = [openPeerHttp({ authorities: [cert] }), openPeerHttp()];
  try {
    const answer = await trusting.request({ ...request, url });
    expect(new TextDecoder().decode(answer.body)).toBe('1.1');
    await expect(strict.request({ ...request, url })).rejects.toMatchObject({
      name: 'PeerHttpError',
      code: 'unreachable',
    });
    await expect(trusting.request({ ...request, url, addresses: { allow: [] } })).rejects.toMatchObject({
      code: 'address-refused',
    });
  } finally {
    await Promise.all([trusting.close(), strict.close()]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const isRoot = process.getuid?.() === 0;
const postfix = certificates && isRoot && hasPrograms('mail to a real postfix', ['postfix']);

test.skipIf(!postfix)(
  'postfix takes a mail over STARTTLS for its one recipient, and refuses a stranger',
  async () => {
    using directory = testDirectory();
    execFileSync('chmod', ['755', directory.path]);
    const { cert, certPath, keyPath } = makeCertificate(directory.path);
    const port = await freePort();
    const script = join(import.meta.dirname, '../../../scripts/services/postfix.sh');
    execFileSync(script, [directory.file('postfix'), String(port), certPath, keyPath], { stdio: 'ignore' });
    const mail = openSmtpMail({ host: '127.0.0.1', port, tls: 'starttls', authorities: [cert], timeoutMs: 5000 });
    try {
      await mail.verify();
      const sent = {
        from: 'alder@hospital.test',
        to: 'desk@station.test',
        subject: 'Case 2026-1177',
        text: 'Call +1 555 0100\n',
        messageId: '<case-2026-1177.1@alder.example>',
      };
      await mail.send(sent);
      await expect(mail.send({ ...sent, to: 'someone@elsewhere.test' })).rejects.toMatchObject({ code: 'refused' });
      const inbox = directory.file('postfix/mail/inbox/new');
      await expect.poll(() => (existsSync(inbox) ? readdirSync(inbox).length : 0), { timeout: 10_000 }).toBe(1);
      const [name = ''] = readdirSync(inbox);
      const text = readFileSync(join(inbox, name), 'utf8');
      expect(text).toContain('Message-ID: <case-2026-1177.1@alder.example>');
      expect(text).toContain('Call +1 555 0100');
      expect(statSync(inbox).isDirectory()).toBe(true);
    } finally {
      await mail.close();
      execFileSync('postfix', ['-c', directory.file('postfix/conf'), 'stop'], { stdio: 'ignore' });
    }
  },
  60_000,
);

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
