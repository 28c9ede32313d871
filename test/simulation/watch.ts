import { equalBytes, toBase64Url } from '../../protocol/bytes.ts';
import { parseReceiptAnswer } from '../../protocol/messages.ts';
import { parseProof } from '../../protocol/log/proof.ts';
import { inboxQueries } from '../../node/referrals/inbox-queries.ts';
import type { Hospital } from '../support/hospital.ts';
import type { Door } from '../support/seeded-network.ts';
import type { NodeContents } from './invariants.ts';

/** Looks over the shoulder of every door while a simulation runs, and remembers what was given out. */
export interface Watch {
  door(hospital: Hospital, door: Door): Door;
  /** Called once for each request that arrives, before the door sees it. */
  onArrival: (hospital: Hospital) => void;
  readonly breaches: readonly string[];
  /** What was given out and is no longer so, held against what the nodes hold in the end. */
  findBroken(nodes: readonly NodeContents[]): readonly string[];
}

const commitForm = /^\/exchange\/v1\/bundles\/([0-9a-f-]{36})(?:\/commit)?$/;

export function openWatch(): Watch {
  const breaches: string[] = [];
  const receipts = new Map<string, string>();
  /** Heads of logs that left a node in a receipt: origin and size, and the root. */
  const heads = new Map<string, string>();

  const seeHead = (proof: string): void => {
    const { origin, size, root } = parseProof(proof).head;
    const key = `${origin} ${size}`;
    const known = heads.get(key);
    if (known !== undefined && known !== toBase64Url(root)) breaches.push(`two heads of ${key} were given out`);
    heads.set(key, toBase64Url(root));
  };

  const seeReceipt = async (hospital: Hospital, bundle: string, receipt: string): Promise<void> => {
    const known = receipts.get(bundle);
    if (known !== undefined && known !== receipt) breaches.push(`the receipt of ${bundle} changed`);
    receipts.set(bundle, receipt);
    seeHead(receipt);
    const rows = await hospital.ask((node) =>
      Promise.all(
        node.directory
          .list()
          .map(({ name }) => node.store.read((reader) => reader.first(inboxQueries.get, { sender: name, bundle }))),
      ),
    );
    if (rows !== undefined && !rows.some((row) => row?.state === 'received' && row.x !== null))
      breaches.push(`${hospital.name} gave a receipt for ${bundle} without a durable row`);
  };

  const watch: Watch = {
    breaches,
    onArrival: () => undefined,
    door: (hospital, door) => async (request) => {
      watch.onArrival(hospital);
      const answer = await door(request);
      const bundle = request.method === 'POST' ? commitForm.exec(request.target)?.[1] : undefined;
      if (bundle !== undefined && answer.status === 200)
        await seeReceipt(hospital, bundle, parseReceiptAnswer(answer.body).receipt);
      return answer;
    },
    findBroken: (nodes) => {
      const broken: string[] = [];
      for (const [bundle, receipt] of receipts) {
        const rows = nodes.flatMap((node) => node.outbox.filter((row) => row.bundle === bundle));
        if (rows.length !== 1) broken.push(`${bundle} got a receipt and stands in ${rows.length} outboxes`);
        for (const row of rows)
          if (row.proof !== receipt) broken.push(`${bundle} ended with another receipt: ${row.state}`);
      }
      for (const [key, root] of heads) {
        const [origin = '', size = ''] = key.split(' ');
        const node = nodes.find((each) => origin.startsWith(`${each.name}/`));
        const held = node?.checkpoints.find((each) => each.size === Number(size));
        if (held === undefined || !equalBytes(held.root, Uint8Array.fromBase64(root, { alphabet: 'base64url' })))
          broken.push(`the head ${key} was given out and is not in the log`);
      }
      return broken;
    },
  };
  return watch;
}
