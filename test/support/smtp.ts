import type { AddressInfo, Socket } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A mail as the server took it: the envelope, and what the message says. */
export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly messageId: string;
  readonly subject: string;
  readonly text: string;
  readonly raw: string;
}

/** What the server does with the next mails. */
export type SmtpMood =
  | 'takes'
  | 'refuses the recipient'
  | 'says later'
  | 'refuses after DATA'
  /** It has the mail, and the connection ends before it says so. */
  | 'drops after DATA'
  | 'never answers';

export interface SmtpStation extends AsyncDisposable {
  readonly port: number;
  readonly taken: TakenMail[];
  /** How often somebody connected. */
  connections(): number;
  become(mood: SmtpMood): void;
}

/** A real SMTP server on loopback whose mood a test changes. */
export async function openSmtpStation(
  options: SMTPServerOptions & { readonly port?: number } = {},
): Promise<SmtpStation> {
  let mood: SmtpMood = 'takes';
  let connections = 0;
  const taken: TakenMail[] = [];
  const sockets = new Set<Socket>();
  const { port: wanted = 0, ...given } = options;
  const server = new SMTPServer({
    disableReverseLookup: true,
    authOptional: true,
    hideSTARTTLS: true,
    closeTimeout: 100,
    ...given,
    onConnect: (_session, done) => {
      connections += 1;
      if (mood !== 'never answers') done();
    },
    onRcptTo: (_address, _session, done) => {
      if (mood === 'refuses the recipient') return done(refusal(550));
      if (mood === 'says later') return done(refusal(451));
      done();
    },
    onData: (stream, session, done) => {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        if (mood === 'refuses after DATA') return done(refusal(554));
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        const to = rcptTo.map((each) => each.address);
        void read(Buffer.concat(pieces)).then((mail) => {
          taken.push({ from, to, ...mail });
          if (mood !== 'drops after DATA') return done();
          for (const socket of sockets) socket.destroy();
        });
      });
    },
  });
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', () => resolve()));
  return {
    port: (server.server.address() as AddressInfo).port,
    taken,
    connections: () => connections,
    become: (next) => {
      mood = next;
    },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function refusal(responseCode: number): Error {
  return Object.assign(new Error('no'), { responseCode });
}

async function read(bytes: Buffer) {
  const mail = await PostalMime.parse(bytes);
  return {
    messageId: mail.messageId ?? '',
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    raw: bytes.toString('utf8'),
  };
}
