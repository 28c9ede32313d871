import type { Keyring } from '../keys/keyring.ts';
import { KeyError } from '../keys/keyring.ts';
import type { Sequencer } from '../exchange-log/sequencer.ts';
import type { Clock } from '../platform/clock.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import { MailError, type MailPort } from '../platform/mail.ts';
import type { Random } from '../platform/random.ts';
import type { Store } from '../store/store.ts';
import { openContent } from './alert-content.ts';
import { machine, queueAlertLeaf } from './alert-leaf.ts';
import { alertQueries } from './alert-queries.ts';
import type { AlertRow } from './alert.ts';

export interface SendPorts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly log: Pick<Sequencer, 'queue'>;
  readonly mail: MailPort | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly diagnostics: Diagnostics;
}

/** The first try comes at once, the next after 5 s, then 10 s, …, at last every 5 minutes, each with some chance in it. */
const retryMsMin = 5_000;
const retryMsMax = 5 * 60_000;
/** A mail about a police case that is a day old would only mislead. */
const giveUpMs = 24 * 3_600_000;
const atOnce = 4;
const doublingsMax = 10;

/** What came of one try. */
type Outcome =
  | { readonly kind: 'sent' }
  | { readonly kind: 'later'; readonly code: string; readonly words: string }
  | { readonly kind: 'never'; readonly code: string; readonly words: string };

/**
 * Sends what is due, four at once, so that a slow server delays few. A crash between the server's yes and our commit sends
 * the same Message-ID again, and the receiver's server drops the second (Node §8 rule 3).
 */
export async function sendDueAlerts(ports: SendPorts, signal: AbortSignal): Promise<boolean> {
  const { store, clock } = ports;
  const rows = await store.read((reader) => reader.all(alertQueries.due, { now: clock.now(), limit: atOnce }));
  await Promise.all(rows.map((row) => sendOne(ports, row, signal)));
  return rows.length > 0;
}

async function sendOne(ports: SendPorts, row: AlertRow, signal: AbortSignal): Promise<void> {
  const outcome = await tryOnce(ports, row, signal);
  if (outcome === undefined) return;
  const { store, clock, diagnostics } = ports;
  const now = clock.now();
  const attempts = row.attempts + 1;
  const { id } = row;
  const isOver = outcome.kind === 'later' && now - row.confirmed_at >= giveUpMs;
  await store.write(async (writer) => {
    if (outcome.kind === 'sent') {
      await writer.run(alertQueries.noteSent, { id, now });
      await writer.run(alertQueries.markSent, { id, attempts });
      return queueAlertLeaf(writer, ports, { act: 'sent', alert: row, by: machine, at: now });
    }
    const { code, words } = outcome;
    if (outcome.kind === 'later' && !isOver)
      return void (await writer.run(alertQueries.noteTrouble, {
        id,
        attempts,
        code,
        trouble: words,
        next_at: now + retryMs(attempts, ports.random),
      }));
    const { changes } = await writer.run(alertQueries.markFailed, { id, attempts, now, code, trouble: words });
    if (changes > 0) await queueAlertLeaf(writer, ports, { act: 'failed', alert: row, by: machine, at: now });
  });
  if (outcome.kind === 'sent') return diagnostics.info('alert-sent', { alert: id, attempts });
  const told = { alert: id, attempts, code: outcome.code };
  if (outcome.kind === 'never' || isOver) diagnostics.warn('alert-failed', told);
  else diagnostics.warn('alert-not-sent', told);
}

/** `undefined` when the node stops: the mail is tried again at its next start. */
async function tryOnce(ports: SendPorts, row: AlertRow, signal: AbortSignal): Promise<Outcome | undefined> {
  const { store, keyring, mail, diagnostics } = ports;
  if (mail === undefined)
    return { kind: 'later', code: 'no-mail-server', words: 'No mail server is configured. Telephone the station.' };
  try {
    const content = await store.read((reader) => openContent(reader, keyring, row));
    const sending = mail.send(content.mail).then(() => true);
    const isSent = await Promise.race([sending, aborted(signal)]);
    sending.catch(() => undefined); // Left behind by a stop: nobody waits for its answer any more.
    return isSent ? { kind: 'sent' } : undefined;
  } catch (error) {
    if (error instanceof MailError) return outcomeOf(error);
    if (error instanceof KeyError)
      return { kind: 'never', code: 'erased', words: 'Its text was erased with the patient.' };
    diagnostics.error('alert-fault', error, { alert: row.id });
    return { kind: 'later', code: 'fault', words: 'A fault in Fernpost itself; the diagnostics say more.' };
  }
}

function outcomeOf({ code }: MailError): Outcome {
  switch (code) {
    case 'refused':
      return { kind: 'never', code, words: 'The mail server refused the mail for good.' };
    case 'malformed':
      return { kind: 'never', code, words: 'The mail has a field that must not be sent.' };
    case 'login-refused':
      return { kind: 'later', code, words: 'The mail server refused our user or password.' };
    case 'no-tls':
      return { kind: 'later', code, words: 'The mail server offers no secure connection that we trust.' };
    case 'unreachable':
      return { kind: 'later', code, words: 'The mail server does not answer, or says "try again later".' };
  }
}

function retryMs(attempts: number, random: Random): number {
  const full = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(attempts - 1, doublingsMax));
  const [chance = 0] = random.bytes(1);
  return Math.round(full * (0.75 + chance / 1024));
}

function aborted(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    signal.addEventListener('abort', () => resolve(false), { once: true });
  });
}
