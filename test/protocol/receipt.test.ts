import { describe, expect, test } from 'vitest';
import { utf8 } from '../../protocol/bytes.ts';
import { logCrypto } from '../../protocol/crypto/log-crypto.ts';
import { parseJsonObject } from '../../protocol/json.ts';
import { textOf } from '../../protocol/members.ts';
import { appendLeaves, emptyEdge } from '../../protocol/log/edge.ts';
import { leafHash } from '../../protocol/log/merkle.ts';
import { parseVkey } from '../../protocol/log/note.ts';
import { parseProof } from '../../protocol/log/proof.ts';
import { parseSentRecord } from '../../protocol/log/record.ts';
import { takeTail } from '../../protocol/log/tail.ts';
import { judgeAddCheckpoint } from '../../protocol/log/witness.ts';
import { parseCommit, parseReceiptAnswer } from '../../protocol/messages.ts';
import { findReceiverLog, isLogged, verifyReceipt } from '../../protocol/receipt.ts';
import { applyChange, badCases, flipBit, type BadCase } from '../support/bad-cases.ts';
import { refusal } from '../support/refusal.ts';
import { alderEntries, alderKey, vectors } from './log/alder-log.ts';

const birch = parseVkey(vectors.text('/log/birch/vkey'), logCrypto);
const record = utf8(vectors.text('/records/first/bytes'));
const second = utf8(vectors.text('/records/second/bytes'));
const answer = utf8(vectors.text('/exchange/receipt'));
const { receipt } = parseReceiptAnswer(answer);
const refusedProof = textOf(parseJsonObject(utf8(vectors.text('/exchange/refused'))), 'proof');
const hashes = alderEntries().map((entry) => leafHash(entry, logCrypto));
const copy = appendLeaves(emptyEdge, hashes.slice(0, 590), logCrypto);

describe('a receipt', () => {
  test("of the vectors is Birch's proof that it received the record, and no proof of anything else", () => {
    expect(verifyReceipt(receipt, 'received', record, birch, logCrypto).index).toBe(2);
    expect(verifyReceipt(refusedProof, 'refused', second, birch, logCrypto).index).toBe(3);
    expect(refusal(() => verifyReceipt(receipt, 'refused', record, birch, logCrypto))).toBe('root-mismatch');
    expect(refusal(() => verifyReceipt(receipt, 'received', second, birch, logCrypto))).toBe('root-mismatch');
    expect(refusal(() => verifyReceipt(receipt, 'received', record, alderKey, logCrypto))).toBe('signature-mismatch');
    expect(findReceiverLog(record, [alderKey, birch])).toBe(birch);
    expect(findReceiverLog(record, [alderKey])).toBeUndefined();
  });

  test.each(badCases('/exchange/receipt'))('that is $name: $expect', (bad) => {
    const changed = parseReceiptAnswer(utf8(applyChange(vectors, bad).text())).receipt;
    expect(refusal(() => verifyReceipt(changed, 'received', record, birch, logCrypto))).toBeDefined();
  });

  test('with any one bit changed is refused', () => {
    const decoder = new TextDecoder();
    for (let bit = 0; bit < utf8(receipt).length * 8; bit += 1) {
      const changed = decoder.decode(flipBit(utf8(receipt), bit));
      const code = refusal(() => verifyReceipt(changed, 'received', record, birch, logCrypto));
      if (code === undefined) expect.fail(`bit ${bit}`);
    }
  });
});

/** What a node that holds Alder's log at 590 says of a commit, as far as the bytes alone tell (Spec §5). */
function judgeCommit(text: string): string {
  const commit = parseCommit(utf8(text));
  const { from, to } = parseSentRecord(commit.record);
  if (from !== alderKey.name || to !== birch.name) return 'refused';
  const proof = parseProof(commit.proof);
  const held = { size: copy.size, root: copy.root };
  const cosigned = new Set([vectors.text('/log/roots/600')]);
  if (commit.checkpoint !== undefined) {
    const verdict = judgeAddCheckpoint(commit.checkpoint, () => ({ keys: [alderKey], held }), logCrypto);
    if (verdict.status === 409) return 'REC_LOG_SIZE';
    if (verdict.status === 422) return 'signed 422, kept as evidence';
    if (verdict.status !== 200) return 'refused';
  }
  if (!cosigned.has(proof.head.root.toBase64())) return 'REC_NOT_WITNESSED';
  if (!isLogged(proof, 'sent', commit.record, logCrypto)) return 'REC_NOT_LOGGED';
  const tail = commit.tail && takeTail(copy.edge, commit.tail, proof.head, logCrypto);
  return tail === undefined ? 'tail not taken; the commit itself stands' : 'received';
}

describe('a commit', () => {
  test('of the vectors stands, and its tail leads to the signed head', () => {
    expect(judgeCommit(vectors.text('/exchange/commit'))).toBe('received');
  });

  const readable = ({ name }: BadCase) => name !== 'the record in standard base64';
  test.each(badCases('/exchange/commit').filter(readable))('with $name: $expect', (bad) => {
    expect(judgeCommit(applyChange(vectors, bad).text())).toBe(bad.expect);
  });
});
