import { peerQueries } from '../peers/queries.ts';
import type { Clock } from '../platform/clock.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import type { Store } from '../store/store.ts';
import { inboxQueries } from './inbox-queries.ts';
import { forgetChunks } from './unused-blobs.ts';

/** Forgets nonces that have expired and transfers that stood still for seven days, without a tombstone (Spec §3, §5). */
export async function forgetExpired(store: Store, clock: Clock, diagnostics: Diagnostics): Promise<void> {
  const now = clock.now();
  // Looked for in the transaction that forgets: what was committed or grew a moment before must not lose its chunks.
  const expired = await store.write(async (writer) => {
    await writer.run(peerQueries.forgetNonces, { now });
    const found = await writer.all(inboxQueries.expired, { now });
    for (const { sender, bundle } of found) {
      await forgetChunks(writer, { sender, bundle }, now);
      await writer.run(inboxQueries.forget, { sender, bundle });
    }
    return found;
  });
  for (const { sender, bundle } of expired) diagnostics.info('transfer-expired', { peer: sender, bundle });
}
