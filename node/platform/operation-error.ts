/** What kind of answer a door gives: 404, 409, 422, 503, … or the exit codes of the command line. */
export type OperationErrorKind = 'not-found' | 'conflict' | 'invalid' | 'unavailable' | 'denied';

/**
 * What a person who asked for something is told when it cannot be done: what happened, what is safe and what to do.
 * It never quotes a patient, a key or a secret.
 */
export class OperationError extends Error {
  override readonly name = 'OperationError';
  readonly kind: OperationErrorKind;
  /** Kebab-case, for programs: `unknown-peer`, `not-paired`, … */
  readonly code: string;

  constructor(kind: OperationErrorKind, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.code = code;
  }
}
