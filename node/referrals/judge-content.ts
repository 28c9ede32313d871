import { verifyChunksRoot } from '../../protocol/bundle/attachment.ts';
import { openDocumentContent, verifyDocumentToken, type DocumentContent } from '../../protocol/bundle/document.ts';
import { checkBundle } from '../../protocol/bundle/fhir/check.ts';
import { eventOf, type EventFacts } from '../../protocol/bundle/fhir/referral.ts';
import type { Manifest } from '../../protocol/bundle/manifest.ts';
import { parseNotice } from '../../protocol/bundle/notice.ts';
import { bundleCrypto } from '../../protocol/crypto/bundle-crypto.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { JsonObject } from '../../protocol/json.ts';
import { parseBlobName } from '../blobs/blob-store.ts';
import { nextTurn } from '../platform/turn.ts';
import { plainDetail, Refusal } from './answers.ts';
import { arrivingAttachment, openedPurpose, prefixKey } from './open-transfer.ts';
import type { InboxPorts, InboxRow, PeerRequestContext } from './inbox-ports.ts';
import { inboxQueries } from './inbox-queries.ts';
import {
  findOpeningKey,
  openBundleDocument,
  parseOpenedSecrets,
  type ContentFault,
  type NamedAttachment,
} from './open-bundle.ts';
import { packEventContent } from './event-content.ts';

/** What a bundle holds once everything of it was checked. */
export interface BundleContent {
  /** The exact plaintext bytes: the record of what was received (Spec bundle §1). */
  readonly plaintext: Uint8Array;
  /** The same, compressed for keeping. */
  readonly packed: Uint8Array;
  /** What the message says and its envelope; `undefined` for a notice. */
  readonly message: { readonly bundle: JsonObject; readonly facts: EventFacts } | undefined;
  readonly attachments: readonly NamedAttachment[];
}

export type JudgedContent =
  | { readonly fault: ContentFault; readonly detail: string }
  | { readonly fault?: undefined; readonly content: BundleContent };

/** How many faults of a document the sender is told; each names the element and quotes nothing. */
const faultsTold = 3;

/** Whether all parts lie here; a document that does not open needs no chunks to be refused (Spec §5). */
export async function partsAreComplete(ports: InboxPorts, row: InboxRow, manifest: Manifest): Promise<boolean> {
  if (row.document === null) return false;
  if (row.fault !== '') return true;
  const wanted = manifest.attachments.reduce((sum, part) => sum + part.chunks, 0);
  if (wanted === 0) return true;
  const { sender, bundle } = row;
  const count = await ports.store.read((reader) => reader.first(inboxQueries.chunkCount, { sender, bundle }));
  return count?.count === wanted;
}

/** Judges a bundle whose parts arrived one by one. */
export async function judgeStored(
  ports: InboxPorts,
  context: PeerRequestContext,
  row: InboxRow,
  manifest: Manifest,
): Promise<JudgedContent> {
  const { document, opened, data_key: dataKey } = row;
  if (row.fault !== '' || document === null || opened === null || dataKey === null)
    return { fault: faultOf(row.fault), detail: 'the document does not open' };
  const kept = parseOpenedSecrets(
    await ports.store.read((reader) => ports.keyring.open(reader, ports.dataKeyOf(dataKey), openedPurpose, opened)),
  );
  const content = await openDocumentContent(bundleCrypto, manifest.document, document, {
    ...kept.secrets,
    yieldTurn: nextTurn,
  });
  const fault = await findAttachmentFault(ports, context, row, manifest);
  if (fault !== undefined) return { fault: 'REC_COMMITMENT', detail: fault };
  return judgePlaintext(manifest, content, kept.attachments);
}

/** Judges a bundle that came whole in one request. */
export async function judgeAtOnce(
  ports: InboxPorts,
  _context: PeerRequestContext,
  manifest: Manifest,
  token: Uint8Array,
): Promise<JudgedContent> {
  const key = findOpeningKey(manifest, ports.own.secrets.opening);
  if (key === undefined) throw new Refusal('REC_KEY_GONE');
  try {
    verifyDocumentToken({ sha256 }, manifest.document, token);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Refusal('REC_COMMITMENT');
  }
  const opened = await openBundleDocument(manifest, token, key);
  if (opened.fault !== undefined) return opened;
  return judgePlaintext(manifest, opened, []);
}

async function judgePlaintext(
  manifest: Manifest,
  { plaintext, gzipped }: DocumentContent,
  attachments: readonly NamedAttachment[],
): Promise<JudgedContent> {
  const packed = gzipped ?? (await packEventContent(plaintext));
  if (manifest.kind === 'notice') {
    try {
      parseNotice(plaintext);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return { fault: 'REC_CONTENT', detail: error.message };
    }
    return { content: { plaintext, packed, message: undefined, attachments: [] } };
  }
  const checked = checkBundle(plaintext, {
    layer: 'profile',
    sender: manifest.from,
    receiver: manifest.to,
    kind: manifest.kind,
    referral: manifest.referral,
    attachments: manifest.attachments,
  });
  if (!checked.ok) {
    const told = checked.issues.slice(0, faultsTold).map((issue) => `${issue.expression}: ${issue.diagnostics}`);
    const left = checked.issues.length - told.length + checked.left;
    return {
      fault: 'REC_CONTENT',
      detail: plainDetail(left > 0 ? `${told.join('; ')}; and ${left} more` : told.join('; ')),
    };
  }
  const { bundle } = checked;
  try {
    return { content: { plaintext, packed, message: { bundle, facts: eventOf(bundle) }, attachments } };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { fault: 'REC_CONTENT', detail: error.message };
  }
}

/** Roots over the tokens and the SHA-256 of each plaintext: what the sender committed to, byte for byte. */
async function findAttachmentFault(
  ports: InboxPorts,
  context: PeerRequestContext,
  row: InboxRow,
  manifest: Manifest,
): Promise<string | undefined> {
  const { sender, bundle } = row;
  for (const [n, part] of manifest.attachments.entries()) {
    const attachment = await arrivingAttachment(ports, row, manifest, n);
    if (attachment === undefined) return 'manifest and document name different attachments';
    const chunks = await ports.store.read((reader) =>
      reader.all(inboxQueries.chunksOfAttachment, { sender, bundle, n }),
    );
    try {
      verifyChunksRoot(
        { sha256 },
        part,
        chunks.map((chunk) => chunk.leaf),
      );
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return error.message;
    }
    const blobOf = async (i: number) => {
      const blob = chunks[i]?.blob;
      return blob === undefined ? undefined : parseBlobName(blob);
    };
    if (!(await ports.prefixes.settle(prefixKey(context, n), attachment, blobOf)))
      return 'an attachment is not the one that the document names by its SHA-256';
  }
  return undefined;
}

function faultOf(code: string): ContentFault {
  return code === 'REC_SEAL' || code === 'REC_COMMITMENT' ? code : 'REC_CONTENT';
}
