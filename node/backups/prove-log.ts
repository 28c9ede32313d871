import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { parseOrigin } from '../../protocol/ids.ts';
import type { Instant } from '../../protocol/instant.ts';
import { noteKey, noteKeyTypes } from '../../protocol/log/note.ts';
import { parseTilePath } from '../../protocol/log/tile.ts';
import { verifyLog } from '../../protocol/log/verify.ts';
import { logQueries } from '../exchange-log/queries.ts';
import { openLogResources } from '../exchange-log/resources.ts';
import { nextTurn } from '../platform/turn.ts';
import type { Store } from '../store/store.ts';
import { anotherBackup, DrillFault } from './drill-fault.ts';
import type { Manifest } from './manifest.ts';
import type { Progress } from './progress.ts';

/**
 * Verifies the exchange log of a copy as an auditor does: every record under its leaf, every tile, the root under the
 * signed checkpoint, and that this is the head which the manifest names. Says how many entries it has.
 */
export async function proveLog(
  copy: Pick<Store, 'read'>,
  { node, log }: Pick<Manifest, 'node' | 'log'>,
  logPublicKey: Uint8Array,
  progress: Progress,
): Promise<number> {
  progress.enter('log');
  const row = await copy.read((reader) => reader.first(logQueries.head, {}));
  if ((row?.size ?? 0) !== log.size || (row !== undefined && row.root.toHex() !== log.root))
    throw broken('its head is not the one that was written down with the backup');
  if (row === undefined || row.size === 0) return 0;
  const { size, root, checkpoint } = row;
  const head = { size, root, checkpoint, signedAt: row.signed_at as Instant };
  const resources = openLogResources(copy, { head: () => head });
  const logKey = noteKey(parseOrigin(`${node}/log`), noteKeyTypes.ed25519, logPublicKey, logCrypto);
  const verdict = await verifyLog({
    logKey,
    crypto: logCrypto,
    fetch: async (path) => {
      await nextTurn();
      progress.assertGoing();
      try {
        return path === 'checkpoint' ? await resources.checkpoint() : await resources.tile(parseTilePath(path));
      } catch (error) {
        if (error instanceof ProtocolError) return undefined;
        throw error;
      }
    },
    onProgress: (done, total) => progress.reached(done, total),
  });
  if (verdict.state === 'broken') throw broken(`${verdict.fault} at ${verdict.path}`);
  return verdict.checkpoint.size;
}

function broken(what: string): DrillFault {
  return new DrillFault('log-broken', `the exchange log in it does not hold (${what}): ${anotherBackup}`);
}
