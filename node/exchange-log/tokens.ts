import { concat, lengthPrefixed, toBase64Url, utf8 } from '../../protocol/bytes.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { formatInstant } from '../../protocol/instant.ts';
import { writeLocalRecord } from '../../protocol/log/record.ts';
import type { NodeName } from '../../protocol/ids.ts';
import type { Clock } from '../platform/clock.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Random } from '../platform/random.ts';
import type { ExchangeLogTables } from '../store/schema/exchange-log.ts';
import type { Store, Writer } from '../store/store.ts';
import { logQueries } from './queries.ts';
import type { Sequencer } from './sequencer.ts';

/** Who may read the log and the audit endpoints with which Bearer token. Tokens are stored as SHA-256 only. */
export interface AccessTokens {
  /** Makes a token for an auditor; it is shown once. `by` is a user's id; both acts are leaves of the log. */
  issue(label: string, by?: string): Promise<string>;
  /** Takes an auditor's token back; false when no live one has this label. */
  revoke(label: string, by?: string): Promise<boolean>;
  list(): Promise<readonly AccessToken[]>;
  /** Auditors' tokens, the newest first, behind a place. */
  page(asked: { readonly limit: number; readonly before?: TokenPlace | undefined }): Promise<readonly AccessToken[]>;
  find(token: string): Promise<{ readonly kind: 'auditor' | 'peer'; readonly label: string } | undefined>;
  /** The token that a paired peer derives by itself (`peerToken`). */
  putPeer(peer: NodeName, token: string): Promise<void>;
}

export interface AccessToken {
  readonly kind: 'auditor' | 'peer';
  readonly label: string;
  readonly createdAt: number;
  readonly revokedAt: number | undefined;
  /** A user's id, or `operator` for the command line; empty for peers' tokens. */
  readonly createdBy: string;
  readonly revokedBy: string;
}

/** Where a page of tokens begins. */
export interface TokenPlace {
  readonly at: number;
  readonly label: string;
}

export interface AccessTokensPorts {
  readonly store: Store;
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Pick<Sequencer, 'queue'>;
}

const tokenBytes = 32;
const saltBytes = 32;
/** The command line has no users. */
const operator = 'operator';
const labelForm = /^[A-Za-z0-9._@ -]{1,100}$/;

export function openAccessTokens(ports: AccessTokensPorts): AccessTokens {
  const { store, random, clock } = ports;
  return {
    issue: async (label, by = operator) => {
      if (!labelForm.test(label))
        throw new OperationError('invalid', 'bad-label', 'A label is 1 to 100 letters, digits, spaces or . _ @ -');
      const token = toBase64Url(random.bytes(tokenBytes));
      await store.write(async (writer) => {
        if ((await writer.first(logQueries.liveToken, { kind: 'auditor', label })) !== undefined)
          throw new OperationError(
            'conflict',
            'label-taken',
            'A live token has this label already. Choose another one.',
          );
        const hash = sha256(utf8(token));
        await writer.run(logQueries.putToken, {
          hash,
          kind: 'auditor',
          label,
          created_at: clock.now(),
          created_by: by,
        });
        await noteToken(writer, ports, 'token-issued', label, by);
      });
      return token;
    },
    revoke: async (label, by = operator) =>
      store.write(async (writer) => {
        const change = { kind: 'auditor', label, now: clock.now(), by } as const;
        if ((await writer.run(logQueries.revokeToken, change)).changes === 0) return false;
        await noteToken(writer, ports, 'token-revoked', label, by);
        return true;
      }),
    list: async () => (await store.read((reader) => reader.all(logQueries.tokens, {}))).map(tokenOf),
    page: async ({ limit, before = { at: Number.MAX_SAFE_INTEGER, label: '' } }) =>
      (await store.read((reader) => reader.all(logQueries.tokensBefore, { ...before, limit }))).map(tokenOf),
    find: async (token) => {
      const row = await store.read((reader) => reader.first(logQueries.token, { hash: sha256(utf8(token)) }));
      return row === undefined ? undefined : { kind: row.kind, label: row.label };
    },
    putPeer: async (peer, token) => {
      const hash = sha256(utf8(token));
      await store.write(async (writer) => {
        if ((await writer.first(logQueries.token, { hash })) !== undefined) return;
        await writer.run(logQueries.revokeToken, { kind: 'peer', label: peer, now: clock.now(), by: '' });
        await writer.run(logQueries.putToken, {
          hash,
          kind: 'peer',
          label: peer,
          created_at: clock.now(),
          created_by: '',
        });
      });
    },
  };
}

function tokenOf(row: ExchangeLogTables['access_token']): AccessToken {
  return {
    kind: row.kind,
    label: row.label,
    createdAt: row.created_at,
    revokedAt: row.revoked_at ?? undefined,
    createdBy: row.created_by,
    revokedBy: row.revoked_by,
  };
}

async function noteToken(
  writer: Writer,
  { log, clock, random }: AccessTokensPorts,
  act: 'token-issued' | 'token-revoked',
  label: string,
  by: string,
): Promise<void> {
  const members = { act, at: formatInstant(clock.now()), by: by.replaceAll(/[^A-Za-z0-9._@-]/g, '?'), label };
  const record = writeLocalRecord({ kind: 'audit', salt: random.bytes(saltBytes), members });
  await log.queue(writer, { type: 'local', record });
}

/**
 * The Bearer with which `reader` reads the log of `owner`: both derive it from the transcript T of their pairing, so no
 * message carries it (Spec §6, access).
 */
export function peerToken(transcript: Uint8Array, owner: NodeName, reader: NodeName): string {
  const label = utf8('fernpost/log-token/v1\n');
  return toBase64Url(sha256(concat(label, lengthPrefixed(owner), lengthPrefixed(reader), transcript)));
}
