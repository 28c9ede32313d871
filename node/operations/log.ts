import * as v from 'valibot';
import { utf8 } from '../../protocol/bytes.ts';
import { findLiveKeys } from '../../protocol/card.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { formatVkey, noteKey, noteKeyTypes } from '../../protocol/log/note.ts';
import { OperationError } from '../platform/operation-error.ts';
import { text, timeText } from './fields.ts';
import { download, plain } from './operation.ts';
import { readLogResource } from './log-resource.ts';
import type { NodeServices } from './node-services.ts';

/** What an auditor needs to verify a log: where it is, who signs it, and who should witness it. */
export interface LogFacts {
  readonly origin: string;
  readonly logVkey: string;
  readonly size: number;
  readonly signedAt: string;
  /** The newest checkpoint, a signed note with the cosignatures that it has so far. */
  readonly checkpoint: string;
  /** vkeys of the peers that are paired and witness this log. */
  readonly witnessVkeys: readonly string[];
}

const label = v.strictObject({ label: text });

/** The exchange log of this node and who may read it (Spec §6). */
export const logOperations = {
  'log.facts': plain(v.strictObject({}), async (services): Promise<LogFacts> => {
    const head = services.log.head();
    const checkpoint = await readLogResource(services, 'checkpoint');
    return {
      origin: services.own.origin,
      logVkey: services.own.logVkey,
      size: head.size,
      signedAt: timeText(head.signedAt),
      checkpoint: new TextDecoder().decode(checkpoint ?? utf8('')),
      witnessVkeys: witnessVkeys(services),
    };
  }),

  /** A resource below the log's prefix: `checkpoint`, `tile/…`; no bytes where there is none. */
  'log.resource': download(v.strictObject({ path: text }), async function* (services, { path }) {
    const bytes = await readLogResource(services, path);
    if (bytes !== undefined) yield bytes;
  }),

  'token.issue': plain(label, async (services, { label }) => ({ label, token: await services.tokens.issue(label) })),

  'token.list': plain(v.strictObject({}), async (services) => ({
    tokens: (await services.tokens.list()).map(({ kind, label, createdAt, revokedAt }) => ({
      kind,
      label,
      createdAt: timeText(createdAt),
      revokedAt: revokedAt === undefined ? null : timeText(revokedAt),
    })),
  })),

  'token.revoke': plain(label, async (services, { label }) => {
    if (!(await services.tokens.revoke(label)))
      throw new OperationError('not-found', 'unknown-token', 'No live token has this label. Nothing was changed.');
    return { label };
  }),
};

function witnessVkeys({ directory, clock }: NodeServices): readonly string[] {
  const now = clock.now();
  return directory
    .list()
    .filter((peer) => peer.state === 'paired')
    .flatMap(({ name, card }) =>
      findLiveKeys(card, 'cosign', now).map(({ key }) =>
        formatVkey(noteKey(`${name}/witness`, noteKeyTypes.cosignature, key, logCrypto)),
      ),
    );
}
