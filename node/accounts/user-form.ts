import type { FieldFault, Invalid } from './accounts.ts';
import { passwordFault } from './password-rules.ts';
import { roleFault, tidyRoles } from './roles.ts';
import type { NewUser } from './users.ts';

export const loginLettersMax = 64;
export const nameLettersMax = 100;
const loginForm = /^[a-z0-9][a-z0-9._@-]{1,63}$/;
/** Controls, and the marks with which text would be shown in another order than it was written. */
const unseen = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** A login in its one spelling; people write their own with capitals and spaces. */
export function tidyLogin(login: string): string {
  return login
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .slice(0, loginLettersMax + 1);
}

export function tidyUser<Given extends Omit<NewUser, 'login'> & { readonly login?: string }>(given: Given): Given {
  return {
    ...given,
    ...(given.login === undefined ? {} : { login: tidyLogin(given.login) }),
    name: given.name.normalize('NFC').trim(),
    department: given.department.normalize('NFC').trim(),
    roles: tidyRoles(given.roles),
  };
}

/** What is wrong with a tidied user, each thing at its field; empty when nothing is. */
export function userFaults(given: Omit<NewUser, 'login'> & { readonly login?: string }): readonly FieldFault[] {
  const roles = roleFault(given.roles);
  return [
    ...(given.login === undefined || loginForm.test(given.login)
      ? []
      : [fault('login', 'a login is 2 to 64 letters a to z, digits, dots, hyphens, _ or @')]),
    ...(given.name === '' ? [fault('name', "enter the person's name")] : []),
    ...textFaults('name', given.name),
    ...textFaults('department', given.department),
    ...(roles === undefined ? [] : [fault('roles', roles)]),
  ];
}

/** What is wrong with a password of this person; `hospital` are the hospital's own names. */
export function passwordFaults(
  password: string,
  user: { readonly login: string; readonly name: string },
  hospital: readonly string[],
): readonly FieldFault[] {
  const wrong = passwordFault(password, { ...user, hospital });
  return wrong === undefined ? [] : [fault('password', wrong)];
}

export function invalid(...faults: readonly FieldFault[]): Invalid {
  return { state: 'invalid', faults };
}

export function fault(field: FieldFault['field'], message: string): FieldFault {
  return { field, message };
}

function textFaults(field: 'name' | 'department', text: string): readonly FieldFault[] {
  if ([...text].length > nameLettersMax) return [fault(field, `use at most ${nameLettersMax} characters`)];
  return unseen.test(text) ? [fault(field, 'this holds characters that cannot be seen: type it again')] : [];
}
