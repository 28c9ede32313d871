import type { ImportDraft } from '../../../records/csv/drafts.ts';
import { Checkboxes, Field, Submit, type Choice, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Notice } from '../../components/panel.tsx';
import { url } from '../../urls.ts';

export interface ConfirmValues {
  /** Of `errors`, `newest`, `known`, `erase`: those that are ticked. */
  readonly decided: readonly string[];
  readonly leaveOut: string;
}

export interface ConfirmFormProps {
  readonly draft: ImportDraft;
  readonly once: string;
  readonly errors: FormErrors;
  readonly values: ConfirmValues | undefined;
}

/** What a person decides about a file: whatever is not decided keeps all of it out (Records §1.5). */
export function ConfirmForm({ draft, once, errors, values }: ConfirmFormProps) {
  const { summary } = draft;
  if (summary === undefined) return null;
  const { error, 'match-certain': known } = summary.counts;
  const { erased } = summary;
  const twice = summary.duplicates.filter(({ records }) => records.length > 1).length;
  const choices = [
    ...choice(
      error,
      'errors',
      `Leave out the ${error} ${plural(error, 'row', 'rows')} with errors`,
      'They come back as a CSV file with a column that says what is wrong.',
    ),
    ...choice(
      twice,
      'newest',
      `Of the ${twice} CSV ${plural(twice, 'id that stands', 'ids that stand')} more than once take the newest row`,
      'By updated_at; of equals the first.',
    ),
    ...choice(
      known,
      'known',
      `Leave out the ${known} ${plural(known, 'row', 'rows')} whose person is known already`,
      'An import never merges two people: otherwise each becomes a patient of their own.',
    ),
    ...choice(
      erased,
      'erase',
      `Erase the ${erased} stored ${plural(erased, 'value whose cell is', 'values whose cells are')} empty in the file: I have checked ${plural(erased, 'it', 'them')}`,
      'Without this tick an empty cell changes nothing. The rows that change a patient show each value.',
    ),
  ];
  return (
    <form method="post" action={url('import-confirm', { draft: draft.id })} data-draft="off">
      <Once token={once} />
      {choices.length === 0 ? null : (
        <Checkboxes name="decide" label="To decide" choices={choices} values={values?.decided ?? []} errors={errors} />
      )}
      {error === 0 ? null : (
        <p>
          <a href={url('import-errors', { draft: draft.id })}>Rows with errors as CSV</a>
        </p>
      )}
      <Field
        name="leaveOut"
        label="Leave out other rows"
        hint="Row numbers, such as 3, 17-20."
        width="medium"
        value={values?.leaveOut}
        errors={errors}
      />
      <Notice tone="blue">
        <p>All of it is imported, or nothing. It can be undone until one of its patients is used.</p>
      </Notice>
      <p class="actions">
        <Submit>Import</Submit>
      </p>
    </form>
  );
}

function plural(count: number, one: string, many: string): string {
  return count === 1 ? one : many;
}

/** Nothing is asked where there is nothing to decide. */
function choice(count: number, value: string, label: string, hint: string): readonly Choice[] {
  return count === 0 ? [] : [{ value, label, hint }];
}
