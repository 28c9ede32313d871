import type { Keyring } from '../keys/keyring.ts';
import { statement } from '../store/statement.ts';
import type { Writer } from '../store/store.ts';
import type { Priority } from './referrals.ts';

/**
 * Which department a referral asks for tells something of the patient, so it lies as a keyed hash (law 6): rows can be
 * looked for by a name that is known, and by nothing else. Case, width and surrounding spaces make no difference.
 */
export function departmentTerm(keyring: Pick<Keyring, 'blindTerm'>, name: string): Uint8Array {
  return keyring.blindTerm('referral.department', plainName(name));
}

export interface AskedDepartment {
  readonly referral: string;
  /** `undefined` where none is named. */
  readonly name: string | undefined;
  readonly priority: Priority;
  readonly arrivedAt: number;
  readonly expiresAt: number;
}

/** Notes whom a received referral is for. What the department says of its usual answer time holds for routine ones. */
export async function noteDepartment(
  writer: Writer,
  keyring: Pick<Keyring, 'blindTerm'>,
  { referral, name = '', priority, arrivedAt, expiresAt }: AskedDepartment,
): Promise<void> {
  if (plainName(name) === '') return;
  await writer.run(putDepartment, { referral, department: departmentTerm(keyring, name) });
  const known = await writer.all(answerHours, {});
  const hours = known.find((each) => plainName(each.name) === plainName(name))?.answer_hours;
  if (hours === undefined || hours === null || priority !== 'routine') return;
  await writer.run(putAnswerDue, { referral, due: Math.min(expiresAt, arrivedAt + hours * hourMs) });
}

const hourMs = 3_600_000;
const answerHours = statement()((db) =>
  db.selectFrom('department').select(['name', 'answer_hours']).where('active', '=', 1).where('answer_hours', '>', 0),
);
const putDepartment = statement<{ referral: string; department: Uint8Array }>()((db, values) =>
  db
    .updateTable('referral')
    .set({ department: values.department })
    .where('id', '=', values.referral)
    .where('direction', '=', 'received'),
);
const putAnswerDue = statement<{ referral: string; due: number }>()((db, values) =>
  db
    .updateTable('referral')
    .set({ answer_due_at: values.due })
    .where('id', '=', values.referral)
    .where('direction', '=', 'received'),
);

function plainName(name: string): string {
  return name.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
}
