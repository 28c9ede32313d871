import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { DemoError } from './demo-error.ts';
import { loopback } from './hospitals.ts';
import { answerAt } from './mailbox-page.ts';

/** A mail as the police stations of the demo got it. */
export interface StationMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
  /** When it came, RFC 3339. */
  readonly time: string;
}

/** The mailbox of every police station of the demo: it belongs to the demo, so it outlives each hospital. */
export interface Mailbox {
  readonly smtpPort: number;
  /** Where the mails are shown; `mails.json` below it for programs. */
  readonly url: string;
  /** The oldest first. */
  readonly mails: readonly StationMail[];
  close(): Promise<void>;
}

export interface MailboxPlace {
  readonly smtpPort: number;
  readonly pagePort: number;
  /** One mail a line: what was received is there again next time. */
  readonly file: string;
}

const mailsMax = 500;
const mailBytesMax = 256 * 1024;

/** Opens both doors on loopback; fails with the number of a port that another program has. */
export async function openMailbox({ smtpPort, pagePort, file }: MailboxPlace): Promise<Mailbox> {
  const mails = readMails(file);
  const keep = (mail: StationMail): void => {
    appendFileSync(file, `${JSON.stringify(mail)}\n`, { mode: 0o600 });
    mails.push(mail);
    mails.splice(0, mails.length - mailsMax);
  };
  const smtp = smtpServer(keep);
  const sockets = new Set<Socket>();
  const pages = createServer((request, response) => {
    const { status, headers, body } = answerAt(request, mails);
    response.writeHead(status, headers).end(body);
  });
  for (const server of [smtp.server, pages])
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
  const close = async (): Promise<void> => {
    for (const server of [smtp.server, pages]) if (server.listening) server.close();
    for (const socket of sockets) socket.destroy();
  };
  try {
    smtp.server.listen(smtpPort, loopback);
    await once(smtp.server, 'listening');
    pages.listen(pagePort, loopback);
    await once(pages, 'listening');
  } catch (error) {
    await close();
    throw portTaken(error);
  }
  const url = `http://${loopback}:${(pages.address() as AddressInfo).port}`;
  return { smtpPort: (smtp.server.address() as AddressInfo).port, url, mails, close };
}

/** Takes every mail to everybody, without sign-in and without TLS: it listens on loopback alone. */
function smtpServer(keep: (mail: StationMail) => void): SMTPServer {
  const server = new SMTPServer({
    banner: 'police stations of the demo',
    disableReverseLookup: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    size: mailBytesMax,
    onData: (stream, { envelope }, done) => {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        if (stream.sizeExceeded) return done(Object.assign(new Error('too large'), { responseCode: 552 }));
        const { mailFrom, rcptTo } = envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        readMail(Buffer.concat(pieces), { from, to: rcptTo.map(({ address }) => address) }).then(
          (mail) => {
            keep(mail);
            done();
          },
          () => done(Object.assign(new Error('not a mail'), { responseCode: 554 })),
        );
      });
    },
  });
  server.on('error', () => undefined); // A broken connection is its sender's matter.
  return server;
}

async function readMail(bytes: Buffer, { from, to }: Pick<StationMail, 'from' | 'to'>): Promise<StationMail> {
  const { subject = '', text = '', messageId = '' } = await PostalMime.parse(bytes);
  return { from, to, subject, text, messageId, time: new Date().toISOString() };
}

function readMails(file: string): StationMail[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as StationMail);
}

function portTaken(error: unknown): unknown {
  if (!(error instanceof Error) || !('port' in error)) return error;
  return new DemoError(
    `Port ${String(error.port)}, which is to be the stations' mailbox, is taken by another program.\n` +
      'Stop that program (another demo?), or choose other ports for a new demo:\n' +
      '  npm run demo -- --port 9440 --data .demo-2',
  );
}
