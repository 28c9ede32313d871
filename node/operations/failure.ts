import { BackupError } from '../backups/backup-error.ts';
import { DrillFault } from '../backups/drill-fault.ts';
import { BlobError } from '../blobs/blob-store.ts';
import { ConfigError } from '../config/config-error.ts';
import { KeyError } from '../keys/keyring.ts';
import { TransportError } from '../peers/transport.ts';
import { FileError } from '../platform/files.ts';
import { MailError } from '../platform/mail.ts';
import { OperationError } from '../platform/operation-error.ts';
import { PeerHttpError } from '../platform/peer-http.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { RecordsError } from '../records/errors.ts';
import { StoreError } from '../store/store.ts';

/** What kind of "no" an answer is; each has one exit code and one HTTP status. */
export const failureKinds = [
  'refused',
  'invalid',
  'not-found',
  'conflict',
  'unavailable',
  'damaged',
  'internal',
] as const;

export type FailureKind = (typeof failureKinds)[number];

/** A failure as every doorway tells it: what happened, what is safe and what to do; no patient, key or secret in it. */
export interface Failure {
  readonly kind: FailureKind;
  /** Kebab-case or a code of the protocol, for programs. */
  readonly code: string;
  readonly message: string;
}

/** A failure that came through the control door of a running node. */
export class ToldFailure extends Error {
  override readonly name = 'ToldFailure';
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.failure = failure;
  }
}

/** The one place that turns what was thrown into what is told. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ToldFailure) return error.failure;
  for (const { type, kinds, otherwise } of classes) {
    if (!(error instanceof type)) continue;
    const { code, message } = error;
    const kind = error instanceof OperationError ? operationKinds[error.kind] : (kinds[code] ?? otherwise);
    return { kind, code, message: sentence(message) };
  }
  if (error instanceof Error && 'syscall' in error && error.syscall === 'listen') return notListening(error);
  return {
    kind: 'internal',
    code: 'internal',
    message: 'A fault in Fernpost itself. What was acknowledged is stored. Look at the diagnostics and report it.',
  };
}

/** The system's own error of a door that could not be opened; it names the address. */
function notListening(error: Error & { readonly address?: unknown; readonly port?: unknown }): Failure {
  const where = `${String(error.address)}:${String(error.port)}`;
  const taken = 'code' in error && error.code === 'EADDRINUSE';
  const why = taken ? 'another program listens there' : 'it is not an address of this machine, or not for this user';
  return {
    kind: 'unavailable',
    code: taken ? 'address-taken' : 'address-refused',
    message: `The node cannot listen on ${where}: ${why}. Nothing was started. Change fernpost.json or stop the other.`,
  };
}

const operationKinds: Readonly<Record<OperationError['kind'], FailureKind>> = {
  denied: 'refused',
  invalid: 'invalid',
  'not-found': 'not-found',
  conflict: 'conflict',
  unavailable: 'unavailable',
};

interface OwnClass {
  readonly type: abstract new (...given: never[]) => Error & { readonly code: string };
  readonly kinds: Readonly<Record<string, FailureKind>>;
  readonly otherwise: FailureKind;
}

/** Our error classes; their messages are written for people and quote nobody. */
const classes: readonly OwnClass[] = [
  { type: OperationError, kinds: {}, otherwise: 'invalid' },
  {
    type: RecordsError,
    kinds: {
      'unknown-patient': 'not-found',
      'unknown-consultation': 'not-found',
      'unknown-attachment': 'not-found',
      'unknown-import': 'not-found',
      'attachment-damaged': 'damaged',
      'record-damaged': 'damaged',
      'invalid-details': 'invalid',
      'invalid-attachment': 'invalid',
    },
    otherwise: 'refused',
  },
  {
    type: ConfigError,
    kinds: { missing: 'not-found', exists: 'conflict', contradiction: 'invalid', malformed: 'invalid' },
    otherwise: 'damaged',
  },
  {
    type: StoreError,
    kinds: {
      'in-use': 'unavailable',
      full: 'unavailable',
      closed: 'unavailable',
      waited: 'internal',
      misused: 'internal',
    },
    otherwise: 'damaged',
  },
  {
    type: KeyError,
    kinds: { 'wrong-passphrase': 'refused', exists: 'conflict', shredded: 'not-found' },
    otherwise: 'damaged',
  },
  {
    type: BackupError,
    kinds: {
      'not-configured': 'invalid',
      'unknown-backup': 'not-found',
      'no-backup': 'not-found',
      'not-empty': 'conflict',
      foreign: 'conflict',
      'not-there': 'unavailable',
      busy: 'unavailable',
      full: 'unavailable',
      'no-room': 'unavailable',
      stopped: 'unavailable',
    },
    otherwise: 'damaged',
  },
  { type: DrillFault, kinds: { 'wrong-root-key': 'refused', 'newer-schema': 'refused' }, otherwise: 'damaged' },
  { type: BlobError, kinds: { unreachable: 'unavailable', full: 'unavailable' }, otherwise: 'damaged' },
  {
    type: FileError,
    kinds: {
      missing: 'not-found',
      'not-a-file': 'invalid',
      exists: 'conflict',
      'too-large': 'refused',
      full: 'unavailable',
    },
    otherwise: 'damaged',
  },
  { type: TransportError, kinds: {}, otherwise: 'unavailable' },
  { type: PeerHttpError, kinds: {}, otherwise: 'unavailable' },
  { type: MailError, kinds: {}, otherwise: 'unavailable' },
  { type: ProtocolError, kinds: {}, otherwise: 'refused' },
];

const beginsWithWord = /^[a-z]+[ ,]/;

/** Messages of features begin in the middle of a sentence; people get whole ones. Names of columns stay as they are. */
function sentence(message: string): string {
  const begun = beginsWithWord.test(message) ? message.charAt(0).toUpperCase() + message.slice(1) : message;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
