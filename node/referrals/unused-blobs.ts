import { BlobError, parseBlobName, type BlobName } from '../blobs/blob-store.ts';
import type { DurableBlobs } from '../blobs/durable.ts';
import type { Clock } from '../platform/clock.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import { statement } from '../store/statement.ts';
import type { Store, Writer } from '../store/store.ts';
import type { BlobHolds } from './blob-holds.ts';
import { inboxQueries } from './inbox-queries.ts';

/** Of one run: the next goes on. */
export const sweptAtOnceMax = 256;

type ChunksOf = { readonly sender: string; readonly bundle: string };

const queries = {
  noteAllOf: statement<ChunksOf & { now: number }>()((db, values) =>
    db
      .insertInto('unused_blob')
      .columns(['name', 'since'])
      .expression((eb) =>
        eb
          .selectFrom('inbox_chunk')
          .select((each) => ['blob', each.val(values.now).as('since')])
          .where('sender', '=', values.sender)
          .where('bundle', '=', values.bundle),
      )
      .onConflict((conflict) => conflict.doNothing()),
  ),
  note: statement<{ name: string; now: number }>()((db, values) =>
    db
      .insertInto('unused_blob')
      .values({ name: values.name, since: values.now })
      .onConflict((conflict) => conflict.doNothing()),
  ),
  list: statement<{ limit: number }>()((db, values) =>
    db.selectFrom('unused_blob').select('name').orderBy('name').limit(values.limit),
  ),
  use: statement<{ name: string }>()((db, values) =>
    db.selectFrom('inbox_chunk').select('blob').where('blob', '=', values.name).limit(1),
  ),
  forget: statement<{ name: string }>()((db, values) => db.deleteFrom('unused_blob').where('name', '=', values.name)),
};

/** Forgets the chunks of a transfer that ended without its bundle; their blobs are swept soon (Spec §5). */
export async function forgetChunks(writer: Writer, { sender, bundle }: ChunksOf, now: number): Promise<void> {
  await writer.run(queries.noteAllOf, { sender, bundle, now });
  await writer.run(inboxQueries.forgetChunks, { sender, bundle });
}

/** A blob was stored and its row was not. */
export async function noteUnused(writer: Writer, name: BlobName, now: number): Promise<void> {
  await writer.run(queries.note, { name, now });
}

export interface UnusedBlobsPorts {
  readonly store: Store;
  readonly blobs: Pick<DurableBlobs, 'remove'>;
  readonly holds: BlobHolds;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
}

/**
 * Removes blobs that no chunk names any more, here and in the bucket. A chunk may have come again since: then its blob stays.
 * Where the bucket cannot be reached they wait for the next run.
 */
export async function sweepUnused(ports: UnusedBlobsPorts, signal?: AbortSignal): Promise<number> {
  const { store, blobs, holds } = ports;
  const inUse = async (name: string): Promise<boolean> =>
    (await store.read((reader) => reader.first(queries.use, { name }))) !== undefined;
  let removed = 0;
  for (const { name } of await store.read((reader) => reader.all(queries.list, { limit: sweptAtOnceMax }))) {
    if (signal?.aborted === true) break;
    const blob = parseBlobName(name);
    try {
      const isGone = await holds.removeUnheld(
        blob,
        async () => !(await inUse(name)),
        () => blobs.remove(blob),
      );
      if (isGone) removed += 1;
      if (isGone || (await inUse(name))) await store.write((writer) => writer.run(queries.forget, { name }));
    } catch (error) {
      if (!(error instanceof BlobError)) throw error;
      ports.diagnostics.info('unused-blobs-later', { code: error.code });
      break;
    }
  }
  if (removed > 0) ports.diagnostics.info('unused-blobs-removed', { count: removed });
  return removed;
}
