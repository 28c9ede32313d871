import { concat, lengthPrefixed, toBase64Url, utf8 } from '../../protocol/bytes.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import type { NodeName } from '../../protocol/ids.ts';
import type { Clock } from '../platform/clock.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Random } from '../platform/random.ts';
import type { Store } from '../store/store.ts';
import { logQueries } from './queries.ts';

/** Who may read the log and the audit endpoints with which Bearer token. Tokens are stored as SHA-256 only. */
export interface AccessTokens {
  /** Makes a token for an auditor; it is shown once. */
  issue(label: string): Promise<string>;
  /** Takes a token back; false when none has this label. */
  revoke(label: string): Promise<boolean>;
  list(): Promise<readonly AccessToken[]>;
  find(token: string): Promise<{ readonly kind: 'auditor' | 'peer'; readonly label: string } | undefined>;
  /** The token that a paired peer derives by itself (`peerToken`). */
  putPeer(peer: NodeName, token: string): Promise<void>;
}

export interface AccessToken {
  readonly kind: 'auditor' | 'peer';
  readonly label: string;
  readonly createdAt: number;
  readonly revokedAt: number | undefined;
}

const tokenBytes = 32;
const labelForm = /^[A-Za-z0-9._@ -]{1,100}$/;

export function openAccessTokens(store: Store, random: Random, clock: Clock): AccessTokens {
  const put = async (token: string, kind: 'auditor' | 'peer', label: string): Promise<void> => {
    await store.write(async (writer) => {
      if ((await writer.first(logQueries.token, { hash: sha256(utf8(token)) })) !== undefined) return;
      if (kind === 'peer') await writer.run(logQueries.revokeToken, { label, now: clock.now() });
      const hash = sha256(utf8(token));
      await writer.run(logQueries.putToken, { hash, kind, label, created_at: clock.now() });
    });
  };
  return {
    issue: async (label) => {
      if (!labelForm.test(label))
        throw new OperationError('invalid', 'bad-label', 'A label is 1 to 100 letters, digits, spaces or . _ @ -');
      const token = toBase64Url(random.bytes(tokenBytes));
      await put(token, 'auditor', label);
      return token;
    },
    revoke: async (label) =>
      store.write(
        async (writer) => (await writer.run(logQueries.revokeToken, { label, now: clock.now() })).changes > 0,
      ),
    list: async () => {
      const rows = await store.read((reader) => reader.all(logQueries.tokens, {}));
      return rows.map((row) => ({
        kind: row.kind,
        label: row.label,
        createdAt: row.created_at,
        revokedAt: row.revoked_at ?? undefined,
      }));
    },
    find: async (token) => {
      const row = await store.read((reader) => reader.first(logQueries.token, { hash: sha256(utf8(token)) }));
      return row === undefined ? undefined : { kind: row.kind, label: row.label };
    },
    putPeer: async (peer, token) => put(token, 'peer', peer),
  };
}

/**
 * The Bearer with which `reader` reads the log of `owner`: both derive it from the transcript T of their pairing, so no
 * message carries it (Spec §6, access).
 */
export function peerToken(transcript: Uint8Array, owner: NodeName, reader: NodeName): string {
  const label = utf8('fernpost/log-token/v1\n');
  return toBase64Url(sha256(concat(label, lengthPrefixed(owner), lengthPrefixed(reader), transcript)));
}
