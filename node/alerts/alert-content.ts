import { utf8 } from '../../protocol/bytes.ts';
import { parseJsonObject, type JsonRules } from '../../protocol/json.ts';
import type { DataKeyId, Keyring } from '../keys/keyring.ts';
import type { Mail } from '../platform/mail.ts';
import type { Reader } from '../store/store.ts';
import type { AlertRow } from './alert.ts';
import { mailOf, membersOf, type AlertSubject } from './preview.ts';

/** What lies sealed in an alert: a case number leads to a patient as a name does (law 6). */
export interface AlertContent {
  readonly mail: Mail;
  readonly caseNumber: string;
  readonly reason: string;
  readonly about: AlertSubject;
}

const rules: JsonRules = { bytesMax: 131_072, depthMax: 3, nodesMax: 64, stringBytesMax: 65_536, decimals: false };

export function sealContent(
  reader: Reader,
  keyring: Keyring,
  owner: { readonly id: string; readonly dataKey: DataKeyId },
  content: AlertContent,
): Promise<Uint8Array> {
  return keyring.seal(reader, owner.dataKey, purposeOf(owner.id), utf8(JSON.stringify({ v: 1, ...content })));
}

/** Fails with `KeyError` when the patient was erased: the alert's text went with the key. */
export async function openContent(
  reader: Reader,
  keyring: Keyring,
  row: Pick<AlertRow, 'id' | 'data_key' | 'content'>,
): Promise<AlertContent> {
  const plaintext = await keyring.open(reader, row.data_key as DataKeyId, purposeOf(row.id), row.content);
  const { mail, caseNumber, reason, about } = parseJsonObject(plaintext, rules);
  const { patient, referral } = membersOf(about);
  return {
    mail: mailOf(membersOf(mail)),
    caseNumber: typeof caseNumber === 'string' ? caseNumber : '',
    reason: typeof reason === 'string' ? reason : '',
    about: {
      ...(typeof patient === 'string' ? { patient } : {}),
      ...(typeof referral === 'string' ? { referral } : {}),
    },
  };
}

/** Finds the alerts of a patient or a referral without naming either in a row. */
export function aboutTerm(keyring: Keyring, kind: 'patient' | 'referral', id: string): Uint8Array {
  return keyring.blindTerm(`alert/${kind}`, id);
}

function purposeOf(id: string): string {
  return `alert/${id}`;
}
