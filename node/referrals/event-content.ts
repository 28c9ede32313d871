import { bundleCrypto } from '../../protocol/crypto/bundle-crypto.ts';
import { documentBytesMax } from '../../protocol/bundle/limits.ts';
import type { DataKeyId, Keyring } from '../keys/keyring.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Reader, Store } from '../store/store.ts';
import { referralQueries } from './referral-queries.ts';

export const eventContentPurpose = 'referral_event.content';

/** The exact plaintext of an event, compressed for keeping; sealing happens in the transaction that stores it. */
export async function packEventContent(plaintext: Uint8Array): Promise<Uint8Array> {
  return bundleCrypto.gzip(plaintext);
}

export async function openEventContent(
  ports: { readonly keyring: Keyring },
  reader: Reader,
  dataKey: DataKeyId,
  content: Uint8Array,
): Promise<Uint8Array> {
  return ports.keyring.open(reader, dataKey, eventContentPurpose, content);
}

/** The exact plaintext bytes of the event that a message id names, as they were composed or received. */
export async function readEventContent(
  ports: { readonly store: Store; readonly keyring: Keyring; dataKeyOf(text: string): DataKeyId },
  of: { readonly message: string; readonly data_key: string },
): Promise<Uint8Array> {
  return bundleCrypto.gunzip(await readPackedContent(ports, of), documentBytesMax);
}

/** The same, compressed as it is kept and sent. */
export async function readPackedContent(
  ports: { readonly store: Store; readonly keyring: Keyring; dataKeyOf(text: string): DataKeyId },
  of: { readonly message: string; readonly data_key: string },
): Promise<Uint8Array> {
  return await ports.store.read(async (reader) => {
    const row = await reader.first(referralQueries.eventByMessage, { message: of.message });
    if (row === undefined) throw new OperationError('not-found', 'unknown-event', 'The message is not held here.');
    return openEventContent(ports, reader, ports.dataKeyOf(of.data_key), row.content);
  });
}
