import type { Manifest } from '../../protocol/bundle/manifest.ts';
import { verifyChunksRoot } from '../../protocol/bundle/attachment.ts';
import { checkBundle } from '../../protocol/bundle/fhir/check.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { messageKeyOf } from './message-key.ts';
import { arrivingAttachment, blobReader, openedPurpose, prefixKey, type PeerRequestContext } from './inbox.ts';
import { inboxQueries } from './inbox-queries.ts';
import type { InboxPorts, InboxRow } from './inbox-ports.ts';
import { readAttachments } from './attachments-in-document.ts';
import {
  findOpeningKey,
  openBundleDocument,
  parseOpenedSecrets,
  type ContentFault,
  type NamedAttachment,
  type OpenedDocument,
} from './open-bundle.ts';
import { openDocument } from '../../protocol/bundle/document.ts';
import { bundleCrypto } from '../../protocol/crypto/bundle-crypto.ts';
import { nextTurn } from '../platform/turn.ts';

/** What a bundle holds once everything of it was checked. */
export interface BundleContent {
  /** The exact plaintext bytes: the record of what was received (clinical.md §1). */
  readonly plaintext: Uint8Array;
  readonly attachments: readonly NamedAttachment[];
}
