import { equalBytes } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { parseCheckpoint, isSignedBy, type Checkpoint } from '../../protocol/log/checkpoint.ts';
import { verifyCosignature } from '../../protocol/log/cosignature.ts';
import type { LogCrypto } from '../../protocol/log/crypto.ts';
import { leafOfRecord, leafTypes } from '../../protocol/log/entry.ts';
import { leafHash, nodeHash } from '../../protocol/log/merkle.ts';
import type { NoteKey } from '../../protocol/log/note.ts';
import { parseProof, type LogProof } from '../../protocol/log/proof.ts';

/** What an auditor holds in hand for one entry, exactly as it was received. */
export interface EntryEvidence {
  readonly record: Uint8Array;
  readonly leaf: Uint8Array;
  /** A tlog-proof (C2SP). */
  readonly proof: string;
}

export interface CheckKeys {
  readonly log: NoteKey;
  readonly witnesses: readonly NoteKey[];
}

/** `skipped`: it cannot be judged, because something before it is not what was signed. */
export type CheckVerdict = 'holds' | 'broken' | 'skipped';

export interface CheckStep {
  readonly name: 'record' | 'leaf' | 'path' | 'checkpoint' | 'cosignature';
  /** The witness of a cosignature. */
  readonly witness?: string;
  readonly verdict: CheckVerdict;
}

/** One joint of the way from a leaf to the root: this hash and its sibling make the next. */
export interface PathJoint {
  readonly hash: Uint8Array;
  readonly sibling: Uint8Array;
  readonly siblingIsLeft: boolean;
}

/** The way from a leaf hash to a root; `undefined` for a path of another length than the tree has (RFC 9162 §2.1.3.2). */
export function walkPath(
  leaf: Uint8Array,
  proof: Pick<LogProof, 'index' | 'path' | 'head'>,
  crypto: Pick<LogCrypto, 'sha256'>,
): { readonly joints: readonly PathJoint[]; readonly root: Uint8Array } | undefined {
  let position = proof.index;
  let last = proof.head.size - 1;
  let hash = leaf;
  const joints: PathJoint[] = [];
  if (position > last) return undefined;
  for (const sibling of proof.path) {
    if (last === 0) return undefined;
    const siblingIsLeft = position % 2 === 1 || position === last;
    joints.push({ hash, sibling, siblingIsLeft });
    hash = siblingIsLeft ? nodeHash(sibling, hash, crypto) : nodeHash(hash, sibling, crypto);
    if (siblingIsLeft) while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)];
    [position, last] = [half(position), half(last)];
  }
  return last === 0 ? { joints, root: hash } : undefined;
}

/**
 * Judges an entry step by step, so that a change to one piece shows in that piece's step and in no other. Record and leaf
 * each hold when they lead to the root or to each other; all steps together hold only when both lead to the signed root.
 */
export function checkEntry(evidence: EntryEvidence, keys: CheckKeys, crypto: LogCrypto): readonly CheckStep[] {
  const { record, leaf } = evidence;
  const proof = tryParse(evidence.proof);
  const leads = (entry: Uint8Array): boolean => {
    const root = proof === undefined ? undefined : walkPath(leafHash(entry, crypto), proof, crypto)?.root;
    return root !== undefined && proof !== undefined && equalBytes(root, proof.head.root);
  };
  const made = leafTypes.map((type) => leafOfRecord(type, record, crypto));
  const isPair = made.some((each) => equalBytes(each, leaf));
  const recordLeads = made.some(leads);
  const leafLeads = leads(leaf);
  const signed = proof === undefined ? false : isSignedBy(proof.head, proof.head.signatures, keys.log, crypto);
  const witnessed = proof === undefined ? [] : witnessSteps(proof.head, keys.witnesses, crypto);
  // Where nobody's signature holds, the text itself is another one than was signed: nothing can be held against it.
  const isOtherText = proof === undefined || (!signed && witnessed.every(({ verdict }) => verdict === 'broken'));
  const path: CheckVerdict = recordLeads || leafLeads ? 'holds' : isOtherText && isPair ? 'skipped' : 'broken';
  return [
    { name: 'record', verdict: recordLeads || isPair ? 'holds' : isOtherText ? 'skipped' : 'broken' },
    { name: 'leaf', verdict: leafLeads || isPair ? 'holds' : isOtherText ? 'skipped' : 'broken' },
    { name: 'path', verdict: path },
    { name: 'checkpoint', verdict: signed ? 'holds' : 'broken' },
    ...witnessed.map((step) => (isOtherText ? ({ ...step, verdict: 'skipped' } as const) : step)),
  ];
}

/** True when every step holds. */
export function isSound(steps: readonly CheckStep[]): boolean {
  return steps.every(({ verdict }) => verdict === 'holds');
}

function witnessSteps(head: Checkpoint, keys: readonly NoteKey[], crypto: LogCrypto): CheckStep[] {
  return keys.flatMap((key) => {
    const lines = head.signatures.filter(({ name }) => name === key.name);
    if (lines.length === 0) return [];
    const holds = lines.some((line) => verifyCosignature(head, line, key, crypto) !== undefined);
    return [{ name: 'cosignature', witness: key.name, verdict: holds ? 'holds' : 'broken' } as const];
  });
}

function tryParse(text: string): LogProof | undefined {
  try {
    const proof = parseProof(text);
    return { ...proof, head: parseCheckpoint(proof.note) };
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function half(count: number): number {
  return Math.floor(count / 2);
}
