/** What a person may be at this hospital. Nobody sees patients by default: the route table names who may (Node §2). */
export const roles = ['administrator', 'doctor', 'nurse', 'coordinator', 'auditor'] as const;

export type Role = (typeof roles)[number];

/** Roles in words, for pages and the command line. */
export const roleWords: Readonly<Record<Role, { readonly title: string; readonly may: string }>> = {
  administrator: {
    title: 'Administrator',
    may: 'adds and removes users, pairs with other hospitals, changes settings; never sees a patient',
  },
  doctor: {
    title: 'Doctor',
    may: 'sees and writes patient records, refers patients, decides on referrals, tells the police',
  },
  nurse: {
    title: 'Nurse or laboratory',
    may: 'sees patient records, registers patients, adds images, results and imports',
  },
  coordinator: {
    title: 'Coordinator',
    may: 'sees referrals and the patients in them, matches patients, follows what waits, tells the police',
  },
  auditor: { title: 'Auditor', may: 'reads the exchange log and checks its proofs; never sees a patient' },
};

const clinicalRoles: readonly Role[] = ['doctor', 'nurse', 'coordinator'];

/** Whether somebody with these roles may be shown patients at all. */
export function isClinical(held: readonly Role[]): boolean {
  return held.some((role) => clinicalRoles.includes(role));
}

export function isRole(text: string): text is Role {
  return roles.some((role) => role === text);
}

/**
 * What is wrong with holding these roles together, in words; `undefined` when nothing is. Who runs the node or checks it
 * does nothing else, so that no account both sees patients and can hide it.
 */
export function roleFault(held: readonly Role[]): string | undefined {
  if (held.length === 0) return 'choose at least one role';
  const apart = held.find((role) => !clinicalRoles.includes(role));
  if (apart === undefined || new Set(held).size === 1) return undefined;
  return `an ${apart} holds no other role: make a second user for the other work`;
}

/** In one order and each once, as they are stored and shown. */
export function tidyRoles(held: readonly Role[]): readonly Role[] {
  return roles.filter((role) => held.includes(role));
}

/** Roles as the table keeps them: words with a space between. Words of a newer program are left out. */
export function parseRoles(text: string): readonly Role[] {
  return tidyRoles(text.split(' ').filter(isRole));
}
