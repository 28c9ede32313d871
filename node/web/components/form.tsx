import type { Child } from 'hono/jsx';
import { describedBy, fieldId, Label, Optional, Told } from './field-parts.tsx';

/** What is wrong with one field, in words; the field is named as in the form. */
export interface FormError {
  readonly field: string;
  readonly message: string;
}

export type FormErrors = readonly FormError[];

/** Stands first in a page whose form was refused; takes the focus and leads to each field (WCAG 3.3.1). */
export function ErrorSummary({
  errors,
  title = 'Nothing was saved yet',
}: {
  readonly errors: FormErrors;
  readonly title?: string;
}) {
  if (errors.length === 0) return null;
  return (
    <section
      class="notice red"
      role="alert"
      tabindex={-1}
      id="errors"
      aria-labelledby="errors-title"
      data-focus="first"
    >
      <h2 id="errors-title">{title}</h2>
      <ul>
        {errors.map(({ field, message }) => (
          <li>
            <a href={`#${fieldId(field)}`}>{message}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface Common {
  readonly name: string;
  readonly label: Child;
  readonly hint?: Child;
  readonly errors?: FormErrors;
  readonly required?: boolean;
  /** Said in place of “optional” where other fields decide whether this one is needed. */
  readonly needed?: string | undefined;
}

export interface FieldProps extends Common {
  readonly value?: string | undefined;
  readonly type?:
    'text' | 'password' | 'email' | 'tel' | 'date' | 'datetime-local' | 'number' | 'search' | 'file' | 'url';
  readonly width?: 'short' | 'medium' | 'long';
  readonly autocomplete?: string;
  readonly inputmode?: 'text' | 'numeric' | 'tel' | 'email' | 'decimal';
  readonly maxlength?: number;
  readonly pattern?: string;
  readonly accept?: string;
  readonly multiple?: boolean;
  readonly readonly?: boolean;
  readonly dir?: 'auto';
  readonly list?: string;
  readonly autofocus?: boolean;
}

/** A labelled line of text; `required` is said in words, never by a star alone. */
export function Field(props: FieldProps) {
  const { name, label, hint, errors = [], type = 'text', value, width = 'long', required = false, ...more } = props;
  const { needed, ...rest } = more;
  const told = describedBy(name, hint, errors);
  return (
    <div class={told.error === undefined ? 'field' : 'field wrong'}>
      <Label name={name} label={label} required={required} needed={needed} />
      <Told name={name} hint={hint} error={told.error} />
      <input
        {...rest}
        id={fieldId(name)}
        name={name}
        type={type}
        class={width}
        value={type === 'password' || type === 'file' ? undefined : (value ?? '')}
        required={required}
        dir={rest.dir ?? (type === 'text' ? 'auto' : undefined)}
        aria-describedby={told.ids}
        aria-invalid={told.error === undefined ? undefined : 'true'}
      />
    </div>
  );
}

export interface TextAreaProps extends Common {
  readonly value?: string | undefined;
  readonly rows?: number;
  readonly maxlength?: number;
}

export function TextArea({
  name,
  label,
  hint,
  errors = [],
  value = '',
  rows = 4,
  required = false,
  needed,
  maxlength,
}: TextAreaProps) {
  const told = describedBy(name, hint, errors);
  return (
    <div class={told.error === undefined ? 'field' : 'field wrong'}>
      <Label name={name} label={label} required={required} needed={needed} />
      <Told name={name} hint={hint} error={told.error} />
      <textarea
        id={fieldId(name)}
        name={name}
        rows={rows}
        maxlength={maxlength}
        required={required}
        dir="auto"
        aria-describedby={told.ids}
        aria-invalid={told.error === undefined ? undefined : 'true'}
      >
        {`\n${value}`}
      </textarea>
    </div>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: Child;
  readonly hint?: Child;
}

export interface SelectProps extends Common {
  readonly value?: string | undefined;
  readonly choices: readonly { readonly value: string; readonly label: string }[];
}

export function Select(props: SelectProps) {
  const { name, label, hint, errors = [], value = '', choices, required = false, needed } = props;
  const told = describedBy(name, hint, errors);
  return (
    <div class={told.error === undefined ? 'field' : 'field wrong'}>
      <Label name={name} label={label} required={required} needed={needed} />
      <Told name={name} hint={hint} error={told.error} />
      <select
        id={fieldId(name)}
        name={name}
        required={required}
        aria-describedby={told.ids}
        aria-invalid={told.error === undefined ? undefined : 'true'}
      >
        {choices.map((choice) => (
          <option value={choice.value} selected={choice.value === value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}

export interface ChoicesProps extends Common {
  readonly choices: readonly Choice[];
  readonly values?: readonly string[];
}

/** One of several. */
export function Radios(props: ChoicesProps) {
  return <Choices {...props} type="radio" />;
}

/** Any of several; a single tick is a list of one. */
export function Checkboxes(props: ChoicesProps) {
  return <Choices {...props} type="checkbox" />;
}

function Choices({
  name,
  label,
  hint,
  errors = [],
  choices,
  values = [],
  type,
  required = false,
  needed,
}: ChoicesProps & { readonly type: 'radio' | 'checkbox' }) {
  const told = describedBy(name, hint, errors);
  return (
    <fieldset class={told.error === undefined ? 'field' : 'field wrong'} aria-describedby={told.ids}>
      <legend>
        {label}
        {type === 'radio' ? <Optional required={required} needed={needed} /> : null}
      </legend>
      <Told name={name} hint={hint} error={told.error} />
      {choices.map((choice, i) => (
        <div class="choice">
          <input
            type={type}
            id={i === 0 ? fieldId(name) : `${fieldId(name)}-${i}`}
            name={name}
            value={choice.value}
            checked={values.includes(choice.value)}
            required={type === 'radio' && required}
          />
          <label for={i === 0 ? fieldId(name) : `${fieldId(name)}-${i}`}>
            {choice.label}
            {choice.hint === undefined ? null : <span class="hint">{choice.hint}</span>}
          </label>
        </div>
      ))}
    </fieldset>
  );
}

export function Hidden({ name, value }: { readonly name: string; readonly value: string }) {
  return <input type="hidden" name={name} value={value} />;
}

export interface SubmitProps {
  readonly children: Child;
  readonly name?: string;
  readonly value?: string;
  readonly tone?: 'main' | 'second' | 'danger';
  /** Sends the form elsewhere. */
  readonly formaction?: string;
  readonly novalidate?: boolean;
  readonly id?: string;
  readonly accesskey?: string;
}

export function Submit({ children, tone = 'main', novalidate = false, ...rest }: SubmitProps) {
  return (
    <button type="submit" class={`button ${tone}`} formnovalidate={novalidate} {...rest}>
      {children}
    </button>
  );
}

/** A link that looks like what it leads to. */
export function LinkButton({
  href,
  tone = 'second',
  children,
}: {
  readonly href: string;
  readonly tone?: 'main' | 'second';
  readonly children: Child;
}) {
  return (
    <a class={`button ${tone}`} href={href}>
      {children}
    </a>
  );
}
