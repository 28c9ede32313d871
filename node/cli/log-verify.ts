import type { Command } from 'commander';
import { concat, toHex } from '../../protocol/bytes.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { checkpointBytesMax, entriesBytesMax } from '../../protocol/http/limits.ts';
import { findWitnesses } from '../../protocol/log/cosignature.ts';
import { parseVkey, type NoteKey } from '../../protocol/log/note.ts';
import { verifyLog, type FetchResource, type LogFault, type LogVerdict } from '../../protocol/log/verify.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Caller } from './caller.ts';
import { addCommand, collected, onCall } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { withProgress } from './progress.ts';
import type { Session } from './session.ts';
import { counted, fieldLines } from './text.ts';

interface VerifyOptions {
  readonly url?: string;
  readonly vkey?: string;
  readonly token?: string;
  readonly witness?: readonly string[];
}

const timeoutMs = 60_000;
/** An auditor names the address on the command line: nobody else chose it. */
const anyAddress = { allow: ['0.0.0.0/0', '::/0'] };

const faultWords: Readonly<Record<LogFault, string>> = {
  'checkpoint-refused': 'the checkpoint is not signed by this key, or has another form',
  'resource-missing': 'a part of the log is not there',
  'entries-malformed': 'a bundle of entries has another form',
  'leaf-malformed': 'an entry is no leaf of an exchange log',
  'tile-differs': 'a tile holds other hashes than the entries have',
  'root-differs': 'the entries do not hash to the signed root',
  'known-head-differs': 'the log does not hold a head that it signed before',
  shrunk: 'the log is shorter than a head that it signed before',
};

export function addLogVerify(group: Command): void {
  const command = addCommand(group, 'verify', 'verify a whole log: signature, every entry, every tile, the root')
    .option('--url <prefix>', "another node's log, such as https://birch.example/log; the own log without it")
    .option('--vkey <vkey>', 'the key that signs it, from the card or on paper; with --url')
    .option('--token <token>', 'Bearer token of an auditor; with --url')
    .option('--witness <vkey>', 'a witness to look for; may be repeated', collected);
  onCall<VerifyOptions>(command, async (caller, options) => {
    if (options.url === undefined) await verifyOwn(caller, options);
    else await verifyRemote(caller, options, options.url);
  });
}

async function verifyOwn(caller: Caller, options: VerifyOptions): Promise<void> {
  if (options.vkey !== undefined || options.token !== undefined)
    throw new OperationError('invalid', 'usage', '--vkey and --token go with --url.');
  await using session = await caller.openSession();
  const facts = await session.plain('log.facts', {});
  const witnesses = [...facts.witnessVkeys, ...(options.witness ?? [])];
  await verify(caller, keyIn(facts.logVkey), witnesses.map(keyIn), readOwn(session));
}

function readOwn(session: Session): FetchResource {
  return async (path) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of session.download('log.resource', { path })) pieces.push(piece);
    return pieces.length === 0 ? undefined : concat(...pieces);
  };
}

async function verifyRemote(caller: Caller, options: VerifyOptions, url: string): Promise<void> {
  if (options.vkey === undefined)
    throw new OperationError('invalid', 'usage', '--url needs --vkey: a log is verified against a key from elsewhere.');
  if (!URL.canParse(url)) throw new OperationError('invalid', 'usage', '--url expects https://…/log.');
  const key = keyIn(options.vkey);
  const witnesses = (options.witness ?? []).map(keyIn);
  const { openPeerHttp } = await import('../platform/undici-peer-http.ts');
  const http = openPeerHttp();
  const prefix = url.replace(/\/$/, '');
  try {
    await verify(caller, key, witnesses, async (path) => {
      const answer = await http.request({
        method: 'GET',
        url: `${prefix}/${path}`,
        headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
        answerBytesMax: Math.max(checkpointBytesMax, entriesBytesMax),
        timeoutMs,
        addresses: anyAddress,
      });
      if (answer.status === 200) return answer.body;
      if (answer.status === 404 && path !== 'checkpoint') return undefined;
      if (answer.status === 404) throw noLogThere();
      const why = answer.status === 401 ? 'it asks for a --token, or does not take this one' : 'that is no log';
      throw new OperationError(
        'unavailable',
        'log-not-served',
        `The node answered ${answer.status} for ${path}: ${why}.`,
      );
    });
  } finally {
    await http.close();
  }
}

async function verify(
  caller: Caller,
  logKey: NoteKey,
  witnesses: readonly NoteKey[],
  fetch: FetchResource,
): Promise<void> {
  const verdict = await withProgress(caller, 'Verifying', (progress) =>
    verifyLog({ fetch, logKey, crypto: logCrypto, onProgress: (done, size) => progress.reached(done, size) }),
  );
  if (verdict.state === 'broken') {
    caller.answer({ ...verdict, origin: logKey.name }, brokenLines(verdict));
    caller.endWith(exitCodes.no);
    return;
  }
  const { origin, size, root } = verdict.checkpoint;
  const found = findWitnesses(verdict.checkpoint, witnesses, logCrypto);
  const names = found.map(({ key }) => key.name);
  caller.answer({ state: 'sound', origin, size, root: toHex(root), witnesses: names, asked: witnesses.length }, [
    `The log holds: ${counted(size, 'entry', 'entries')}, each under the signed root.`,
    ...fieldLines({ origin, root: toHex(root), witnesses: witnessWords(names, witnesses.length) }),
  ]);
}

function witnessWords(names: readonly string[], asked: number): string {
  if (asked === 0) return 'none are known; --witness names one';
  return `${names.length} of ${asked} cosigned this checkpoint${names.length === 0 ? '' : `: ${names.join(', ')}`}`;
}

/** Nothing signed was seen, so nobody is accused: who may not read a log is told the same as who asks elsewhere. */
function noLogThere(): OperationError {
  return new OperationError(
    'unavailable',
    'log-not-served',
    'No log is shown at this address: it is another address, or the log is not open to this --token, or to nobody without one. Nothing was verified.',
  );
}

function brokenLines(verdict: LogVerdict & { readonly state: 'broken' }): readonly string[] {
  const where = verdict.index === undefined ? verdict.path : `${verdict.path}, entry ${verdict.index}`;
  return [
    `The log does NOT hold: ${faultWords[verdict.fault]} (${where}).`,
    'Keep what was fetched, tell the other hospitals, and ask this one for its explanation.',
  ];
}

function keyIn(vkey: string): NoteKey {
  try {
    return parseVkey(vkey, logCrypto);
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new OperationError('invalid', 'usage', 'A vkey has the form name+hash+key.', { cause });
  }
}
