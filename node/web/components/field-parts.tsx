import type { Child } from 'hono/jsx';

/** The id of a field of a form: errors and labels lead to it. */
export function fieldId(field: string): string {
  return `f-${field.replaceAll(/[^A-Za-z0-9_-]/g, '-')}`;
}

interface Need {
  readonly required: boolean;
  readonly needed: string | undefined;
}

/** The label of a field, which says in a word where it may stay empty. */
export function Label({ name, label, ...need }: Need & { readonly name: string; readonly label: Child }) {
  return (
    <label for={fieldId(name)}>
      {label}
      <Optional {...need} />
    </label>
  );
}

export function Optional({ required, needed = 'optional' }: Need) {
  return required ? null : <span class="optional"> ({needed})</span>;
}

/** The hint and the error of a field, each with an id by which the field names it. */
export function Told({
  name,
  hint,
  error,
}: {
  readonly name: string;
  readonly hint: Child;
  readonly error: string | undefined;
}) {
  return (
    <>
      {hint === undefined ? null : (
        <p class="hint" id={`${fieldId(name)}-hint`}>
          {hint}
        </p>
      )}
      {error === undefined ? null : (
        <p class="error" id={`${fieldId(name)}-error`}>
          <span class="unseen">Error: </span>
          {error}
        </p>
      )}
    </>
  );
}

/** What is wrong with a field, and the ids of what describes it (WCAG 3.3.1). */
export function describedBy(
  name: string,
  hint: Child,
  errors: readonly { readonly field: string; readonly message: string }[],
): { readonly ids: string | undefined; readonly error: string | undefined } {
  const error = errors.find(({ field }) => field === name)?.message;
  const ids = [
    ...(hint === undefined ? [] : [`${fieldId(name)}-hint`]),
    ...(error === undefined ? [] : [`${fieldId(name)}-error`]),
  ];
  return { ids: ids.length === 0 ? undefined : ids.join(' '), error };
}
