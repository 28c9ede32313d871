import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSmtpMail } from '../../node/platform/smtp-mail.ts';
import { DemoError } from '../../scripts/demo/demo-error.ts';
import { openMailbox, type Mailbox, type StationMail } from '../../scripts/demo/mailbox.ts';
import { testDirectory, type TestDirectory } from '../support/test-directory.ts';

let directory: TestDirectory;
let mailbox: Mailbox;
const place = () => ({ smtpPort: 0, pagePort: 0, file: directory.file('mails.jsonl') });

beforeEach(async () => {
  directory = testDirectory();
  mailbox = await openMailbox(place());
});
afterEach(async () => {
  await mailbox.close();
  directory[Symbol.dispose]();
});

const alert = {
  from: 'alerts@alder.example',
  to: 'desk@police.alder.example',
  subject: 'Police case ALD-2026-0001: please call Élder',
  text: 'Case number: ALD-2026-0001\nPlease call: +1 555 0100\n',
  messageId: '<alert-1@alder.example>',
};

async function send(change: Partial<typeof alert> = {}): Promise<void> {
  const mail = openSmtpMail({ host: '127.0.0.1', port: mailbox.smtpPort, tls: 'none', timeoutMs: 2_000 });
  await mail.verify();
  await mail.send({ ...alert, ...change });
}

async function mails(): Promise<readonly StationMail[]> {
  return (await (await fetch(`${mailbox.url}/mails.json`)).json()) as readonly StationMail[];
}

test('a mail of a hospital is there as text, for people and for programs', async () => {
  expect(await mails()).toEqual([]);
  await send();
  const [mail] = await mails();
  expect(mail).toMatchObject({ from: alert.from, to: [alert.to], subject: alert.subject, messageId: alert.messageId });
  expect(mail?.text.trimEnd()).toBe(alert.text.trimEnd());
  expect(Date.parse(mail?.time ?? '')).toBeGreaterThan(0);
  const page = await fetch(mailbox.url);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await page.text()).toContain('ALD-2026-0001');
});

test('markup in a mail stays text', async () => {
  await send({ subject: '<img src=x onerror=alert(1)>', text: '</pre><script>alert(1)</script>' });
  const page = await (await fetch(mailbox.url)).text();
  expect(page).not.toMatch(/<img|<script/);
  expect(page).toContain('&lt;script&gt;');
});

test('what was received is there again when the demo goes on', async () => {
  await send();
  await mailbox.close();
  mailbox = await openMailbox(place());
  expect(await mails()).toHaveLength(1);
});

test('a taken port is named, and nothing is left behind', async () => {
  const taken = { ...place(), smtpPort: mailbox.smtpPort };
  const error: unknown = await openMailbox(taken).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(DemoError);
  expect(String(error)).toContain(String(mailbox.smtpPort));
  expect(existsSync(directory.file('mails.jsonl'))).toBe(false);
});

test('under another name than this machine’s it shows nothing', async () => {
  await send();
  const status = await new Promise<number | undefined>((resolve) => {
    request(mailbox.url, { headers: { host: 'evil.example' } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).end();
  });
  expect(status).toBe(421);
});
