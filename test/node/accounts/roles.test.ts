import { expect, test } from 'vitest';
import {
  isClinical,
  isRole,
  parseRoles,
  roleFault,
  roles,
  tidyRoles,
  type Role,
} from '../../../node/accounts/roles.ts';

test.each<[readonly Role[], boolean]>([
  [['doctor'], true],
  [['doctor', 'nurse', 'coordinator'], true],
  [['nurse', 'coordinator'], true],
  [['administrator'], true],
  [['auditor'], true],
  [[], false],
  [['administrator', 'doctor'], false],
  [['auditor', 'nurse'], false],
  [['administrator', 'auditor'], false],
])('%j may be held together: %s', (held, allowed) => {
  expect(roleFault(held) === undefined).toBe(allowed);
});

test('patients are shown to doctors, nurses and coordinators alone', () => {
  expect(roles.filter((role) => isClinical([role]))).toEqual(['doctor', 'nurse', 'coordinator']);
  expect(isClinical([])).toBe(false);
});

test('roles have one order, each once, and words of another program are left out', () => {
  expect(tidyRoles(['nurse', 'doctor', 'nurse'])).toEqual(['doctor', 'nurse']);
  expect(parseRoles('nurse surgeon doctor')).toEqual(['doctor', 'nurse']);
  expect(isRole('constructor')).toBe(false);
});
