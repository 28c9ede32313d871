import { parseUtf8, utf8 } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { Refusal, type DoorAnswer, type GuardedWrite } from '../referrals/answers.ts';
import type { PeerRequestContext } from '../referrals/inbox-ports.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import type { DoorPorts } from './door-ports.ts';
import { nothing, readBody, withIdleLimit } from './message.ts';
import type { VerifiedRequest } from './signed-door.ts';

/** Sends each signed route to the part of the node that answers it; the body is read here, and only when it is needed. */
export async function answerSigned(
  ports: DoorPorts,
  verified: VerifiedRequest,
  write: GuardedWrite,
): Promise<DoorAnswer> {
  const { route, peer, parsed, size, incoming } = verified;
  const body = (): Promise<Uint8Array> => readBody(incoming.body, size, parsed.bodySha256, ports.clock);
  switch (route.name) {
    case 'putManifest':
      return ports.inbox.putManifest(contextOf(verified, route.bundle, write), await body());
    case 'putDocument':
      return ports.inbox.putDocument(contextOf(verified, route.bundle, write), await body());
    case 'putChunk':
      return ports.inbox.putChunk(contextOf(verified, route.bundle, write), {
        attachment: route.attachment,
        chunk: route.chunk,
        size,
        sha256: parsed.bodySha256 ?? nothing,
        body: withIdleLimit(incoming.body, ports.clock),
      });
    case 'commit':
    case 'putAtOnce': {
      if (!ports.quotas.takeLeaf(peer.name)) throw new Refusal('REC_QUOTA');
      const context = contextOf(verified, route.bundle, write);
      return route.name === 'commit'
        ? ports.intake.commit(context, await body())
        : ports.intake.atOnce(context, await body());
    }
    case 'getBundle':
      return ports.inbox.state(contextOf(verified, route.bundle, write));
    case 'deleteBundle':
      return ports.inbox.withdraw(contextOf(verified, route.bundle, write));
    case 'putCard':
      return putCard(ports, verified, await body());
    default:
      throw new Refusal('REC_NOT_FOUND');
  }
}

function contextOf(
  { peer }: VerifiedRequest,
  bundle: PeerRequestContext['bundle'],
  write: GuardedWrite,
): PeerRequestContext {
  return { peer, bundle, write };
}

async function putCard(ports: DoorPorts, { peer }: VerifiedRequest, body: Uint8Array): Promise<DoorAnswer> {
  try {
    await ports.cards.take(peer, parseUtf8(body));
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Refusal('SEND_CARD', { detail: error.message });
  }
  return { status: 200, type: mediaTypes.json, body: utf8('{"v":1}') };
}
