import { ProtocolError } from '../../protocol/errors.ts';
import { parseUtf8, utf8 } from '../../protocol/bytes.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import { parseSizeAnswer } from '../../protocol/log/witness.ts';
import type { Peer, PeerDirectory } from '../peers/directory.ts';
import { TransportError, type PeerTransport } from '../peers/transport.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import type { NextCheckpoint, PeerHeads } from '../referrals/peer-heads.ts';

export interface WitnessingPorts {
  readonly directory: PeerDirectory;
  readonly transport: PeerTransport;
  readonly heads: PeerHeads;
  readonly diagnostics: Diagnostics;
}

const triesMax = 2;

/** Brings every paired peer up to our newest head and keeps its cosignature (C2SP tlog-witness, Spec §6). */
export async function askWitnesses(ports: WitnessingPorts): Promise<void> {
  const paired = ports.directory.list().filter((peer) => peer.state === 'paired');
  await Promise.all(paired.map((peer) => askWitness(ports, peer)));
}

/** True when the peer took the head or will not; false when it holds another one than we thought. */
async function bring(ports: WitnessingPorts, peer: Peer, next: NextCheckpoint): Promise<boolean> {
  const answer = await ports.transport.plain(
    { url: peer.card.url },
    { method: 'POST', path: targetOf({ name: 'addCheckpoint' }), body: utf8(next.body) },
  );
  if (answer.status === 200) {
    ports.directory.spoke(peer.name);
    if (!(await ports.heads.takeCosignature(peer, next.size, parseUtf8(answer.body))))
      ports.diagnostics.warn('cosignature-refused', { peer: peer.name });
    return true;
  }
  if (answer.status === 422) ports.diagnostics.error('witness-sees-a-fork', undefined, { peer: peer.name });
  if (answer.status !== 409) return true;
  await ports.heads.correct(peer.name, parseSizeAnswer(parseUtf8(answer.body)));
  return false;
}

async function askWitness(ports: WitnessingPorts, peer: Peer): Promise<void> {
  try {
    for (let tries = 0; tries < triesMax; tries += 1) {
      const isOver = await ports.heads.withNewest(peer.name, (next) => bring(ports, peer, next));
      if (isOver !== false) return;
    }
  } catch (error) {
    if (error instanceof TransportError || error instanceof ProtocolError) {
      ports.diagnostics.info('witness-not-reached', { peer: peer.name, code: error.code });
      return;
    }
    throw error;
  }
}
