import { toBase64Url, utf8 } from '../../../../protocol/bytes.ts';
import { formatInstant } from '../../../../protocol/instant.ts';
import type { LogEntry } from '../../../exchange-log/explorer.ts';
import type { ByteStream } from '../../../platform/files.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { makeSafe } from '../../../records/csv/write.ts';
import { download } from '../../answer.ts';
import type { HandlersOf } from '../../route.ts';
import type { logRoutes } from '../../routes/log-routes.ts';
import { readLogQuery } from './log-query.ts';

const columns = ['index', 'kind', 'x', 'time', 'peer', 'record_bytes', 'record_base64url'] as const;

/** Everything that a filter lets through, oldest first, as it is read: a log of any length takes no memory. */
export const logExportHandlers: Pick<HandlersOf<typeof logRoutes>, 'log-export'> = {
  'log-export': (visit, desk) => {
    const { filter, asked, errors } = readLogQuery(visit.query);
    const [fault] = errors;
    if (fault !== undefined) throw new OperationError('invalid', 'bad-filter', fault.message);
    const isJson = visit.query.get('format') === 'json';
    const pieces = desk.explorer.everything(visit.user.id, `export ${asked}`, filter);
    const name = `${desk.own.name}-log.${isJson ? 'json' : 'csv'}`;
    return isJson
      ? download({ name, type: 'application/json', body: jsonOf(desk.own.origin, pieces) })
      : download({ name, type: 'text/csv; charset=utf-8', body: csvOf(pieces) });
  },
};

type Pieces = AsyncIterable<readonly LogEntry[]>;

async function* jsonOf(origin: string, pieces: Pieces): ByteStream {
  let separator = '';
  yield utf8(`{"v":1,"origin":${JSON.stringify(origin)},"entries":[`);
  for await (const entries of pieces) {
    yield utf8(separator + entries.map((entry) => JSON.stringify(factsOf(entry))).join(',\n'));
    separator = ',\n';
  }
  yield utf8(']}\n');
}

/** For spreadsheets: no cell begins a formula, and a hash may begin with a hyphen (Records §1). */
async function* csvOf(pieces: Pieces): ByteStream {
  yield utf8(`${columns.join(',')}\r\n`);
  for await (const entries of pieces)
    yield utf8(
      entries
        .map(factsOf)
        .map((facts) => columns.map((name) => `"${makeSafe(String(facts[name]))}"`).join(','))
        .map((line) => `${line}\r\n`)
        .join(''),
    );
}

function factsOf({ index, type, x, at, peer, record }: LogEntry): Record<(typeof columns)[number], string | number> {
  return {
    index,
    kind: type,
    x,
    time: formatInstant(at),
    peer: peer ?? '',
    record_bytes: record.length,
    record_base64url: toBase64Url(record),
  };
}
