import { parseUtf8 } from '../../../../protocol/bytes.ts';
import { parseCheckpoint } from '../../../../protocol/log/checkpoint.ts';
import { writeZip } from '../../../../protocol/zip.ts';
import { tilePath, tileWidth, type TileRef } from '../../../../protocol/log/tile.ts';
import { readLogResource } from '../../../operations/log-resource.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { download, page } from '../../answer.ts';
import { LinkButton } from '../../components/form.tsx';
import { Facts, Notice, Section } from '../../components/panel.tsx';
import type { HandlersOf } from '../../route.ts';
import type { logRoutes } from '../../routes/log-routes.ts';
import { url } from '../../urls.ts';

/** So many entries are packed into one file; longer logs are read with the command line. */
const packedEntriesMax = 65_536;
const tileEntries = 256;
const levelsMax = 7;

/** The log as C2SP tools read it: its checkpoint, hash tiles and entry bundles, one by one or in one file. */
export const logFilesHandlers: Pick<HandlersOf<typeof logRoutes>, 'log-files' | 'log-file' | 'log-zip'> = {
  'log-files': (_visit, desk) => {
    const { size } = desk.log.head();
    const refs = refsOf(size);
    const isPacked = size <= packedEntriesMax;
    return page(
      { title: 'Checkpoint and tiles' },
      <>
        <p>
          <a href={url('log')}>← Exchange log</a>
        </p>
        <h1>Checkpoint and tiles</h1>
        <p>
          These are the files that tools for C2SP tlog-tiles read. With them and the log’s key from paper, anybody
          verifies the whole log without this node.
        </p>
        <Section id="checkpoint" title="Checkpoint">
          <Facts facts={[{ term: 'Log key', value: <code class="wrap">{desk.own.logVkey}</code> }]} />
          <p>
            <LinkButton href={url('log-file', {}, { path: 'checkpoint' })} tone="main">
              Checkpoint with its cosignatures
            </LinkButton>
          </p>
        </Section>
        <Section id="tiles" title="Tiles">
          {isPacked ? (
            <p>
              <LinkButton href={url('log-zip')}>{`All ${refs.length + 1} files in one zip`}</LinkButton>
            </p>
          ) : (
            <Notice title="The log is too long for one file">
              <p>Verify it over the network with a token, or with the command below on this machine.</p>
            </Notice>
          )}
          <p>
            Verify on this machine: <code>fernpost log verify</code>
          </p>
          <p>
            Without a network: unpack the zip, let any web server on your own machine serve the folder, such as{' '}
            <code>python3 -m http.server 8000</code>, and run{' '}
            <code class="wrap">{`fernpost log verify --url http://127.0.0.1:8000 --vkey ${desk.own.logVkey}`}</code>
          </p>
          <p>
            Verify from anywhere with a token:{' '}
            <code class="wrap">{`fernpost log verify --url ${desk.own.url}/log --vkey ${desk.own.logVkey} --token TOKEN`}</code>
          </p>
          <details>
            <summary>The newest files one by one</summary>
            <ul>
              {refs.slice(-listedMax).map((ref) => (
                <li>
                  <a href={url('log-file', {}, { path: tilePath(ref) })}>{tilePath(ref)}</a>
                </li>
              ))}
            </ul>
          </details>
        </Section>
      </>,
    );
  },
  'log-file': async (visit, desk) => {
    const path = visit.query.get('path') ?? '';
    const bytes = await readLogResource(desk, path);
    if (bytes === undefined)
      throw new OperationError('not-found', 'no-log-file', 'The log has no such file, or is not so long.');
    const type = path === 'checkpoint' ? 'text/plain; charset=utf-8' : 'application/octet-stream';
    return download({ name: path.replaceAll('/', '-'), type, body: bytes });
  },
  'log-zip': async (_visit, desk) => {
    const checkpoint = (await readLogResource(desk, 'checkpoint')) ?? new Uint8Array();
    const { size } = parseCheckpoint(parseUtf8(checkpoint));
    if (size > packedEntriesMax)
      throw new OperationError('invalid', 'log-too-long', 'The log is too long for one file. Use the command line.');
    // The log may grow meanwhile: every tile is taken at its width under this checkpoint.
    const members = [{ name: 'checkpoint', bytes: checkpoint }];
    for (const name of refsOf(size).map(tilePath)) {
      const bytes = await readLogResource(desk, name);
      if (bytes !== undefined) members.push({ name, bytes });
    }
    return download({ name: `${desk.own.name}-log.zip`, type: 'application/zip', body: writeZip(members) });
  },
};

const listedMax = 200;

/** Every tile of a log of this size, at its width: bundles of entries first, then hashes level by level. */
function refsOf(size: number): readonly TileRef[] {
  const refs: TileRef[] = [];
  const add = (kind: TileRef['kind'], level: number): void => {
    const count = Math.ceil(Math.floor(size / tileEntries ** level) / tileEntries);
    for (let n = 0; n < count; n += 1) refs.push({ kind, level, n, width: tileWidth(level, n, size) });
  };
  add('entries', 0);
  for (let level = 0; level <= levelsMax; level += 1) add('hashes', level);
  return refs;
}
