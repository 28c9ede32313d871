import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { checkMail, isMailAddress, type Mail } from '../../../node/platform/mail.ts';
import { openSmtpMail, type SmtpOptions } from '../../../node/platform/smtp-mail.ts';

const alert: Mail = {
  from: 'alder@hospital.test',
  to: 'desk@station.test',
  subject: 'Case 2026-1177',
  text: 'Case 2026-1177\nSt. Alder Hospital\nCall +1 555 0100\n',
  messageId: '<case-2026-1177.1@alder.example>',
};

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

async function serve(options: SMTPServerOptions): Promise<{ port: number; received: Received[] }> {
  const received: Received[] = [];
  const server = new SMTPServer({
    disableReverseLookup: true,
    authOptional: true,
    ...options,
    onData: (stream, session, done) => {
      let text = '';
      stream.on('data', (piece: Buffer) => (text += piece.toString()));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map((each) => each.address),
          text,
        });
        done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, received };
}

const to = (port: number, more: Partial<SmtpOptions> = {}) =>
  openSmtpMail({ host: '127.0.0.1', port, tls: 'none', timeoutMs: 2000, ...more });

test('a mail arrives at its one recipient as plain text with its own Message-ID', async () => {
  const { port, received } = await serve({ hideSTARTTLS: true });
  const mail = to(port);
  await mail.verify();
  await mail.send(alert);
  expect(received).toHaveLength(1);
  expect(received[0]).toMatchObject({ from: alert.from, to: [alert.to] });
  expect(received[0]?.text).toContain(`Message-ID: ${alert.messageId}`);
  expect(received[0]?.text).toContain('Content-Type: text/plain');
  expect(received[0]?.text).toContain('Call +1 555 0100');
});

test('a server without STARTTLS is refused when TLS is asked for, and gets nothing', async () => {
  const { port, received } = await serve({ disabledCommands: ['STARTTLS', 'AUTH'] });
  await expect(to(port, { tls: 'starttls' }).send(alert)).rejects.toMatchObject({ name: 'MailError', code: 'no-tls' });
  expect(received).toEqual([]);
});

test('a server whose certificate nobody vouches for is refused', async () => {
  const { port, received } = await serve({});
  await expect(to(port, { tls: 'starttls' }).verify()).rejects.toMatchObject({ code: 'no-tls' });
  expect(received).toEqual([]);
});

test('a wrong password is told, and no message quotes it', async () => {
  const { port } = await serve({
    hideSTARTTLS: true,
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => done(new Error('no'), undefined),
  });
  const error: unknown = await to(port, { login: { user: 'alder', password: 'canary-9' } })
    .verify()
    .catch((cause: unknown) => cause);
  expect(error).toMatchObject({ name: 'MailError', code: 'login-refused' });
  expect(String(error)).not.toContain('canary-9');
});

test('a recipient that the server refuses for good is "refused", a busy server is "unreachable"', async () => {
  for (const [responseCode, code] of [
    [550, 'refused'],
    [451, 'unreachable'],
  ] as const) {
    const { port } = await serve({
      hideSTARTTLS: true,
      onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no'), { responseCode })),
    });
    await expect(to(port).send(alert)).rejects.toMatchObject({ code });
  }
});

test('nobody listening is "unreachable"', async () => {
  await expect(to(1).verify()).rejects.toMatchObject({ code: 'unreachable' });
});

describe('one plain address', () => {
  test.each(['desk@station.test', 'a.b+c@x-y.example', "o'hara@police.example"])('%s is one', (text) => {
    expect(isMailAddress(text)).toBe(true);
  });

  test.each([
    'desk@station.test, evil@example.org',
    'desk@station.test\r\nBcc: evil@example.org',
    'desk@station.test\nevil@example.org',
    'desk@station.test;evil@example.org',
    'Desk <desk@station.test>',
    '<desk@station.test>',
    '"desk"@station.test',
    'desk@[127.0.0.1]',
    'desk@station.test ',
    'desk station.test',
    'desk@',
    '@station.test',
    'de..sk@station.test',
    'desk@-station.test',
    'désk@station.test',
    'desk\u0000@station.test',
    `${'x'.repeat(65)}@station.test`,
    `x@${'y'.repeat(63)}.${'y'.repeat(63)}.${'y'.repeat(63)}.${'y'.repeat(63)}`,
  ])('%j is not', (text) => {
    expect(isMailAddress(text)).toBe(false);
    expect(() => checkMail({ ...alert, to: text })).toThrow(expect.objectContaining({ code: 'malformed' }));
    expect(() => checkMail({ ...alert, from: text })).toThrow(expect.objectContaining({ code: 'malformed' }));
  });
});

test.each<[string, Partial<Mail>]>([
  ['a subject of two lines', { subject: 'Case\r\nBcc: evil@example.org' }],
  ['a subject that turns direction', { subject: 'Case \u202Egnp.exe' }],
  ['a subject too long', { subject: 'x'.repeat(201) }],
  ['a text with a carriage return', { text: 'a\r\n.\r\nQUIT' }],
  ['a text with NUL', { text: 'a\u0000b' }],
  ['a text too long', { text: 'x'.repeat(10_001) }],
  ['a Message-ID of two lines', { messageId: '<a@b>\r\nX: y' }],
  ['a Message-ID without brackets', { messageId: 'a@b' }],
])('%s is refused', (_, change) => {
  expect(() => checkMail(alert)).not.toThrow();
  expect(() => checkMail({ ...alert, ...change })).toThrow(expect.objectContaining({ code: 'malformed' }));
});
