import { concat, parseBase64Url, toBase64Url, utf8 } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { parseJsonObject, type JsonObject, type JsonRules } from '../../protocol/json.ts';
import { KeyError, type Keyring } from '../keys/keyring.ts';
import type { Mail } from '../platform/mail.ts';
import { OperationError } from '../platform/operation-error.ts';

/** What an alert is about. It never leaves the hospital: it is sealed with the alert. */
export interface AlertSubject {
  readonly patient?: string;
  readonly referral?: string;
}

/** An alert as it was shown to the person who is about to confirm it. */
export interface Draft {
  /** The alert's id: who confirms twice confirms the same. */
  readonly id: string;
  readonly mail: Mail;
  readonly station: string;
  readonly caseNumber: string;
  readonly reason: string;
  readonly about: AlertSubject;
  /** Under which key it will lie. */
  readonly dataKey: string;
  /** The first alert of the case, when this is a further station's. */
  readonly first: string;
  readonly by: string;
  readonly shownAt: number;
}

/** So long a preview may be confirmed: the time in the mail is then still about right. */
export const previewMs = 15 * 60_000;
const tokenLettersMax = 32_768;
const purpose = 'alert/preview';
const rules: JsonRules = { bytesMax: 65_536, depthMax: 3, nodesMax: 64, stringBytesMax: 32_768, decimals: false };

/**
 * The whole draft, sealed, as text for a form's hidden field. What is confirmed is what was shown, to the byte, because it
 * is this; the page can neither read nor change it (Node §8 rule 4).
 */
export function sealPreview(keyring: Keyring, draft: Draft): string {
  return toBase64Url(keyring.sealOwn(purpose, concat(utf8(JSON.stringify(draft)))));
}

/** Fails with `preview-refused` for anything else than a token of `sealPreview`. */
export function openPreview(keyring: Keyring, token: string): Draft {
  try {
    if (token.length > tokenLettersMax) throw refused();
    return draftOf(parseJsonObject(keyring.openOwn(purpose, parseBase64Url(token)), rules));
  } catch (error) {
    if (error instanceof KeyError || error instanceof ProtocolError) throw refused(error);
    throw error;
  }
}

function refused(cause?: unknown): OperationError {
  const message = 'This preview was not made here, or was changed. Nothing was sent. Make the preview again.';
  return new OperationError('invalid', 'preview-refused', message, { cause });
}

function draftOf(object: JsonObject): Draft {
  const { mail, about, shownAt } = object;
  if (typeof shownAt !== 'number') throw refused();
  const { patient, referral } = membersOf(about);
  const text = (name: string): string => textOf(object[name]);
  return {
    id: text('id'),
    mail: mailOf(membersOf(mail)),
    station: text('station'),
    caseNumber: text('caseNumber'),
    reason: text('reason'),
    about: {
      ...(typeof patient === 'string' ? { patient } : {}),
      ...(typeof referral === 'string' ? { referral } : {}),
    },
    dataKey: text('dataKey'),
    first: text('first'),
    by: text('by'),
    shownAt,
  };
}

/** Reads a mail back from sealed JSON. */
export function mailOf(object: JsonObject): Mail {
  const { from, to, subject, text, messageId } = object;
  return {
    from: textOf(from),
    to: textOf(to),
    subject: textOf(subject),
    text: textOf(text),
    messageId: textOf(messageId),
  };
}

export function membersOf(value: JsonObject[string] | undefined): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw refused();
  return value as JsonObject;
}

function textOf(value: JsonObject[string] | undefined): string {
  if (typeof value !== 'string') throw refused();
  return value;
}
