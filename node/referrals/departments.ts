import type { Keyring } from '../keys/keyring.ts';
import { statement } from '../store/statement.ts';
import type { Writer } from '../store/store.ts';

/**
 * Which department a referral asks for tells something of the patient, so it lies as a keyed hash (law 6): rows can be
 * looked for by a name that is known, and by nothing else. Case, width and surrounding spaces make no difference.
 */
export function departmentTerm(keyring: Pick<Keyring, 'blindTerm'>, name: string): Uint8Array {
  return keyring.blindTerm('referral.department', plainName(name));
}

/** `undefined` where no department is named. */
export async function noteDepartment(
  writer: Writer,
  keyring: Pick<Keyring, 'blindTerm'>,
  referral: string,
  name: string | undefined,
): Promise<void> {
  if (name === undefined || plainName(name) === '') return;
  await writer.run(putDepartment, { referral, department: departmentTerm(keyring, name) });
}

const putDepartment = statement<{ referral: string; department: Uint8Array | null }>()((db, values) =>
  db
    .updateTable('referral')
    .set({ department: values.department })
    .where('id', '=', values.referral)
    .where('direction', '=', 'received'),
);

function plainName(name: string): string {
  return name.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
}
