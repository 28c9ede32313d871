/** Why a message could not be composed: a closed list. */
export type ComposeErrorCode =
  | 'consent-not-valid'
  | 'reason-missing'
  | 'expiry-not-ahead'
  | 'patient-without-name'
  | 'malformed-date'
  | 'malformed-order';

/**
 * What the composer throws when its input cannot become a legal message. The callers check these facts when a person can
 * still mend them, so that one here is a mistake of the program. The message never quotes the patient.
 */
export class ComposeError extends Error {
  override readonly name = 'ComposeError';
  readonly code: ComposeErrorCode;

  constructor(code: ComposeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
