import type { Department, DepartmentInput } from '../../../alerts/departments.ts';
import { page, type Answer } from '../../answer.ts';
import { ErrorSummary, Field, Hidden, LinkButton, Radios, Submit, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { EmptyState } from '../../components/panel.tsx';
import { DataTable, type Column } from '../../components/table.tsx';
import { Tag } from '../../components/tag.tsx';
import { Foreign } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { Done, errorsOf, personOf, saveOnce } from './admin-form.tsx';

const labels = { code: 'Code', name: 'Name', answer_hours: 'Usual answer time', active: 'In use' } as const;

const saved = url('departments', {}, { did: 'saved' });

/** Departments of this hospital: inbox filters and referrals name them (screen 18). */
export async function showDepartments(visit: Visit, desk: DeskServices): Promise<Answer> {
  const departments = await desk.departments.list();
  return page(
    { title: 'Departments' },
    <>
      <div class="page-head">
        <h1>Departments</h1>
        <LinkButton href={url('department-new')} tone="main">
          Add a department
        </LinkButton>
      </div>
      <Done visit={visit} words={{ saved: 'Saved. The change stands in the exchange log.' }} />
      {departments.length === 0 ? (
        <EmptyState title="There is no department yet">
          <p>Referrals then go to the hospital as a whole. Add the departments that take patients.</p>
        </EmptyState>
      ) : (
        <DataTable
          id="departments"
          caption="Departments"
          hideCaption
          columns={columns}
          rows={departments}
          rowKey={({ code }) => code}
        />
      )}
    </>,
  );
}

export function showNewDepartment(visit: Visit, desk: DeskServices): Answer {
  const input = visit.draft === undefined ? { active: 'yes' } : typedDepartment(visit.draft);
  return departmentPage(desk, { version: '', input });
}

export async function showDepartment(visit: Visit, desk: DeskServices): Promise<Answer> {
  const found = await desk.departments.get(visit.param('department'));
  const { code, name, active, answerHours, version } = found;
  const stored = { name, active: active ? 'yes' : 'no', answer_hours: String(answerHours ?? '') };
  const input = visit.draft === undefined ? stored : typedDepartment(visit.draft);
  return departmentPage(desk, { code, version: visit.draft?.get('version') ?? String(version), input });
}

export async function addDepartment(visit: Visit, desk: DeskServices): Promise<Answer> {
  const input = typedDepartment(await visit.form());
  return await saveOnce(visit, desk, {
    place: url('department-new'),
    list: saved,
    save: () => desk.departments.add(personOf(visit), input),
    again: (faults) => departmentPage(desk, { version: '', input, errors: errorsOf(faults, labels) }),
  });
}

export async function changeDepartment(visit: Visit, desk: DeskServices): Promise<Answer> {
  const form = await visit.form();
  const code = visit.param('department');
  const [input, version] = [typedDepartment(form), form.get('version')];
  return await saveOnce(visit, desk, {
    place: url('department', { department: code }),
    list: saved,
    save: () => desk.departments.change(personOf(visit), code, Number(version), input),
    again: (faults) => departmentPage(desk, { code, version, input, errors: errorsOf(faults, labels) }),
  });
}

function typedDepartment(form: FormFields): DepartmentInput {
  return {
    code: form.get('code'),
    name: form.get('name'),
    active: form.get('active'),
    answer_hours: form.get('answer_hours'),
  };
}

interface DepartmentForm {
  /** Of a department that exists: it stays. */
  readonly code?: string;
  readonly version: string;
  readonly input: DepartmentInput;
  readonly errors?: FormErrors;
}

function departmentPage(desk: DeskServices, { code, version, input, errors = [] }: DepartmentForm): Answer {
  const title = code === undefined ? 'Add a department' : `Department ${code}`;
  const action = code === undefined ? url('department-add') : url('department-change', { department: code });
  return page(
    { title, status: errors.length === 0 ? 200 : 422 },
    <div class="narrow">
      <h1>{title}</h1>
      <ErrorSummary errors={errors} />
      <form class="panel" method="post" action={action}>
        <Once token={desk.random.uuid()} />
        {code === undefined ? (
          <Field
            name="code"
            label={labels.code}
            required
            width="short"
            hint="Short, and for good: CARD"
            errors={errors}
            value={input.code}
            maxlength={16}
            autocomplete="off"
          />
        ) : (
          <Hidden name="version" value={version} />
        )}
        <Field
          name="name"
          label={labels.name}
          required
          errors={errors}
          value={input.name}
          maxlength={80}
          autocomplete="off"
        />
        <Field
          name="answer_hours"
          label="Usual answer time in hours"
          hint="What a sending hospital may expect"
          width="short"
          inputmode="numeric"
          errors={errors}
          value={input.answer_hours}
          autocomplete="off"
        />
        <Radios
          name="active"
          label={labels.active}
          required
          errors={errors}
          values={[input.active === 'no' ? 'no' : 'yes']}
          choices={[
            { value: 'yes', label: 'In use' },
            { value: 'no', label: 'Not in use' },
          ]}
        />
        <p class="actions">
          <Submit>Save the department</Submit>
          <LinkButton href={url('departments')}>Do not save</LinkButton>
        </p>
      </form>
    </div>,
  );
}

const columns: readonly Column<Department>[] = [
  {
    key: 'name',
    label: 'Department',
    isHeader: true,
    cell: ({ code, name }) => (
      <a href={url('department', { department: code })}>
        <Foreign text={name} />
      </a>
    ),
  },
  { key: 'code', label: 'Code', cell: ({ code }) => <span class="mono">{code}</span> },
  {
    key: 'answer',
    label: 'Usual answer time',
    cell: ({ answerHours }) => (answerHours === undefined ? <span class="quiet">not told</span> : `${answerHours} h`),
  },
  {
    key: 'active',
    label: 'In use',
    cell: ({ active }) => (active ? <Tag tone="green">in use</Tag> : <Tag>not in use</Tag>),
  },
];
