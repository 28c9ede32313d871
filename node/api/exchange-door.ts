import { utf8 } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { endpoints } from '../../protocol/http/endpoints.ts';
import { parseFields, type Fields } from '../../protocol/http/fields.ts';
import { bodyBytesMax, headerBytesMax } from '../../protocol/http/limits.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import { findRoute, type Route } from '../../protocol/http/routes.ts';
import { Refusal } from '../referrals/answers.ts';
import { answerAudit } from './audit-route.ts';
import type { DoorPorts } from './door-ports.ts';
import { answerAddCheckpoint, answerLog } from './log-routes.ts';
import { emptyAnswer, plainAnswer, strangersAnswer, type IncomingRequest, type OutgoingAnswer } from './message.ts';
import { answerPairing } from './pairing-route.ts';
import { answerPeer } from './signed-door.ts';

/** The door that faces the internet: peers, log, witness and auditors; nothing else is there (architecture, two doors). */
export interface ExchangeDoor {
  /** Answers one request; it never throws. */
  handle(incoming: IncomingRequest): Promise<OutgoingAnswer>;
}

const lengthForm = /^(?:0|[1-9][0-9]{0,10})$/;

export function openExchangeDoor(ports: DoorPorts): ExchangeDoor {
  return {
    handle: async (incoming) => {
      try {
        return await answer(ports, incoming);
      } catch (error) {
        if (error instanceof Refusal) return emptyAnswer(error.code === 'SEND_SLOW' ? 408 : 400);
        const ref = ports.newRef();
        ports.diagnostics.error('exchange-door-failed', error, { ref });
        return emptyAnswer(500);
      }
    },
  };
}

async function answer(ports: DoorPorts, incoming: IncomingRequest): Promise<OutgoingAnswer> {
  const headerBytes = incoming.rawHeaders.reduce((sum, part) => sum + part.length + 2, incoming.target.length);
  if (headerBytes > headerBytesMax) return strangersAnswer;
  const fields = fieldsOf(incoming);
  if (fields === undefined) return strangersAnswer;
  const route = findRoute(incoming.method, incoming.target);
  if (route === undefined) return incoming.target.startsWith('/exchange/') ? strangersAnswer : emptyAnswer(404);
  const size = sizeOf(route, fields);
  if (typeof size !== 'number') return size;
  switch (route.name) {
    case 'getCard':
      return plainAnswer(200, mediaTypes.text, utf8(ports.own.card().note), { 'cache-control': 'no-cache' });
    case 'getCheckpoint':
    case 'getTile':
    case 'getEntries':
    case 'getWitnessedCheckpoint':
      return answerLog(ports, route, fields);
    case 'addCheckpoint':
      return answerAddCheckpoint(ports, size, incoming);
    case 'getAuditRecords':
      return answerAudit(ports, route.query, fields);
    case 'pair':
      return answerPairing(ports, route.invitation, fields, size, incoming);
    default:
      return answerPeer(ports, route, fields, size, incoming);
  }
}

/** Content-Length, or the answer when it is missing or beyond the route's limit (Spec §3, order of checks). */
function sizeOf(route: Route, fields: Fields): number | OutgoingAnswer {
  const limit = endpoints[route.name].request?.bytesMax;
  if (limit === undefined) return 0;
  const text = fields['content-length'];
  if (text === undefined || fields['transfer-encoding'] !== undefined) return emptyAnswer(411);
  if (!lengthForm.test(text)) return strangersAnswer;
  return Number(text) > Math.min(limit, bodyBytesMax) ? emptyAnswer(413) : Number(text);
}

function fieldsOf(incoming: IncomingRequest): Fields | undefined {
  try {
    return parseFields(incoming.rawHeaders);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
