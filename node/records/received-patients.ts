import type { NodeName, ReferralId } from '../../protocol/ids.ts';
import type { Instant } from '../../protocol/instant.ts';
import type { DataKeyId, Keyring } from '../keys/keyring.ts';
import { statement } from '../store/statement.ts';
import type { Reader, Writer } from '../store/store.ts';

/** One received referral that is about a peer's patient. */
export interface ReceivedReferral {
  readonly referral: ReferralId;
  readonly dataKey: DataKeyId;
  readonly notedAt: Instant;
}

/**
 * Patients of other hospitals, looked up by CSV id within the sender's namespace: A-000001 of Alder and A-000001 of Birch
 * are two people (Records §1). Only a keyed hash of the id is stored.
 */
export interface ReceivedPatients {
  /** In the transaction that takes the referral in; noting one again changes nothing. */
  noteReceived(
    w: Writer,
    received: {
      readonly peer: NodeName;
      readonly csvId: string;
      readonly referral: ReferralId;
      readonly dataKey: DataKeyId;
      readonly at: Instant;
    },
  ): Promise<void>;
  /** Newest first, at most `referralsMax`. */
  findReceived(reader: Reader, peer: NodeName, csvId: string): Promise<readonly ReceivedReferral[]>;
}

const referralsMax = 100;

const insertReceived = statement<{
  peer: string;
  csvTerm: Uint8Array;
  referral: string;
  dataKey: string;
  now: number;
}>()((db, values) =>
  db
    .insertInto('received_patient')
    .values({
      peer: values.peer,
      csv_term: values.csvTerm,
      referral: values.referral,
      data_key: values.dataKey,
      noted_at: values.now,
    })
    .onConflict((conflict) => conflict.doNothing()),
);
const receivedOf = statement<{ peer: string; csvTerm: Uint8Array }>()((db, values) =>
  db
    .selectFrom('received_patient')
    .select(['referral', 'data_key', 'noted_at'])
    .where('peer', '=', values.peer)
    .where('csv_term', '=', values.csvTerm)
    .orderBy('noted_at', 'desc')
    .orderBy('referral')
    .limit(referralsMax),
);

export function openReceivedPatients({ keyring }: { readonly keyring: Keyring }): ReceivedPatients {
  const termOf = (peer: NodeName, csvId: string): Uint8Array =>
    keyring.blindTerm('received-csv-id', `${peer}\n${csvId.normalize('NFC')}`);
  return {
    noteReceived: async (w, { peer, csvId, referral, dataKey, at }) => {
      await w.run(insertReceived, { peer, csvTerm: termOf(peer, csvId), referral, dataKey, now: at });
    },
    findReceived: async (reader, peer, csvId) => {
      const rows = await reader.all(receivedOf, { peer, csvTerm: termOf(peer, csvId) });
      return rows.map((row) => ({
        referral: row.referral as ReferralId,
        dataKey: row.data_key as DataKeyId,
        notedAt: row.noted_at as Instant,
      }));
    },
  };
}
