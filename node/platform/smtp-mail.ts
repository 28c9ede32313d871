import { createTransport } from 'nodemailer';
import { checkMail, MailError, type MailErrorCode, type MailPort } from './mail.ts';

export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  /** `starttls`: refused when the server does not offer it. `none`: for a server on the same machine. */
  readonly tls: 'starttls' | 'implicit' | 'none';
  readonly login?: { readonly user: string; readonly password: string };
  /** PEM of certificate authorities beside the public ones. */
  readonly authorities?: readonly string[];
  readonly timeoutMs?: number;
}

const timeoutMsByDefault = 30_000;

/** SMTP by nodemailer, a connection for each mail: alerts are rare, and a broken connection must not delay one. */
export function openSmtpMail(options: SmtpOptions): MailPort {
  const timeoutMs = options.timeoutMs ?? timeoutMsByDefault;
  const transport = createTransport({
    host: options.host,
    port: options.port,
    secure: options.tls === 'implicit',
    requireTLS: options.tls === 'starttls',
    ignoreTLS: options.tls === 'none',
    ...(options.login === undefined ? {} : { auth: { user: options.login.user, pass: options.login.password } }),
    ...(options.authorities === undefined ? {} : { tls: { ca: [...options.authorities] } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const told = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (cause) {
      throw mailErrorOf(cause, options);
    }
  };
  return {
    verify: async () => void (await told(transport.verify())),
    send: async (mail) => {
      checkMail(mail);
      const { accepted } = await told(
        transport.sendMail({
          envelope: { from: mail.from, to: [mail.to] },
          from: { name: '', address: mail.from },
          to: { name: '', address: mail.to },
          subject: mail.subject,
          text: mail.text,
          messageId: mail.messageId,
          xMailer: false,
        }),
      );
      if (accepted.length !== 1)
        throw new MailError('refused', 'the mail server did not take the mail for its recipient');
    },
    close: async () => transport.close(),
  };
}

/** The server's own words stay in the cause: they may repeat an address. */
function mailErrorOf(cause: unknown, options: SmtpOptions): MailError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const original = cause instanceof Error && 'originalCode' in cause ? String(cause.originalCode) : code;
  const status = cause instanceof Error && 'responseCode' in cause ? Number(cause.responseCode) : 0;
  const where = `${options.host}:${options.port}`;
  const told = (kind: MailErrorCode, what: string): MailError =>
    new MailError(kind, `mail server ${where}: ${what}`, { cause });
  if (code === 'EAUTH' || code === 'ENOAUTH') return told('login-refused', 'it refused the user or the password');
  if (code === 'ETLS' || /CERT|^ERR_TLS|^ERR_SSL/.test(original))
    return told('no-tls', 'no secure connection; check its certificate, or whether it offers STARTTLS');
  if (status >= 500) return told('refused', `it refused the mail (${status})`);
  return told('unreachable', `no answer or "try again later" (${status > 0 ? status : code || 'no code'})`);
}
