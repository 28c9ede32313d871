import { parseUtf8, utf8 } from '../../../protocol/bytes.ts';
import type { DataKeyId, Keyring } from '../../keys/keyring.ts';
import type { Reader } from '../../store/store.ts';
import { RecordsError } from '../errors.ts';
import type { ImportPlan, PlannedRecord } from './plan.ts';

/** What is known of a dry run beside its records. */
export interface DraftSummary extends Omit<ImportPlan, 'records' | 'rejected'> {
  /** Of the file, as the browser told it: display text. */
  readonly name: string;
}

/** One judged record; of one with errors also the cells as they stand in the file. */
export interface DraftRecord extends PlannedRecord {
  readonly fields?: readonly string[];
}

/** Both lie under a data key of the draft's own: destroying it erases all that the file said (law 6). */
export function sealSummary(
  reader: Reader,
  keyring: Keyring,
  key: DataKeyId,
  draft: string,
  summary: DraftSummary,
): Promise<Uint8Array> {
  return keyring.seal(reader, key, `import-draft/${draft}`, toBytes(summary));
}

export async function openSummary(
  reader: Reader,
  keyring: Keyring,
  key: DataKeyId,
  draft: string,
  token: Uint8Array,
): Promise<DraftSummary> {
  return {
    erased: 0,
    ...read<Omit<DraftSummary, 'erased'>>(await keyring.open(reader, key, `import-draft/${draft}`, token)),
  };
}

export function sealRecord(
  reader: Reader,
  keyring: Keyring,
  key: DataKeyId,
  draft: string,
  record: DraftRecord,
): Promise<Uint8Array> {
  return keyring.seal(reader, key, `import-draft/${draft}/${record.number}`, toBytes(record));
}

export async function openRecord(
  reader: Reader,
  keyring: Keyring,
  key: DataKeyId,
  draft: string,
  row: { readonly number: number; readonly token: Uint8Array },
): Promise<DraftRecord> {
  return read<DraftRecord>(await keyring.open(reader, key, `import-draft/${draft}/${row.number}`, row.token));
}

const form = 1;

function toBytes(value: object): Uint8Array {
  return utf8(JSON.stringify({ v: form, value }));
}

/** Only this program writes these tokens, and their MAC was right: what they hold is what was sealed. */
function read<T>(bytes: Uint8Array): T {
  const { v, value } = JSON.parse(parseUtf8(bytes)) as { readonly v: number; readonly value: T };
  if (v !== form) throw new RecordsError('record-damaged', 'a dry run of an unknown form: a newer program wrote it');
  return value;
}
