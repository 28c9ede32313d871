import { expect, test } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { formatVkey, parseVkey } from '../../../protocol/log/note.ts';
import { writeLocalRecord } from '../../../protocol/log/record.ts';
import { askWitnesses } from '../../../node/jobs/witnessing.ts';
import { checkEntry } from '../../../node/exchange-log/proof-check.ts';
import { openHospitals } from '../../support/two-hospitals.ts';

interface BrowserCheck {
  check(texts: {
    record: Uint8Array;
    leaf: Uint8Array;
    proof: string;
    logKey: string;
    witnessKeys: string;
  }): Promise<Map<string, string>>;
}

const browser = (await import(
  new URL('../../../node/web/assets/proof-check.js', import.meta.url).href
)) as unknown as BrowserCheck;

test('the check in the browser and that of the server agree, whatever byte is changed', async () => {
  await using three = await openHospitals({ names: ['alder', 'birch', 'cedar'] });
  const { node } = three.at('birch');
  await node.store.write(async (writer) => {
    for (let n = 0; n < 9; n += 1) {
      const record = writeLocalRecord({ kind: 'noop', salt: new Uint8Array(32).fill(n), members: { n } });
      await node.log.queue(writer, { type: 'noop', record });
    }
  });
  await askWitnesses(node);
  const found = await node.explorer.entry('auditor', 6);
  if (found === undefined) throw new Error('there is no entry');
  const keys = {
    log: parseVkey(node.own.logVkey, logCrypto),
    witnesses: ['alder', 'cedar'].map((short) => parseVkey(three.at(short).node.own.witnessVkey, logCrypto)),
  };
  const whole = { record: found.entry.record, leaf: found.leaf, proof: found.proof };
  const agree = async (given: typeof whole): Promise<string[]> => {
    const server = checkEntry(given, keys, logCrypto).map(
      ({ name, witness, verdict }) => `${[name, witness].filter(Boolean).join(' ')} ${verdict}`,
    );
    const texts = { logKey: formatVkey(keys.log), witnessKeys: keys.witnesses.map(formatVkey).join('\n') };
    const own = [...(await browser.check({ ...given, ...texts }))].map(([name, verdict]) => `${name} ${verdict}`);
    expect(own).toEqual(server);
    return server.filter((word) => !word.endsWith('holds'));
  };
  const flipped = (bytes: Uint8Array, at: number) => bytes.with(at, (bytes[at] ?? 0) ^ 1);
  expect(await agree(whole)).toEqual([]);
  for (let at = 0; at < whole.record.length; at += 5)
    expect(await agree({ ...whole, record: flipped(whole.record, at) })).toEqual(['record broken']);
  for (let at = 0; at < whole.leaf.length; at += 3)
    expect(await agree({ ...whole, leaf: flipped(whole.leaf, at) })).toEqual(['leaf broken']);
  const proof = utf8(whole.proof);
  for (let at = 0; at < proof.length; at += 7) {
    const text = new TextDecoder('latin1').decode(flipped(proof, at));
    if (/^[\x20-\x7e\n]*$/.test(text)) await agree({ ...whole, proof: text });
  }
});
