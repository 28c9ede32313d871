import { parseManifest } from '../../protocol/bundle/manifest.ts';
import type { Range, TransferState } from '../../protocol/messages.ts';
import { writeReceiptAnswer } from '../../protocol/messages.ts';
import { isProblemCode } from '../../protocol/http/problem.ts';
import type { Reader } from '../store/store.ts';
import { jsonAnswer, problemAnswer, type DoorAnswer } from './answers.ts';
import { inboxQueries } from './inbox-queries.ts';
import type { InboxPorts, InboxRow } from './inbox-ports.ts';

/** What is held of a bundle, as GET tells it and a refused commit repeats it (Spec §5). */
export async function transferStateOf(ports: InboxPorts, reader: Reader, row: InboxRow): Promise<TransferState> {
  const { attachments } = parseManifest(row.manifest);
  const chunks = await reader.all(inboxQueries.chunks, { sender: row.sender, bundle: row.bundle });
  const held = attachments.map((_, n) => rangesOf(chunks.filter((chunk) => chunk.n === n).map((chunk) => chunk.i)));
  const decided = row.state === 'received' || row.state === 'refused';
  const common = { manifest: row.manifest_digest, document: decided || row.document !== null, att: held };
  if (row.state === 'received') return { ...common, state: 'received', receipt: await ports.proofOf(reader, row) };
  if (row.state === 'refused') return { ...common, state: 'refused', proof: await ports.proofOf(reader, row) };
  return { ...common, state: row.state };
}

/** The stored answer of a bundle that is decided: the receipt, or the refusal with its proof, the same for ever (law 3). */
export async function decidedAnswer(
  ports: InboxPorts,
  reader: Reader,
  row: InboxRow,
  cosignature?: string,
): Promise<DoorAnswer> {
  if (row.state === 'withdrawn') return problemAnswer('REC_WITHDRAWN', ports.newRef());
  const proof = await ports.proofOf(reader, row);
  if (row.state === 'received') return jsonAnswer(200, writeReceiptAnswer({ receipt: proof, cosignature }));
  const code = isProblemCode(row.refusal_code) ? row.refusal_code : 'REC_CONTENT';
  const detail = row.refusal_detail === '' ? {} : { detail: row.refusal_detail };
  return problemAnswer(code, ports.newRef(), { ...detail, proof });
}

/** Ascending numbers as inclusive ranges, merged. */
function rangesOf(numbers: readonly number[]): readonly Range[] {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}
