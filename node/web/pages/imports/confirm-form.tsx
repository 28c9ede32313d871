import type { ImportDraft } from '../../../records/csv/drafts.ts';
import { Checkboxes, Field, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Notice } from '../../components/panel.tsx';
import { url } from '../../urls.ts';

export interface ConfirmValues {
  readonly leaveOutErrors: boolean;
  readonly newest: boolean;
  readonly leaveOutKnown: boolean;
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
  const twice = summary.duplicates.filter(({ records }) => records.length > 1).length;
  return (
    <form method="post" action={url('import-confirm', { draft: draft.id })} data-draft="off">
      <Once token={once} />
      <Tick
        count={error}
        name="leaveOutErrors"
        label={`Leave out the ${error} ${plural(error, 'row', 'rows')} with errors`}
        hint="They come back as a CSV file with a column that says what is wrong."
        isTicked={values?.leaveOutErrors === true}
        errors={errors}
      />
      {error === 0 ? null : (
        <p>
          <a href={url('import-errors', { draft: draft.id })}>Rows with errors as CSV</a>
        </p>
      )}
      <Tick
        count={twice}
        name="newest"
        label={`Of the ${twice} CSV ${plural(twice, 'id', 'ids')} that ${plural(twice, 'stands', 'stand')} more than once take the newest row`}
        hint="By updated_at; of equals the first."
        isTicked={values?.newest === true}
        errors={errors}
      />
      <Tick
        count={known}
        name="leaveOutKnown"
        label={`Leave out the ${known} ${plural(known, 'row', 'rows')} whose person is known already`}
        hint="An import never merges two people: otherwise each becomes a patient of their own."
        isTicked={values?.leaveOutKnown === true}
        errors={errors}
      />
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

interface TickProps {
  readonly count: number;
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly isTicked: boolean;
  readonly errors: FormErrors;
}

function Tick({ count, name, label, hint, isTicked, errors }: TickProps) {
  if (count === 0) return null;
  return (
    <Checkboxes
      name={name}
      label="To decide"
      choices={[{ value: 'yes', label, hint }]}
      values={isTicked ? ['yes'] : []}
      errors={errors}
    />
  );
}

function plural(count: number, one: string, many: string): string {
  return count === 1 ? one : many;
}
