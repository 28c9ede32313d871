import { randomBytes, randomUUID } from 'node:crypto';
import { chunkLeafHash, chunkPlaintextBytes, chunksRoot, sealChunk } from '../../protocol/bundle/attachment.ts';
import { sealDocument } from '../../protocol/bundle/document.ts';
import { fhirJsonRules } from '../../protocol/bundle/fhir/check.ts';
import { attachmentsOf } from '../../protocol/bundle/fhir/referral.ts';
import { chunksOf, writeManifest, type Manifest } from '../../protocol/bundle/manifest.ts';
import { toBase64Url, utf8 } from '../../protocol/bytes.ts';
import { bundleCrypto } from '../../protocol/crypto/bundle-crypto.ts';
import { generateKey } from '../../protocol/crypto/fernet.ts';
import type { FernetKey } from '../../protocol/crypto/fernet-token.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { keyCommitment, seal, sealedToOf, type Suite } from '../../protocol/crypto/seal.ts';
import { mediaTypes } from '../../protocol/http/media-types.ts';
import { targetOf } from '../../protocol/http/routes.ts';
import { parseBundleId, type BundleId, type ReferralId } from '../../protocol/ids.ts';
import { instantOfMs } from '../../protocol/instant.ts';
import { parseJsonObject } from '../../protocol/json.ts';
import { writeSentRecord, type SentRecord } from '../../protocol/log/record.ts';
import { writeAddCheckpoint } from '../../protocol/log/witness.ts';
import type { RecordX } from '../../protocol/log/entry.ts';
import { writeCommit, type Commit } from '../../protocol/messages.ts';
import { outboxQueries } from '../../node/referrals/outbox-queries.ts';
import { streamOnce } from '../../node/platform/files.ts';
import { ask, speakerOf, type Reply, type Twist } from './peer-requests.ts';
import { syntheticPatient } from './paired-hospitals.ts';
import type { TestHospital } from './two-hospitals.ts';

/** A referral that the sender really composed; it stays in the sender's outbox, for the tests send it by hand. */
export interface Composed {
  readonly referral: ReferralId;
  readonly plaintext: Uint8Array;
  readonly files: readonly Uint8Array[];
}

let patients = 0;

/** Composes a sound referral with attachments of these bytes. */
export async function composeReferral(
  from: TestHospital,
  to: TestHospital,
  files: readonly Uint8Array[] = [],
): Promise<Composed> {
  const { node } = from;
  const short = from.name.split('.')[0] ?? '';
  patients += 1;
  const details = { ...syntheticPatient(short, patients % 30), csvId: `${short}-${patients}` };
  const added = await node.patients.add(details);
  if (added.state !== 'added') throw new Error('the patient is there already');
  const { id } = added.record;
  const attachments = [];
  for (const [n, bytes] of files.entries()) {
    const title = `File ${n}`;
    const held = await node.attachments.add(id, { title, contentType: 'application/pdf', bytes: streamOnce(bytes) });
    attachments.push(held.id);
  }
  const { id: referral } = await node.referrals.send({
    to: to.name,
    patient: id,
    priority: 'urgent',
    reason: 'Fracture',
    question: 'Please operate',
    attachments,
    author: { id: 'u1', name: 'Dr. Amina' },
  });
  const [first] = (await node.referrals.show(referral)).events;
  if (first === undefined) throw new Error('a referral without an event');
  return { referral, plaintext: await node.referrals.document(referral, first.message), files };
}

/** How a bundle differs from an honest one. */
export interface BundleTwist {
  readonly bundle?: BundleId;
  readonly suite?: Suite;
  readonly kind?: Manifest['kind'];
  /** Another plaintext in the document than the one composed. */
  readonly plaintext?: Uint8Array;
  /** For whom the box is made, and between whom it says it is. */
  readonly context?: { readonly from?: string; readonly to?: string; readonly bundle?: string };
  readonly fernetKey?: FernetKey;
  /** Changes the manifest before it is written. */
  readonly manifest?: (honest: Manifest) => Manifest;
  /** Changes the token; size and digest in the manifest are made anew for it. */
  readonly token?: (honest: Uint8Array) => Uint8Array;
  readonly encoding?: 'gzip' | 'identity';
}

export interface Forged {
  readonly bundle: BundleId;
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  readonly token: Uint8Array;
  /** By attachment and chunk. */
  readonly chunks: readonly (readonly Uint8Array[])[];
}

/** Seals what was composed as an honest sender would, but for the twist. */
export async function forgeBundle(
  from: TestHospital,
  to: TestHospital,
  composed: Composed,
  twist: BundleTwist = {},
): Promise<Forged> {
  const { own, clock } = from.node;
  const suite = twist.suite ?? 2;
  const bundle = twist.bundle ?? newBundleId();
  const random = (size: number): Uint8Array => new Uint8Array(randomBytes(size));
  const fernetKey = twist.fernetKey ?? generateKey(random);
  const documentSalt = random(32);
  const plaintext = twist.plaintext ?? composed.plaintext;
  const sealed = await sealDocument(bundleCrypto, {
    plaintext,
    fernetKey,
    documentSalt,
    encoding: twist.encoding ?? 'gzip',
    time: clock.now(),
    iv: random(16),
    yieldTurn: async () => undefined,
  });
  const token = twist.token?.(sealed.token) ?? sealed.token;
  const key = to.node.own.secrets.opening.find((each) => each.suite === suite);
  if (key === undefined) throw new Error('no opening key of that suite');
  const { chunks, parts } = await sealFiles(composed, bundle);
  const context = { from: own.name, to: to.name, bundle, ...twist.context } as Pick<Manifest, 'from' | 'to' | 'bundle'>;
  const honest: Manifest = {
    suite,
    from: own.name,
    to: to.name,
    card: own.card().serial,
    bundle,
    referral: composed.referral,
    kind: twist.kind ?? 'referral',
    priority: 'urgent',
    deadline: instantOfMs(Math.ceil((clock.now() + 86_400_000) / 60_000) * 60_000),
    sealedTo: sealedToOf(key.key),
    sealedKey: seal({ suite, publicKey: key.key, random, ...context, fernetKey, documentSalt }),
    keyCommitment: keyCommitment(fernetKey),
    document: { ...sealed.part, size: token.length, digest: sha256(token) },
    attachments: parts,
  };
  const manifest = twist.manifest?.(honest) ?? honest;
  return { bundle, manifest, manifestBytes: writeManifest(manifest), token, chunks };
}

export function newBundleId(): BundleId {
  return parseBundleId(randomUUID());
}

async function sealFiles({ plaintext, files }: Composed, bundle: BundleId) {
  const facts = files.length === 0 ? [] : attachmentsOf(parseJsonObject(plaintext, fhirJsonRules));
  const chunks: Uint8Array[][] = [];
  const parts: Manifest['attachments'][number][] = [];
  for (const [n, { id, size, key }] of facts.entries()) {
    const tokens: Uint8Array[] = [];
    const file = files[n] ?? new Uint8Array(0);
    for (let index = 0; index < chunksOf(size); index += 1) {
      const place = { attachmentKey: key, bundle, id, size, index };
      const start = index * 8_388_608;
      const piece = file.subarray(start, start + chunkPlaintextBytes(place));
      const pieces: Uint8Array[] = [];
      for await (const made of sealChunk(bundleCrypto, place, [piece], async () => undefined)) pieces.push(made);
      tokens.push(new Uint8Array(Buffer.concat(pieces)));
    }
    const leaves = tokens.map((each) => chunkLeafHash({ sha256 }, each));
    parts.push({ id, size, chunks: tokens.length, root: chunksRoot({ sha256 }, leaves) });
    chunks.push(tokens);
  }
  return { chunks, parts };
}

/** Logs a `sent` leaf in the sender's own log, as the real sender does before the first byte leaves. */
export async function logSent(
  from: TestHospital,
  to: TestHospital,
  forged: Forged,
  change: (honest: SentRecord) => SentRecord = (honest) => honest,
): Promise<{ readonly record: Uint8Array; readonly x: RecordX }> {
  const { node } = from;
  return node.store.write(async (writer) => {
    const last = await writer.first(outboxQueries.lastSeq, { peer: to.name });
    const honest: SentRecord = {
      from: node.own.origin,
      to: to.node.own.origin,
      manifest: sha256(forged.manifestBytes),
      prev: last === undefined ? undefined : (last.x as RecordX),
      salt: new Uint8Array(randomBytes(32)),
      seq: (last?.seq ?? 0) + 1,
    };
    const changed = change(honest);
    const record = writeSentRecord(changed);
    const x = await node.log.queue(writer, { type: 'sent', record, peer: to.name });
    if (changed.seq === honest.seq)
      await writer.run(outboxQueries.putSeq, { peer: to.name, seq: honest.seq, x, bundle: forged.bundle });
    return { record, x };
  });
}

/** A commit with proof, and with a checkpoint from what the receiver really holds. */
export async function commitOf(
  from: TestHospital,
  to: TestHospital,
  logged: { readonly record: Uint8Array; readonly x: RecordX },
): Promise<Commit> {
  const { store, proofs, log, own } = from.node;
  const held = await to.node.store.read((reader) => to.node.witness.held(reader, own.origin));
  const { size, checkpoint } = log.head();
  const old = held?.size ?? 0;
  const proof = await store.read((reader) => proofs.proofOf(reader, logged.x, size));
  if (proof === undefined) throw new Error('the leaf is not in the log');
  if (old === size) return { record: logged.record, proof, have: 0 };
  const path = await store.read((reader) => proofs.consistency(reader, old, size));
  return { record: logged.record, proof, checkpoint: writeAddCheckpoint(old, path, checkpoint), have: 0 };
}

/** The requests of a transfer, signed by the sender. */
export function requestsOf(from: TestHospital, to: TestHospital, { bundle, manifestBytes, token, chunks }: Forged) {
  const by = speakerOf(from);
  return {
    manifest: (twist?: Twist) =>
      ask(to, by, { method: 'PUT', target: targetOf({ name: 'putManifest', bundle }), body: manifestBytes }, twist),
    document: (twist?: Twist, body: Uint8Array = token) =>
      ask(
        to,
        by,
        { method: 'PUT', target: targetOf({ name: 'putDocument', bundle }), body, type: mediaTypes.text },
        twist,
      ),
    chunk: (attachment: number, chunk: number, body?: Uint8Array, twist?: Twist) =>
      ask(
        to,
        by,
        {
          method: 'PUT',
          target: targetOf({ name: 'putChunk', bundle, attachment, chunk }),
          body: body ?? chunks[attachment]?.[chunk] ?? new Uint8Array(0),
          type: mediaTypes.bytes,
        },
        twist,
      ),
    commit: (commit: Commit, twist?: Twist) =>
      ask(to, by, { method: 'POST', target: targetOf({ name: 'commit', bundle }), body: writeCommit(commit) }, twist),
    atOnce: (commit: Commit, manifest: Uint8Array = manifestBytes, twist?: Twist) => {
      const document = Buffer.from(token).toString('utf8');
      const text = JSON.parse(Buffer.from(writeCommit(commit)).toString('utf8')) as unknown;
      const body = utf8(JSON.stringify({ v: 1, manifest: toBase64Url(manifest), document, commit: text }));
      return ask(to, by, { method: 'POST', target: targetOf({ name: 'putAtOnce', bundle }), body }, twist);
    },
    state: () => ask(to, by, { method: 'GET', target: targetOf({ name: 'getBundle', bundle }) }),
    withdraw: (twist?: Twist) =>
      ask(to, by, { method: 'DELETE', target: targetOf({ name: 'deleteBundle', bundle }) }, twist),
  };
}

/** Sends all parts, logs the record and gives back the commit to be sent. */
export async function sendParts(from: TestHospital, to: TestHospital, forged: Forged): Promise<Commit> {
  const requests = requestsOf(from, to, forged);
  await requests.manifest();
  await requests.document();
  for (const [n, tokens] of forged.chunks.entries()) for (const i of tokens.keys()) await requests.chunk(n, i);
  return commitOf(from, to, await logSent(from, to, forged));
}

/** The whole transfer; gives back the answer to the commit. */
export async function transfer(
  from: TestHospital,
  to: TestHospital,
  composed: Composed,
  twist?: BundleTwist,
): Promise<{ readonly forged: Forged; readonly commit: Commit; readonly reply: Reply }> {
  const forged = await forgeBundle(from, to, composed, twist);
  const commit = await sendParts(from, to, forged);
  return { forged, commit, reply: await requestsOf(from, to, forged).commit(commit) };
}
