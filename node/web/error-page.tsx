import { failureOf, type Failure, type FailureKind } from '../operations/failure.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import type { Random } from '../platform/random.ts';
import { page, type PageAnswer, type PageFacts } from './answer.ts';
import { LinkButton } from './components/form.tsx';

const statuses: Readonly<Record<FailureKind, NonNullable<PageFacts['status']>>> = {
  refused: 403,
  invalid: 422,
  'not-found': 404,
  conflict: 409,
  unavailable: 503,
  damaged: 500,
  internal: 500,
};

/** Refusals that HTTP has a status of its own for (RFC 9110 §15.5). */
const ownStatuses: Readonly<Record<string, PageFacts['status']>> = {
  'wrong-method': 405,
  'form-too-large': 413,
  'file-too-large': 413,
};

const ownTitles: Readonly<Record<string, string>> = { 'sent-before': 'This form was sent before' };

const titles: Readonly<Record<FailureKind, string>> = {
  refused: 'This may not be done',
  invalid: 'This cannot be done as it was sent',
  'not-found': 'Not found',
  conflict: 'Somebody was faster',
  unavailable: 'Not possible right now',
  damaged: 'Something stored is damaged',
  internal: 'Something went wrong in the program',
};

const referenceBytes = 5;

/** A number that a person can read out and the operator can find. */
export function newReference(random: Random): string {
  return random.bytes(referenceBytes).toHex().toUpperCase();
}

/** What is told to the person; the operator gets the same reference, and never a patient's data. */
export function tellOperator(
  diagnostics: Diagnostics,
  error: unknown,
  facts: Readonly<Record<string, string>>,
): Failure {
  const failure = failureOf(error);
  const told = { ...facts, code: failure.code };
  if (failure.kind === 'internal' || failure.kind === 'damaged') diagnostics.error('page-failed', error, told);
  else diagnostics.info('page-refused', told);
  return failure;
}

/** What happened, what is safe, what to do, and a reference number; no stack and no patient (law 8). */
export function errorPage(failure: Failure, reference: string, home: string | undefined): PageAnswer {
  const title = ownTitles[failure.code] ?? titles[failure.kind];
  return page(
    { title, status: ownStatuses[failure.code] ?? statuses[failure.kind] },
    <div class="narrow">
      <h1>{title}</h1>
      <p class="lead">{failure.message}</p>
      <p>
        What was saved before is safe. If this happens again, tell the administrator the reference number{' '}
        <strong class="nowrap">{reference}</strong>.
      </p>
      <p class="actions">
        <LinkButton href={home ?? '/'} tone="main">
          Go to the first page
        </LinkButton>
      </p>
    </div>,
  );
}
