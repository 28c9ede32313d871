import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { expect, test } from 'vitest';
import { openSmtpMail } from '../../../node/platform/smtp-mail.ts';
import { hasOpenssl, makeCertificate } from '../../support/certificate.ts';
import { hasPrograms } from '../../support/real-services.ts';
import { openSmtpStation } from '../../support/smtp.ts';
import { testDirectory } from '../../support/test-directory.ts';
import { openAlertNode } from './alert-node.ts';

const certificates = hasOpenssl('alerts over STARTTLS');

test.skipIf(!certificates)(
  'an alert leaves over STARTTLS to a server whose certificate somebody vouches for',
  async () => {
    using directory = testDirectory();
    const { cert, key } = makeCertificate(directory.path);
    await using smtp = await openSmtpStation({ hideSTARTTLS: false, cert, key });
    const mail = openSmtpMail({
      host: 'localhost',
      port: smtp.port,
      tls: 'starttls',
      authorities: [cert],
      timeoutMs: 4_000,
    });
    await using alder = await openAlertNode(mail);
    const id = await alder.alert();
    await alder.step();
    expect((await alder.node.alerts.get(id)).delivery.state).toBe('sent');
    expect(smtp.taken).toHaveLength(1);
  },
);

test('a server without STARTTLS gets nothing where it is required, and the alert is loud at once', async () => {
  await using smtp = await openSmtpStation({ disabledCommands: ['STARTTLS', 'AUTH'] });
  const mail = openSmtpMail({ host: '127.0.0.1', port: smtp.port, tls: 'starttls', timeoutMs: 2_000 });
  await using alder = await openAlertNode(mail);
  const id = await alder.alert();
  await alder.step();
  const { delivery, loud } = await alder.node.alerts.get(id);
  expect(delivery).toMatchObject({ state: 'queued', trouble: expect.stringContaining('secure') as string });
  expect(loud?.why).toBe('unsent');
  expect(smtp.taken).toEqual([]);
});

const isRoot = process.getuid?.() === 0;
const postfix = certificates && isRoot && hasPrograms('an alert to a real postfix', ['postfix']);

test.skipIf(!postfix)(
  'a real postfix has exactly the mail of the preview in the mailbox of the station',
  async () => {
    using directory = testDirectory();
    execFileSync('chmod', ['755', directory.path]);
    const { cert, certPath, keyPath } = makeCertificate(directory.path);
    const port = await freePort();
    const script = join(import.meta.dirname, '../../../scripts/services/postfix.sh');
    execFileSync(script, [directory.file('postfix'), String(port), certPath, keyPath], { stdio: 'ignore' });
    try {
      const mail = openSmtpMail({ host: '127.0.0.1', port, tls: 'starttls', authorities: [cert], timeoutMs: 5_000 });
      await using alder = await openAlertNode(mail, { title: 'Élder Ärzte' });
      const station = { ...alder.near, latitude: '', longitude: '', active: 'yes', email: 'desk@station.test' };
      await alder.node.stations.change({ id: 'a', name: 'a' }, alder.near.id, 1, station);
      const id = await alder.alert();
      await alder.step();
      const sent = await alder.node.alerts.get(id);
      expect(sent.delivery.state).toBe('sent');
      const inbox = directory.file('postfix/mail/inbox/new');
      await expect.poll(() => (existsSync(inbox) ? readdirSync(inbox).length : 0), { timeout: 10_000 }).toBe(1);
      const [name = ''] = readdirSync(inbox);
      const got = await PostalMime.parse(readFileSync(join(inbox, name)));
      expect(got.text?.trimEnd()).toBe(sent.mail.text.trimEnd());
      expect(got.text).toContain('Hospital: Élder Ärzte');
      expect(got).toMatchObject({ subject: sent.mail.subject, messageId: sent.messageId });
      expect(got.to?.map(({ address }) => address)).toEqual(['desk@station.test']);
      expect(got.attachments).toEqual([]);
    } finally {
      execFileSync('postfix', ['-c', directory.file('postfix/conf'), 'stop'], { stdio: 'ignore' });
    }
  },
  60_000,
);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
