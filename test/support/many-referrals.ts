import { utf8 } from '../../protocol/bytes.ts';
import type { FernpostNode } from '../../node/node.ts';
import { departmentTerm } from '../../node/referrals/departments.ts';
import { referralQueries } from '../../node/referrals/referral-queries.ts';
import { statement } from '../../node/store/statement.ts';

/** One row of a list as a test wants it; what is not told is ordinary. */
export interface MadeReferral {
  readonly id: string;
  readonly direction?: 'sent' | 'received';
  readonly peer?: string;
  /** Of a sent one: whom it is about. */
  readonly patient?: string;
  readonly state?: string;
  readonly priority?: 'routine' | 'urgent' | 'stat';
  readonly at: number;
  readonly expiresAt?: number;
  readonly name?: string;
  readonly reason?: string;
  readonly department?: string;
  readonly openedAt?: number;
  readonly assignedTo?: string;
}

/** Names referral `n`: sorts as the numbers do. */
export function referralIdOf(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

const perTransaction = 500;
const markRow = statement<{
  id: string;
  opened_at: number | null;
  assigned_to: string | null;
  department: Uint8Array | null;
}>()((db, values) =>
  db
    .updateTable('referral')
    .set({ opened_at: values.opened_at, assigned_to: values.assigned_to, department: values.department })
    .where('id', '=', values.id),
);

/** Rows of referrals without their documents: as many as a hospital has after years, in seconds. */
export async function makeReferrals(node: FernpostNode, made: readonly MadeReferral[]): Promise<void> {
  const { store, keyring } = node;
  const dataKey = await store.write((writer) => keyring.newDataKey(writer));
  for (let from = 0; from < made.length; from += perTransaction)
    await store.write(async (writer) => {
      for (const one of made.slice(from, from + perTransaction)) {
        const { id, at, department } = one;
        const summary = {
          patientName: one.name ?? 'Canary, Synthia',
          csvId: id.slice(-6),
          sex: 'female',
          birthDate: '1960-01-11',
          reason: one.reason ?? 'Chest pain',
          question: 'Please examine',
          ...(department === undefined ? {} : { specialty: department }),
        };
        await writer.run(referralQueries.insert, {
          id,
          direction: one.direction ?? 'received',
          peer: one.peer ?? 'alder.example',
          state: one.state ?? 'received',
          priority: one.priority ?? 'routine',
          number: `IN-BIRCH-2026-${id.slice(-6)}`,
          patient: one.patient ?? null,
          data_key: dataKey,
          summary: await keyring.seal(writer, dataKey, 'referral.summary', utf8(JSON.stringify(summary))),
          now: at,
          expires_at: one.expiresAt ?? at + 30 * 86_400_000,
        });
        await writer.run(markRow, {
          id,
          opened_at: one.openedAt ?? null,
          assigned_to: one.assignedTo ?? null,
          department: department === undefined ? null : departmentTerm(keyring, department),
        });
      }
    });
}
