import { parseUtf8, utf8 } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import type { Fields } from '../../protocol/http/fields.ts';
import type { Route } from '../../protocol/http/routes.ts';
import { formatSizeAnswer, parseAddCheckpoint } from '../../protocol/log/witness.ts';
import type { DoorPorts } from './door-ports.ts';
import {
  emptyAnswer,
  plainAnswer,
  readBody,
  strangersAnswer,
  type IncomingRequest,
  type OutgoingAnswer,
} from './message.ts';

export type LogRoute = Extract<Route, { name: 'getCheckpoint' | 'getTile' | 'getEntries' | 'getWitnessedCheckpoint' }>;

const immutable = { 'cache-control': 'public, max-age=31536000, immutable' };
const noCache = { 'cache-control': 'no-cache' };
const bearerForm = /^Bearer ([A-Za-z0-9_-]{43})$/;

/** Who a Bearer belongs to; `undefined` for none and for one that was taken back. */
export async function findBearer(
  ports: Pick<DoorPorts, 'tokens'>,
  fields: Fields,
): Promise<{ readonly kind: 'auditor' | 'peer'; readonly label: string } | undefined> {
  const token = bearerForm.exec(fields['authorization'] ?? '')?.[1];
  return token === undefined ? undefined : ports.tokens.find(token);
}

/** The C2SP tlog-tiles resources of our log, and the checkpoints we witnessed, for auditors' unchanged tools (Spec §6). */
export async function answerLog(ports: DoorPorts, route: LogRoute, fields: Fields): Promise<OutgoingAnswer> {
  if (ports.logAccess === 'peers' && (await findBearer(ports, fields)) === undefined) return strangersAnswer;
  if (route.name === 'getWitnessedCheckpoint')
    return found(await ports.logResources.witnessed(route.originHash), mediaTypes.text, noCache);
  if (route.log !== 1) return emptyAnswer(404);
  if (route.name === 'getCheckpoint') return found(await ports.logResources.checkpoint(), mediaTypes.text, noCache);
  return found(await ports.logResources.tile(route.tile), mediaTypes.bytes, immutable);
}

/** Absent is 404 and nothing else (C2SP tlog-tiles). */
function found(bytes: Uint8Array | undefined, type: string, more: Record<string, string>): OutgoingAnswer {
  return bytes === undefined ? emptyAnswer(404) : plainAnswer(200, type, bytes, more);
}

/** add-checkpoint of C2SP tlog-witness: unsigned HTTP, since the checkpoint bears its own signature (Spec §6). */
export async function answerAddCheckpoint(
  ports: DoorPorts,
  size: number,
  incoming: IncomingRequest,
): Promise<OutgoingAnswer> {
  const body = await readBody(incoming.body, size, undefined, ports.clock);
  const read = readAddCheckpoint(body);
  if (read === undefined) return emptyAnswer(400);
  if (!ports.quotas.addCheckpoint(read.origin))
    return { ...emptyAnswer(429), headers: { 'retry-after': '1', 'content-length': '0' } };
  const verdict = await ports.witness.addAlone(read.text);
  if (verdict.status === 200) return plainAnswer(200, mediaTypes.text, utf8(verdict.line));
  if (verdict.status === 409) return plainAnswer(409, mediaTypes.logSize, utf8(formatSizeAnswer(verdict.size)));
  return emptyAnswer(verdict.status);
}

function readAddCheckpoint(body: Uint8Array): { readonly text: string; readonly origin: string } | undefined {
  try {
    const text = parseUtf8(body);
    return { text, origin: parseAddCheckpoint(text).checkpoint.origin };
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
