export type ConfigErrorCode = 'missing' | 'exists' | 'unreadable' | 'malformed' | 'contradiction';

/** The configuration cannot be used: the message names the file or variable, the setting, and what it should be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code: ConfigErrorCode;

  constructor(code: ConfigErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
