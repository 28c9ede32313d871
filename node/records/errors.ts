export type RecordsErrorCode =
  | 'csv-encoding'
  | 'csv-syntax'
  | 'csv-header'
  | 'csv-too-large'
  | 'csv-too-many-records'
  | 'invalid-details'
  | 'invalid-attachment'
  | 'unknown-patient'
  | 'unknown-consultation'
  | 'unknown-attachment'
  | 'unknown-import'
  | 'too-many-drafts'
  | 'attachment-damaged'
  | 'record-damaged';

/** What the records could not do. The message names record, line, column and rule; it never quotes a patient's value. */
export class RecordsError extends Error {
  override readonly name = 'RecordsError';
  readonly code: RecordsErrorCode;

  constructor(code: RecordsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
