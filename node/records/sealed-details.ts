import { utf8 } from '../../protocol/bytes.ts';
import { parseJsonObject, type JsonRules } from '../../protocol/json.ts';
import type { DataKeyId, Keyring } from '../keys/keyring.ts';
import type { Reader } from '../store/store.ts';
import { cellsOf, detailsOf, makeCells } from './csv/columns.ts';
import { RecordsError } from './errors.ts';
import type { PatientDetails } from './model.ts';

/** Thirty-two cells of 64 kB, each byte escaped at worst: what one sealed record can hold. */
const recordRules: JsonRules = {
  bytesMax: 16 * 1024 * 1024,
  depthMax: 4,
  nodesMax: 1000,
  stringBytesMax: 1024 * 1024,
  decimals: false,
};

/**
 * Seals one version of a patient's record: the cells that say something, as JSON. Patient and version are bound in, so that
 * a token moved to another row, or an older one put back, does not open.
 */
export function sealDetails(
  reader: Reader,
  keyring: Keyring,
  owner: { readonly id: string; readonly dataKey: string; readonly version: number },
  details: PatientDetails,
): Promise<Uint8Array> {
  const cells = Object.fromEntries(Object.entries(cellsOf(details)).filter(([, cell]) => cell !== ''));
  const purpose = purposeOf(owner.id, owner.version);
  return keyring.seal(reader, owner.dataKey as DataKeyId, purpose, utf8(JSON.stringify({ v: 1, cells })));
}

export async function openDetails(
  reader: Reader,
  keyring: Keyring,
  owner: { readonly id: string; readonly dataKey: string; readonly version: number },
  token: Uint8Array,
): Promise<PatientDetails> {
  const purpose = purposeOf(owner.id, owner.version);
  const plaintext = await keyring.open(reader, owner.dataKey as DataKeyId, purpose, token);
  const { v, cells } = parseJsonObject(plaintext, recordRules);
  if (v !== 1 || cells === null || typeof cells !== 'object' || Array.isArray(cells))
    throw new RecordsError('record-damaged', 'a patient record of an unknown form: a newer program wrote it');
  const known = cells as Readonly<Record<string, unknown>>;
  return detailsOf(
    makeCells((column) => {
      const cell = known[column];
      return typeof cell === 'string' ? cell : '';
    }),
  );
}

function purposeOf(id: string, version: number): string {
  return `patient/${id}/${version}`;
}
