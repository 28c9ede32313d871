import type { FailureKind } from '../operations/failure.ts';

/** How a command ends; README.md in this folder says the same to people. */
export const exitCodes = {
  ok: 0,
  /** The answer is no: a bundle with faults, a log that does not hold, a request that was refused. */
  no: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  unavailable: 5,
  damaged: 6,
  internal: 7,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeOf: Readonly<Record<FailureKind, ExitCode>> = {
  refused: exitCodes.no,
  invalid: exitCodes.usage,
  'not-found': exitCodes.notFound,
  conflict: exitCodes.conflict,
  unavailable: exitCodes.unavailable,
  damaged: exitCodes.damaged,
  internal: exitCodes.internal,
};
