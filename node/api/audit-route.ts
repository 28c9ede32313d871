import { toBase64Url, utf8 } from '../../protocol/bytes.ts';
import type { Fields } from '../../protocol/http/fields.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import { formatInstant, instantOfMs, parseInstant } from '../../protocol/instant.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { parseNodeName } from '../../protocol/ids.ts';
import { writeLocalRecord } from '../../protocol/log/record.ts';
import { logQueries } from '../exchange-log/queries.ts';
import type { DoorPorts } from './door-ports.ts';
import { findBearer } from './log-routes.ts';
import { plainAnswer, strangersAnswer, type OutgoingAnswer } from './message.ts';

/** Records in one answer; the next page begins after the last index. */
const recordsMax = 1_000;
const saltBytes = 32;
const labelMax = 100;

interface AuditQuery {
  readonly peer: string | undefined;
  readonly from: number;
  readonly to: number;
  readonly after: number;
}

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
  await logTheLook(ports, bearer.label, query);
  const rows = await ports.store.read((reader) => {
    const { from, to, after, peer } = read;
    const page = { from, to, after, limit: recordsMax };
    return peer === undefined
      ? reader.all(logQueries.auditRecords, page)
      : reader.all(logQueries.auditRecordsOfPeer, { peer, ...page });
  });
  const records = rows.map((row) => ({
    index: row.idx,
    type: row.type,
    x: row.x,
    record: toBase64Url(row.record),
    peer: row.peer,
    at: formatInstant(instantOfMs(row.at)),
  }));
  const last = rows.length === recordsMax ? rows.at(-1)?.idx : undefined;
  const body = JSON.stringify({
    v: 1,
    origin: ports.own.origin,
    records,
    ...(last === undefined ? {} : { next: last }),
  });
  return plainAnswer(200, mediaTypes.json, utf8(body), { 'cache-control': 'no-store' });
}

async function logTheLook(ports: DoorPorts, label: string, query: string): Promise<void> {
  const members = { by: ascii(label), query: ascii(query), at: formatInstant(ports.clock.now()) };
  const record = writeLocalRecord({ kind: 'audit', salt: ports.random.bytes(saltBytes), members });
  await ports.store.write(async (writer) => ports.log.queue(writer, { type: 'local', record }));
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

/** Records are canonical ASCII: what else a label or query holds is written as a question mark. */
function ascii(text: string): string {
  return text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?').slice(0, labelMax);
}
