import { parseUtf8, toHex, utf8 } from '../../protocol/bytes.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import type { Fields } from '../../protocol/http/fields.ts';
import type { Route } from '../../protocol/http/routes.ts';
import { leafOfRecord, type LeafType } from '../../protocol/log/entry.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { noteSignaturesMax } from '../../protocol/log/note.ts';
import { encodeEntries, tileWidth } from '../../protocol/log/tile.ts';
import { formatSizeAnswer, parseAddCheckpoint } from '../../protocol/log/witness.ts';
import { readTileBytes } from '../exchange-log/proofs.ts';
import { logQueries } from '../exchange-log/queries.ts';
import type { Reader } from '../store/store.ts';
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
  return ports.store.read(async (reader) => {
    if (route.name === 'getWitnessedCheckpoint') return witnessedCheckpoint(reader, route.originHash);
    if (route.log !== 1) return emptyAnswer(404);
    const { size } = ports.log.head();
    switch (route.name) {
      case 'getCheckpoint':
        return checkpoint(ports, reader);
      case 'getTile': {
        const { level, n, width } = route.tile;
        const bytes = await readTileBytes(reader, level, n, width, size);
        return bytes === undefined ? emptyAnswer(404) : plainAnswer(200, mediaTypes.bytes, bytes, immutable);
      }
      case 'getEntries': {
        const { n, width } = route.tile;
        if (tileWidth(0, n, size) < width) return emptyAnswer(404);
        const leaves = await reader.all(logQueries.leaves, { from: n * 256, to: n * 256 + width });
        const entries = leaves.map((leaf) => leafOfRecord(leaf.type as LeafType, leaf.record, logCrypto));
        return plainAnswer(200, mediaTypes.bytes, encodeEntries(entries), immutable);
      }
    }
  });
}

/** The newest checkpoint with every cosignature that is held for it, the log's own line first (Spec §6). */
async function checkpoint(ports: DoorPorts, reader: Reader): Promise<OutgoingAnswer> {
  const head = ports.log.head();
  if (head.size === 0) return emptyAnswer(404);
  const lines = await reader.all(logQueries.cosignatures, { size: head.size, limit: noteSignaturesMax - 1 });
  const note = head.checkpoint + lines.map(({ line }) => `${line}\n`).join('');
  return plainAnswer(200, mediaTypes.text, utf8(note), noCache);
}

async function witnessedCheckpoint(reader: Reader, originHash: string): Promise<OutgoingAnswer> {
  const rows = await reader.all(logQueries.witnessedLogs, {});
  const row = rows.find(({ origin }) => toHex(sha256(utf8(origin))) === originHash);
  return row === undefined ? emptyAnswer(404) : plainAnswer(200, mediaTypes.text, utf8(row.note), noCache);
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
  const verdict = await ports.store.write(async (writer) => ports.witness.add(writer, read.text));
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
