import { writeWithdrawnAnswer } from '../../protocol/messages.ts';
import { jsonAnswer, problemAnswer, type DoorAnswer } from './answers.ts';
import { decidedAnswer } from './inbox-state.ts';
import { inboxQueries } from './inbox-queries.ts';
import type { InboxPorts, PeerRequestContext } from './inbox-ports.ts';
import { forgetChunks } from './unused-blobs.ts';

/** Takes back a bundle that its sender no longer wants; one that is decided already answers with its decision (Spec §6). */
export async function withdraw(ports: InboxPorts, { peer, bundle, write }: PeerRequestContext): Promise<DoorAnswer> {
  const answer = await write(async (writer) => {
    const now = ports.clock.now();
    const row = await writer.first(inboxQueries.get, { sender: peer.name, bundle });
    if (row === undefined)
      await writer.run(inboxQueries.insertWithdrawn, { sender: peer.name, bundle, now, nothing: new Uint8Array(0) });
    if (row !== undefined && (row.state === 'received' || row.state === 'refused')) return undefined;
    if (row?.state === 'open') {
      const none = { record: null, x: null, refusal_code: '', refusal_detail: '' };
      await writer.run(inboxQueries.decide, { sender: peer.name, bundle, state: 'withdrawn', ...none, now });
      await forgetChunks(writer, { sender: peer.name, bundle }, now);
    }
    return jsonAnswer(200, writeWithdrawnAnswer());
  });
  if (answer !== undefined) return answer;
  return ports.store.read(async (reader) => {
    const row = await reader.first(inboxQueries.get, { sender: peer.name, bundle });
    if (row === undefined) return problemAnswer('REC_NOT_FOUND', ports.newRef());
    const decided = await decidedAnswer(ports, reader, row);
    if (row.state !== 'received') return decided;
    const receipt = await ports.proofOf(reader, row);
    return problemAnswer('REC_RECEIVED', ports.newRef(), { receipt });
  });
}
