/** Why a protocol reader refused its input: a closed list, one word for each rule broken (Spec §0). */
export type ProtocolErrorCode =
  | 'malformed-id'
  | 'malformed-name'
  | 'malformed-url'
  | 'malformed-instant'
  | 'malformed-base64'
  | 'malformed-json'
  | 'malformed-key'
  | 'malformed-note'
  | 'malformed-card'
  | 'malformed-manifest'
  | 'malformed-document'
  | 'malformed-message'
  | 'malformed-record'
  | 'malformed-leaf'
  | 'malformed-checkpoint'
  | 'malformed-proof'
  | 'malformed-signature'
  | 'malformed-pairing'
  | 'malformed-fhir'
  | 'unknown-version'
  | 'unknown-key'
  | 'key-not-live'
  | 'signature-mismatch'
  | 'digest-mismatch'
  | 'root-mismatch'
  | 'commitment-mismatch'
  | 'seal-refused'
  | 'token-refused'
  | 'too-large'
  | 'downgrade';

/**
 * What every reader of `protocol/` throws for bytes that break the specification, and the only thing it throws.
 * The message says what was expected and where; it never quotes a patient, a key or a secret.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
