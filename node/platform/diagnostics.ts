/** One field of a diagnostic event: ids, counts, codes and times; never a patient's data, a key or a secret. */
export type DiagnosticField = string | number | boolean | undefined;

/** What the program tells its operator. `event` is a fixed kebab-case word, so that it can be searched for. */
export interface Diagnostics {
  info(event: string, fields?: Readonly<Record<string, DiagnosticField>>): void;
  warn(event: string, fields?: Readonly<Record<string, DiagnosticField>>): void;
  /** `cause` is recorded by class, code and stack; its message only when it is one of our own error classes. */
  error(event: string, cause?: unknown, fields?: Readonly<Record<string, DiagnosticField>>): void;
}

export const silentDiagnostics: Diagnostics = { info: () => undefined, warn: () => undefined, error: () => undefined };
