/** One plain-text mail to one recipient (Node §8). */
export interface Mail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** `<…@…>`, the same in every try: the receiver's server drops the second. */
  readonly messageId: string;
}

/** `refused`: the server said no for good. `unreachable`: it said nothing, or "later"; the mail may be tried again. */
export type MailErrorCode = 'malformed' | 'unreachable' | 'no-tls' | 'login-refused' | 'refused';

export class MailError extends Error {
  override readonly name = 'MailError';
  readonly code: MailErrorCode;

  constructor(code: MailErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The port of mail (law 1). */
export interface MailPort {
  /** Connects, secures and signs in, without sending; for `doctor`. */
  verify(): Promise<void>;
  /** Returns when the server has taken the mail for this one recipient. */
  send(mail: Mail): Promise<void>;
  close(): Promise<void>;
}

const addressLettersMax = 254;
const localPartLettersMax = 64;
const lineLettersMax = 200;
const textLettersMax = 10_000;
const addressForm =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const messageIdForm = /^<[A-Za-z0-9._-]{1,100}@[A-Za-z0-9.-]{1,100}>$/;
const controlForm = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const bidiForm = /[\u202A-\u202E\u2066-\u2069\u200E\u200F]/u;

/** One address and nothing else: no name, no list, no quoting (Node §1, F8: CR, LF or a comma redirects a mail). */
export function isMailAddress(text: string): boolean {
  return text.length <= addressLettersMax && text.indexOf('@') <= localPartLettersMax && addressForm.test(text);
}

/** Refuses a mail whose fields could be read as something else than one line each. */
export function checkMail(mail: Mail): void {
  if (!isMailAddress(mail.to)) throw new MailError('malformed', 'the recipient is not one plain mail address');
  if (!isMailAddress(mail.from)) throw new MailError('malformed', 'the sender is not one plain mail address');
  if (!messageIdForm.test(mail.messageId)) throw new MailError('malformed', 'the Message-ID is not <name@host>');
  if (mail.subject.length > lineLettersMax || controlForm.test(mail.subject) || bidiForm.test(mail.subject))
    throw new MailError('malformed', `the subject is not one line of at most ${lineLettersMax} letters`);
  const lines = mail.text.split('\n');
  if (mail.text.length > textLettersMax || lines.some((line) => controlForm.test(line) || bidiForm.test(line)))
    throw new MailError('malformed', 'the text has a control character, or is too long');
}
