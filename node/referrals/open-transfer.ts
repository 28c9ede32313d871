import type { Manifest } from '../../protocol/bundle/manifest.ts';
import { Refusal } from './answers.ts';
import type { ArrivingAttachment } from './prefix-hashes.ts';
import { inboxQueries } from './inbox-queries.ts';
import type { InboxPorts, InboxRow, PeerRequestContext } from './inbox-ports.ts';
import { parseOpenedSecrets } from './open-bundle.ts';

export const openedPurpose = 'inbox.opened';

/** The row that a part belongs to: it exists, and it was not withdrawn. */
export async function openRow(ports: InboxPorts, { peer, bundle }: PeerRequestContext): Promise<InboxRow> {
  const row = await ports.store.read((reader) => reader.first(inboxQueries.get, { sender: peer.name, bundle }));
  if (row === undefined) throw new Refusal('REC_NOT_FOUND');
  if (row.state === 'withdrawn') throw new Refusal('REC_WITHDRAWN');
  return row;
}

/** The attachment as manifest and document together describe it; `undefined` where they do not fit each other. */
export async function arrivingAttachment(
  ports: InboxPorts,
  row: InboxRow,
  manifest: Manifest,
  n: number,
): Promise<ArrivingAttachment | undefined> {
  const part = manifest.attachments[n];
  const { opened, data_key: dataKey } = row;
  if (part === undefined || opened === null || dataKey === null) return undefined;
  const bytes = await ports.store.read((reader) =>
    ports.keyring.open(reader, ports.dataKeyOf(dataKey), openedPurpose, opened),
  );
  const named = parseOpenedSecrets(bytes).attachments.find((each) => each.id === part.id);
  if (named === undefined || named.size !== part.size) return undefined;
  const { id, size, chunks } = part;
  return { attachmentKey: named.key, bundle: manifest.bundle, id, size, chunks, sha256: named.sha256 };
}

export function prefixKey({ peer, bundle }: Pick<PeerRequestContext, 'peer' | 'bundle'>, n: number): string {
  return `${peer.name}/${bundle}/${n}`;
}
