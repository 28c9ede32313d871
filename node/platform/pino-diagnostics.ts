import { pino, type DestinationStream } from 'pino';
import type { DiagnosticField, Diagnostics } from './diagnostics.ts';

export interface PinoDiagnosticsOptions {
  /** Lines go to this file, which is made with mode 0600; to stderr without it. */
  readonly file?: string;
  /** The node's name, on every line. */
  readonly node?: string;
  /** For tests: where lines go instead. */
  readonly destination?: DestinationStream;
}

export interface ClosableDiagnostics extends Diagnostics {
  /** Writes what is still buffered. */
  close(): void;
}

type Fields = Readonly<Record<string, DiagnosticField>>;

const causesMax = 5;
const framesMax = 12;
const fieldLettersMax = 500;
/** A field with such a name is a mistake of ours; it is hidden rather than written. */
const neverShown = [
  'password',
  'passphrase',
  'secret',
  'token',
  'key',
  'seed',
  'authorization',
  'cookie',
  'patient',
  'body',
];
/** The classes whose messages we wrote ourselves, and wrote so that they quote no patient, key or secret. */
const ownErrors: ReadonlySet<string> = new Set([
  'ProtocolError',
  'StoreError',
  'BlobError',
  'KeyError',
  'FileError',
  'PeerHttpError',
  'MailError',
  'ConfigError',
  'TransportError',
  'OperationError',
  'FernetError',
]);

/** One JSON line per event, with time and level. */
export function openDiagnostics(options: PinoDiagnosticsOptions = {}): ClosableDiagnostics {
  const file =
    options.file === undefined
      ? undefined
      : pino.destination({ dest: options.file, sync: true, append: true, mkdir: false, mode: 0o600 });
  const destination = options.destination ?? file ?? pino.destination({ dest: 2, sync: true });
  const logger = pino(
    {
      base: options.node === undefined ? {} : { node: options.node },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: neverShown, censor: '[hidden]' },
    },
    destination,
  );
  return {
    info: (event, fields) => logger.info({ event, ...clipped(fields) }),
    warn: (event, fields) => logger.warn({ event, ...clipped(fields) }),
    error: (event, cause, fields) =>
      logger.error({ event, ...clipped(fields), ...(cause === undefined ? {} : { causes: describeCauses(cause) }) }),
    close: () => file?.end(),
  };
}

/**
 * An error and what caused it, without the messages that other libraries wrote: they may quote what they worked on. The
 * stack is kept as the places in the code alone, because its first lines repeat the message.
 */
export function describeCauses(error: unknown): readonly Readonly<Record<string, unknown>>[] {
  const described: Readonly<Record<string, unknown>>[] = [];
  for (let cause = error; cause !== undefined && described.length < causesMax;) {
    if (!(cause instanceof Error)) {
      described.push({ class: typeof cause });
      break;
    }
    const code: unknown = 'code' in cause ? cause.code : undefined;
    described.push({
      class: cause.name,
      ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
      ...(ownErrors.has(cause.name) ? { message: cause.message.slice(0, fieldLettersMax) } : {}),
      at: placesOf(cause),
    });
    cause = cause.cause;
  }
  return described;
}

const placeForm = /^ {4}at .*$/;

function placesOf(error: Error): readonly string[] {
  const afterMessage = (error.stack ?? '').split('\n').filter((line) => placeForm.test(line));
  const inMessage = error.message.split('\n').filter((line) => placeForm.test(line)).length;
  return afterMessage.slice(inMessage, inMessage + framesMax).map((line) => line.trim());
}

function clipped(fields: Fields = {}): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' && value.length > fieldLettersMax ? `${value.slice(0, fieldLettersMax)}…` : value,
    ]),
  );
}
