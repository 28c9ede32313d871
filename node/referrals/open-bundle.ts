import { bundleCrypto } from '../../protocol/crypto/bundle-crypto.ts';
import { fernetKeyOf } from '../../protocol/crypto/fernet.ts';
import { equalSecrets } from '../../protocol/crypto/hash.ts';
import { keyCommitment, openSeal, sealedToOf, type SealedSecrets } from '../../protocol/crypto/seal.ts';
import { openDocumentContent, type DocumentContent } from '../../protocol/bundle/document.ts';
import type { Manifest } from '../../protocol/bundle/manifest.ts';
import { equalBytes, parseBase64Url, toBase64Url, utf8 } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { ProblemCode } from '../../protocol/http/problem.ts';
import { parseAttachmentId, type AttachmentId } from '../../protocol/ids.ts';
import { messageRules, parseJsonObject } from '../../protocol/json.ts';
import type { OpeningKey } from '../keys/node-secrets.ts';
import { nextTurn } from '../platform/turn.ts';

/** Codes with which a sound, logged commit is refused for its content (Spec §5). */
export type ContentFault = Extract<ProblemCode, 'REC_SEAL' | 'REC_COMMITMENT' | 'REC_CONTENT'>;

/** An attachment as the document names it: what its chunks open with, and what they must hash to. */
export interface NamedAttachment {
  readonly id: AttachmentId;
  readonly size: number;
  readonly sha256: Uint8Array;
  readonly key: Uint8Array;
  readonly title: string;
  readonly contentType: string;
}

export type OpenedDocument =
  | { readonly fault: ContentFault; readonly detail: string }
  | ({ readonly fault?: undefined; readonly secrets: SealedSecrets } & DocumentContent);

/** The opening key that a manifest names, if it still lives here (Spec §4, sealedTo). */
export function findOpeningKey(manifest: Manifest, opening: readonly OpeningKey[]): OpeningKey | undefined {
  return opening.find((key) => key.suite === manifest.suite && equalBytes(sealedToOf(key.key), manifest.sealedTo));
}

/** Unseals and opens a document with every check of Spec §4. A fault is a value: it becomes a logged refusal. */
export async function openBundleDocument(
  manifest: Manifest,
  token: Uint8Array,
  key: OpeningKey,
): Promise<OpenedDocument> {
  try {
    const { suite, from, to, bundle } = manifest;
    const secrets = openSeal({ suite, box: manifest.sealedKey, ...key.pair, from, to, bundle });
    if (!equalSecrets(keyCommitment(secrets.fernetKey), manifest.keyCommitment))
      return { fault: 'REC_COMMITMENT', detail: 'the sealed key is not the one committed to' };
    const content = await openDocumentContent(bundleCrypto, manifest.document, token, {
      ...secrets,
      yieldTurn: nextTurn,
    });
    return { ...content, secrets };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const fault =
      error.code === 'seal-refused' ? 'REC_SEAL' : error.code === 'too-large' ? 'REC_CONTENT' : 'REC_COMMITMENT';
    return { fault, detail: error.message };
  }
}

/** What is kept of an opened document until its commit, sealed: enough to open it again and to check its chunks. */
export interface OpenedSecrets {
  readonly secrets: SealedSecrets;
  readonly attachments: readonly NamedAttachment[];
}

export function writeOpenedSecrets(opened: OpenedSecrets): Uint8Array {
  const attachments = opened.attachments.map((each) => ({
    ...each,
    sha256: toBase64Url(each.sha256),
    key: toBase64Url(each.key),
  }));
  const { fernetKey, documentSalt } = opened.secrets;
  return utf8(JSON.stringify({ key: toBase64Url(fernetKey), salt: toBase64Url(documentSalt), attachments }));
}

export function parseOpenedSecrets(bytes: Uint8Array): OpenedSecrets {
  const object = parseJsonObject(bytes, {
    ...messageRules,
    bytesMax: 4 * 1024 * 1024,
    stringBytesMax: 1024 * 1024,
  }) as unknown as {
    key: string;
    salt: string;
    attachments: readonly {
      id: string;
      size: number;
      sha256: string;
      key: string;
      title: string;
      contentType: string;
    }[];
  };
  return {
    secrets: { fernetKey: fernetKeyOf(parseBase64Url(object.key, 32)), documentSalt: parseBase64Url(object.salt, 32) },
    attachments: object.attachments.map((each) => ({
      id: parseAttachmentId(each.id),
      size: each.size,
      sha256: parseBase64Url(each.sha256, 32),
      key: parseBase64Url(each.key, 32),
      title: each.title,
      contentType: each.contentType,
    })),
  };
}
