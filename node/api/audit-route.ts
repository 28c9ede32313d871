import { utf8 } from '../../protocol/bytes.ts';
import type { Fields } from '../../protocol/http/fields.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import { parseInstant } from '../../protocol/instant.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { parseNodeName } from '../../protocol/ids.ts';
import { auditRecordsMax, type AuditQuery } from '../exchange-log/audit.ts';
import type { DoorPorts } from './door-ports.ts';
import { findBearer } from './log-routes.ts';
import { plainAnswer, strangersAnswer, type OutgoingAnswer } from './message.ts';

/**
 * `GET /audit/v1/records?peer=&from=&to=&after=`: the records behind the leaves, for auditors with a Bearer (Spec §5).
 * Records hold no patient data. Each look is itself a `local` leaf, durable before the records are shown.
 */
export async function answerAudit(ports: DoorPorts, query: string, fields: Fields): Promise<OutgoingAnswer> {
  const bearer = await findBearer(ports, fields);
  if (bearer?.kind !== 'auditor') return strangersAnswer;
  const read = readQuery(query);
  if (read === undefined)
    return plainAnswer(400, mediaTypes.json, utf8('{"error":"peer, from, to and after are not of their form"}'));
  const records = await ports.audit.look(bearer.label, query, read);
  const last = records.length === auditRecordsMax ? records.at(-1)?.index : undefined;
  const body = JSON.stringify({
    v: 1,
    origin: ports.own.origin,
    records,
    ...(last === undefined ? {} : { next: last }),
  });
  return plainAnswer(200, mediaTypes.json, utf8(body), { 'cache-control': 'no-store' });
}

function readQuery(query: string): AuditQuery | undefined {
  const parameters = new URLSearchParams(query);
  const names = [...parameters.keys()];
  if (names.some((name) => !['peer', 'from', 'to', 'after'].includes(name)) || new Set(names).size !== names.length)
    return undefined;
  const given = (name: string): string | undefined => {
    const value = parameters.get(name);
    return value === null || value === '' ? undefined : value;
  };
  try {
    const from = given('from');
    const to = given('to');
    const peer = given('peer');
    const after = given('after');
    if (after !== undefined && !/^[0-9]{1,15}$/.test(after)) return undefined;
    return {
      peer: peer === undefined ? undefined : parseNodeName(peer),
      from: from === undefined ? 0 : parseInstant(from),
      to: to === undefined ? Number.MAX_SAFE_INTEGER : parseInstant(to) + 999,
      after: after === undefined ? -1 : Number(after),
    };
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
