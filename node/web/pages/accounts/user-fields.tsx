import { isRole, roles, roleWords, type Role } from '../../../accounts/roles.ts';
import { Checkboxes, Field, type FormErrors } from '../../components/form.tsx';
import type { FormFields } from '../../http/form.ts';

/** What a form says of a user, as it was typed. */
export interface TypedUser {
  readonly login: string;
  readonly name: string;
  readonly department: string;
  readonly roles: readonly Role[];
}

export function readUser(form: FormFields): TypedUser {
  return {
    login: form.get('login'),
    name: form.get('name'),
    department: form.get('department'),
    roles: form.all('roles').filter(isRole),
  };
}

export interface UserFieldsProps {
  readonly user: TypedUser;
  readonly errors: FormErrors;
  readonly departments: readonly string[];
  /** A login is chosen once: journals and people know the user by it. */
  readonly withLogin: boolean;
}

/** The fields of a user, with each role in words. */
export function UserFields({ user, errors, departments, withLogin }: UserFieldsProps) {
  return (
    <>
      <Field
        name="name"
        label="Name"
        hint="As colleagues and other hospitals read it, with title."
        value={user.name}
        maxlength={200}
        errors={errors}
        required
      />
      {withLogin ? (
        <Field
          name="login"
          label="Login"
          hint="What they type to sign in: small letters a to z, digits, dots and hyphens. It cannot be changed later."
          value={user.login}
          maxlength={64}
          width="medium"
          autocomplete="off"
          errors={errors}
          required
        />
      ) : null}
      <Field
        name="department"
        label="Department"
        value={user.department}
        maxlength={200}
        list="departments"
        errors={errors}
      />
      <datalist id="departments">
        {departments.map((name) => (
          <option value={name}></option>
        ))}
      </datalist>
      <Checkboxes
        name="roles"
        label="Roles"
        hint="Doctor, nurse and coordinator may be held together. An administrator or an auditor holds no other role."
        choices={roles.map((role) => ({ value: role, label: roleWords[role].title, hint: roleWords[role].may }))}
        values={user.roles}
        errors={errors}
        required
      />
    </>
  );
}
