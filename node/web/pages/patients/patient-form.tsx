import type { Child } from 'hono/jsx';
import type { Cells, Column } from '../../../records/csv/columns.ts';
import { Checkboxes, Field, Select, TextArea, type FieldProps, type FormErrors } from '../../components/form.tsx';
import { Section } from '../../components/panel.tsx';
import { fieldOf } from './patient-fields.ts';
import { columnWords } from './patient-words.ts';

export interface PatientFormProps {
  readonly cells: Cells;
  readonly errors: FormErrors;
}

/** Every cell of a record but the one that a program writes, in sections; posted under the columns' own names. */
export function PatientFormFields(props: PatientFormProps) {
  return (
    <>
      <PersonalDetails {...props} />
      <Bystander {...props} />
      <Insurance {...props} />
      <Anamnesis {...props} />
      <PoliceAndNotes {...props} />
    </>
  );
}

/** Who somebody is, without this hospital's own numbers and without anything clinical: what a referral tells of a person. */
export function PersonFields(props: PatientFormProps) {
  return (
    <>
      <h3>Who it is</h3>
      <WhoItIs {...props} />
      <div class="fields">{line(props, 'national_id')}</div>
      <WhereItLives {...props} />
      <h3>Who came along</h3>
      <BystanderFields {...props} />
      <h3>Insurance</h3>
      <InsuranceFields {...props} />
    </>
  );
}

type Line = Omit<FieldProps, 'name' | 'label' | 'errors' | 'value'>;

function line({ cells, errors }: PatientFormProps, column: Column, more: Line = {}): Child {
  return <Field name={column} label={columnWords[column]} value={cells[column]} errors={errors} {...more} />;
}

const partialDate: Line = {
  width: 'short',
  inputmode: 'text',
  maxlength: 10,
  hint: 'YYYY-MM-DD, YYYY-MM or YYYY',
};

/** Which of the three is known differs from patient to patient; none at all names nobody (Records §1.1). */
const aName: Line = { autocomplete: 'off', needed: 'one name is needed' };

function PersonalDetails(props: PatientFormProps) {
  return (
    <Section title="Personal details" id="personal">
      <WhoItIs {...props} />
      <div class="fields">
        {line(props, 'csv_id', {
          required: true,
          hint: 'The next free one; or your own system’s',
        })}
        {line(props, 'mrn')}
        {line(props, 'national_id')}
      </div>
      <WhereItLives {...props} />
    </Section>
  );
}

function WhoItIs(props: PatientFormProps) {
  return (
    <>
      <div class="fields">
        {line(props, 'family_name', aName)}
        {line(props, 'given_names', aName)}
        {line(props, 'name_native', aName)}
      </div>
      <div class="fields">
        <Select
          name="sex"
          label={columnWords.sex}
          value={props.cells.sex}
          errors={props.errors}
          choices={[
            { value: '', label: 'not told' },
            { value: 'female', label: 'female' },
            { value: 'male', label: 'male' },
            { value: 'other', label: 'other' },
            { value: 'unknown', label: 'unknown' },
          ]}
        />
        {line(props, 'birth_date', partialDate)}
        {line(props, 'language', { width: 'short', maxlength: 35, hint: 'Arabic, or its tag: ar, pt-BR' })}
      </div>
    </>
  );
}

function WhereItLives(props: PatientFormProps) {
  return (
    <>
      <div class="fields">
        {line(props, 'phone', { type: 'tel', autocomplete: 'off' })}
        {line(props, 'email', { inputmode: 'email', autocomplete: 'off' })}
      </div>
      <div class="fields">
        {line(props, 'address_line', { autocomplete: 'off' })}
        {line(props, 'city', { autocomplete: 'off' })}
        {line(props, 'postal_code', { width: 'short', autocomplete: 'off' })}
        {line(props, 'country', { width: 'short', maxlength: 60, hint: 'Lebanon, or its code: LB' })}
      </div>
    </>
  );
}

function Bystander(props: PatientFormProps) {
  return (
    <Section title="Bystander" id="bystander">
      <p class="hint">Whoever came along: a relative, a neighbour, the police.</p>
      <BystanderFields {...props} />
    </Section>
  );
}

function BystanderFields(props: PatientFormProps) {
  return (
    <div class="fields">
      {line(props, 'bystander_name', { autocomplete: 'off' })}
      {line(props, 'bystander_relation', { autocomplete: 'off' })}
      {line(props, 'bystander_phone', { type: 'tel', autocomplete: 'off' })}
    </div>
  );
}

function Insurance(props: PatientFormProps) {
  return (
    <Section title="Insurance" id="insurance">
      <InsuranceFields {...props} />
    </Section>
  );
}

function InsuranceFields(props: PatientFormProps) {
  return (
    <div class="fields">
      {line(props, 'insurer')}
      {line(props, 'policy_number')}
      {line(props, 'policy_valid_from', partialDate)}
      {line(props, 'policy_valid_to', partialDate)}
    </div>
  );
}

const anamnesisColumns = [
  'allergies',
  'conditions',
  'medications',
  'immunizations',
  'procedures',
  'family_history',
] as const satisfies readonly Column[];

function Anamnesis({ cells, errors }: PatientFormProps) {
  return (
    <Section title="Previous anamnesis" id="anamnesis">
      <p class="hint">One entry a line, or with ; between. An empty box says “not told”, never “none”.</p>
      <div class="fields wide">
        {anamnesisColumns.map((column) => (
          <TextArea
            name={column}
            label={columnWords[column]}
            value={fieldOf(column, cells[column])}
            errors={errors}
            rows={3}
          />
        ))}
      </div>
    </Section>
  );
}

function PoliceAndNotes({ cells, errors }: PatientFormProps) {
  return (
    <Section title="Police case and notes" id="police">
      <div class="fields">
        <Checkboxes
          name="police_case"
          label="Police"
          values={[cells.police_case]}
          errors={errors}
          choices={[
            { value: 'yes', label: 'This is a police case', hint: 'The chart then offers to tell the police station' },
          ]}
        />
        {line({ cells, errors }, 'police_case_no')}
      </div>
      <TextArea name="notes" label={columnWords.notes} value={cells.notes} errors={errors} rows={4} />
    </Section>
  );
}
