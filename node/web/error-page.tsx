import { failureOf, type Failure, type FailureKind } from '../operations/failure.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import type { Random } from '../platform/random.ts';
import { page, type PageAnswer, type PageFacts } from './answer.ts';
import { Hidden, LinkButton, Submit } from './components/form.tsx';
import { isSecretField, type FormFields } from './http/form.ts';

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
  'body-encoded': 415,
};

const ownTitles: Readonly<Record<string, string>> = {
  'sent-before': 'This form was sent before',
  'maybe-saved': 'Look whether it was saved',
  'changed-meanwhile': 'Somebody was faster',
  'draft-changed': 'Somebody was faster',
  'draft-busy': 'Somebody was faster',
  'being-decided': 'Somebody was faster',
  'linked-already': 'Somebody was faster',
};

const titles: Readonly<Record<FailureKind, string>> = {
  refused: 'This may not be done',
  invalid: 'This cannot be done as it was sent',
  'not-found': 'Not found',
  conflict: 'This does not fit what is there now',
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

/** A posted form that may succeed another time; nothing of it could be kept but on the page itself. */
export interface Unsaved {
  readonly action: string;
  readonly fields: FormFields;
  /** For a form that is sent anew and not a second time. */
  readonly newOnce: string;
}

export interface ErrorPlace {
  readonly home: string | undefined;
  readonly unsaved: Unsaved | undefined;
}

/** What happened, what is safe, what to do, and a reference number; no stack and no patient of ours (law 8). */
export function errorPage(failure: Failure, reference: string, { home, unsaved }: ErrorPlace): PageAnswer {
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
      {unsaved === undefined ? null : <SendAgain failure={failure} unsaved={unsaved} />}
      <p class="actions">
        <LinkButton href={home ?? '/'} tone="main">
          Go to the first page
        </LinkButton>
      </p>
    </div>,
  );
}

/** Everything that was typed, to be sent once more where that helps; a form with a secret is typed anew. */
function SendAgain({ failure, unsaved }: { readonly failure: Failure; readonly unsaved: Unsaved }) {
  const { action, fields, newOnce } = unsaved;
  const entries = fields.entries();
  const isUnsure = failure.code === 'maybe-saved';
  if (failure.kind !== 'unavailable' && !isUnsure) return null;
  if (entries.some(([name, value]) => isSecretField(name) && value !== '')) return null;
  return (
    <form method="post" action={action} class="panel" data-draft="off">
      {entries.map(([name, value]) => (
        <Hidden name={name} value={isUnsure && name === 'once' ? newOnce : value} />
      ))}
      <p>
        {isUnsure
          ? 'What you typed is kept on this page. Leave the page open, look in another window, and send it again only if it is not there.'
          : 'What you typed was not saved. It is kept on this page: leave the page open, and send it again from here.'}
      </p>
      <Submit>Send it again</Submit>
    </form>
  );
}
