import { documentBytesMax } from '../../protocol/bundle/limits.ts';
import { parseJsonObject, type JsonObject } from '../../protocol/json.ts';
import type { DataKeyId, Keyring } from '../keys/keyring.ts';
import { KeyError } from '../keys/keyring.ts';
import type { Reader } from '../store/store.ts';
import type { ReferralSummary } from './referrals.ts';
import { summaryPurpose } from './take-content.ts';

export interface SummaryPorts {
  readonly keyring: Keyring;
  readonly dataKeyOf: (text: string) => DataKeyId;
}

/** Who a row of a list is about and why; `undefined` where the referral's key was destroyed (Node §2). */
export async function openSummary(
  { keyring, dataKeyOf }: SummaryPorts,
  reader: Reader,
  row: { readonly data_key: string; readonly summary: Uint8Array },
): Promise<ReferralSummary | undefined> {
  try {
    return parseSummary(await keyring.open(reader, dataKeyOf(row.data_key), summaryPurpose, row.summary));
  } catch (error) {
    if (error instanceof KeyError && error.code === 'shredded') return undefined;
    throw error;
  }
}

/** The sealed summary of a referral, opened; what is absent is the empty text. */
export function parseSummary(bytes: Uint8Array): ReferralSummary {
  const object = parseJsonObject(bytes, {
    bytesMax: documentBytesMax,
    depthMax: 4,
    nodesMax: 100,
    stringBytesMax: documentBytesMax,
    decimals: false,
  });
  const { specialty } = object;
  return {
    patientName: textOf(object, 'patientName'),
    csvId: textOf(object, 'csvId'),
    sex: textOf(object, 'sex'),
    birthDate: textOf(object, 'birthDate'),
    reason: textOf(object, 'reason'),
    question: textOf(object, 'question'),
    ...(typeof specialty === 'string' && specialty !== '' ? { specialty } : {}),
  };
}

function textOf(object: JsonObject, name: string): string {
  const value = object[name];
  return typeof value === 'string' ? value : '';
}
