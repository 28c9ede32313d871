import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { logCrypto } from '../../../protocol/crypto/log-crypto.ts';
import { parseVkey } from '../../../protocol/log/note.ts';
import { verifyLog } from '../../../protocol/log/verify.ts';
import { readZip } from '../../../protocol/zip.ts';
import { writeLocalRecord } from '../../../protocol/log/record.ts';
import { parseProof } from '../../../protocol/log/proof.ts';
import { verifyCheckpoint } from '../../../protocol/log/checkpoint.ts';
import { askWitnesses } from '../../../node/jobs/witnessing.ts';
import { statement } from '../../../node/store/statement.ts';
import { nodeTables } from '../../support/node-tables.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import type { DeskClient } from '../../support/desk-client.ts';

const changeRecord = statement<{ idx: number; record: Uint8Array }>()((db, values) =>
  db.updateTable('log_leaf').set({ record: values.record }).where('idx', '=', values.idx),
);

let desks: TestDesks;
let alder: TestDesk;
let auditor: DeskClient;

beforeAll(async () => {
  desks = await openDesks({ names: ['alder', 'birch', 'cedar'], jobs: false });
  alder = desks.at('alder');
  await alder.node.store.write(async (writer) => {
    for (let n = 0; n < 120; n += 1) {
      const record = writeLocalRecord({ kind: 'noop', salt: new Uint8Array(32).fill(n), members: { n } });
      await alder.node.log.queue(writer, { type: 'noop', record });
    }
  });
  await askWitnesses(alder.node);
  auditor = await alder.client('auditor');
});

afterAll(async () => desks[Symbol.asyncDispose]());

const indices = (html: string) => [...html.matchAll(/href="\/log\/entries\/(\d+)"/g)].map(([, index]) => Number(index));
const verdicts = (html: string) =>
  [...html.matchAll(/<li class="(holds|broken|skipped)" data-check="([^"]+)"/g)].map(
    ([, word, name]) => `${name} ${word}`,
  );
const textIn = (html: string, name: string) =>
  (new RegExp(`name="${name}"[^>]*>([^<]*)</textarea>`).exec(html)?.[1] ?? '').replace(/^\s*\n/, '').trim();

describe('the list of entries', () => {
  test('is newest first, in pages that lead to each other, and names no patient', async () => {
    const first = await auditor.get('/log');
    expect(first.status).toBe(200);
    const shown = indices(first.text);
    expect(shown).toHaveLength(50);
    expect(shown).toEqual(shown.toSorted((a, b) => b - a));
    const [, older = ''] = /rel="next" href="([^"]+)"/.exec(first.text) ?? [];
    const second = await auditor.get(older.replaceAll('&amp;', '&'));
    expect(indices(second.text)[0]).toBe((shown.at(-1) ?? 0) - 1);
    expect(first.text).toContain('birch.example');
    expect(first.text).toContain('cedar.example');
  });

  test.each([
    ['kind=key', 1],
    ['kind=noop&from=2001-01-01&to=2001-01-02', 0],
    ['kind=noop&from=2001-01-01', 50],
    ['peer=birch.example&kind=local', 2],
  ])('is filtered by %s', async (query, count) => {
    expect(indices((await auditor.get(`/log?${query}`)).text)).toHaveLength(count);
  });

  test.each(['peer=Not+a+name', 'from=yesterday', 'from=2026-12-01&to=2026-11-30', 'hash=%3Cscript%3E'])(
    'says what is wrong with %s',
    async (query) => {
      const answer = await auditor.get(`/log?${query}`);
      expect([answer.status, answer.text.includes('The filter was not understood')]).toEqual([422, true]);
      expect(answer.text).not.toContain('<script>');
      expect((await auditor.get(`/log/export?${query}`)).status).toBe(422);
    },
  );

  test('is exported whole, as CSV and as JSON, with the look in the log', async () => {
    const size = alder.node.log.head().size;
    const csv = await auditor.get('/log/export?kind=noop&format=csv');
    expect(csv.text.trim().split('\r\n')).toHaveLength(121);
    expect(csv.headers.get('content-disposition')).toContain('attachment');
    const json = await auditor.get('/log/export?kind=noop&format=json');
    const { entries } = JSON.parse(json.text) as { entries: { kind: string; x: string }[] };
    expect(entries).toHaveLength(120);
    expect(alder.node.log.head().size).toBe(size + 2);
  });
});

describe('an entry', () => {
  test('comes with its proof, checked by the server where no script runs', async () => {
    const { text } = await auditor.get('/log/entries/20');
    expect(text).toContain('Checked by the server, not by you');
    expect(verdicts(text)).toEqual([
      'record holds',
      'leaf holds',
      'path holds',
      'checkpoint holds',
      'cosignature birch.example/witness holds',
      'cosignature cedar.example/witness holds',
    ]);
    expect((text.match(/<rect /g) ?? []).length).toBeLessThanOrEqual(30);
    const proof = await auditor.get('/log/entries/20/proof');
    const read = parseProof(proof.text);
    expect(verifyCheckpoint(read.note, alder.node.own.logKey, logCrypto).size).toBeGreaterThan(20);
  });

  test.each<[string, (fields: Record<string, string>) => Record<string, string>, string[]]>([
    [
      'record',
      ({ record = '' }) => ({ record: record.replace(/^.(.)/, (_, two: string) => `6${two}`) }),
      ['record broken'],
    ],
    ['leaf', ({ leaf = '' }) => ({ leaf: `${leaf.slice(0, -12)}4a${leaf.slice(-10)}` }), ['leaf broken']],
  ])('with one other byte in the %s is judged in that step alone', async (_, change, expected) => {
    const { text } = await auditor.get('/log/entries/20');
    const names = ['record', 'leaf', 'proof', 'logKey', 'witnessKeys'];
    const fields = Object.fromEntries(names.map((name) => [name, textIn(text, name)]));
    const answer = await auditor.post('/log/entries/20', { ...fields, ...change(fields) });
    expect(answer.status).toBe(200);
    expect(verdicts(answer.text).filter((word) => !word.endsWith('holds'))).toEqual(expected);
    const wrong = await auditor.post('/log/entries/20', { ...fields, record: 'no hex', logKey: 'no key' });
    expect([wrong.status, wrong.text.includes('The record is not hex')]).toEqual([422, true]);
  });

  test('whose record somebody changed on the disk says so in that step', async () => {
    const record = writeLocalRecord({ kind: 'noop', salt: new Uint8Array(32), members: { n: 999 } });
    const index = 31;
    const { store } = alder.node;
    const before = await store.read((reader) => reader.all(nodeTables.leaves, {}));
    await store.write(async (writer) => writer.run(changeRecord, { idx: index, record }));
    const { text } = await auditor.get(`/log/entries/${index}`);
    expect(verdicts(text).filter((word) => !word.endsWith('holds'))).toEqual(['record broken']);
    const whole = before.find(({ idx }) => idx === index)?.record ?? new Uint8Array();
    await store.write(async (writer) => writer.run(changeRecord, { idx: index, record: whole }));
  });

  test.each(['9999', '-1', '1e3', '01', 'x'])('%s that is not there is a page that says so', async (index) => {
    expect((await auditor.get(`/log/entries/${index}`)).status).toBe(404);
  });
});

describe('the files of the log', () => {
  test('are listed, and come one by one or in one zip', async () => {
    const { text } = await auditor.get('/log/files');
    const links = [...text.matchAll(/href="(\/log\/file\?path=[^"]+)"/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(2);
    for (const link of links) expect((await auditor.get(link)).status).toBe(200);
    expect((await auditor.get('/log/file?path=tile/9/000')).status).toBe(404);
    expect((await auditor.get('/log/file?path=../node.db')).status).toBe(404);
    const zip = await auditor.fetch('/log/files.zip', {});
    const members = new Map(readZip(new Uint8Array(await zip.arrayBuffer())).map(({ name, bytes }) => [name, bytes]));
    // What is in the zip is enough to verify the whole log without this node.
    const logKey = parseVkey(alder.node.own.logVkey, logCrypto);
    const verdict = await verifyLog({ fetch: async (path) => members.get(path), logKey, crypto: logCrypto });
    expect(verdict).toMatchObject({ state: 'sound' });
    const [name = '', bytes = new Uint8Array()] = [...members].find(([path]) => path.startsWith('tile/entries/')) ?? [];
    members.set(name, bytes.with(60, (bytes[60] ?? 0) ^ 1));
    expect(await verifyLog({ fetch: async (path) => members.get(path), logKey, crypto: logCrypto })).toMatchObject({
      state: 'broken',
    });
  });
});

describe('consistency', () => {
  test('says what each peer cosigned, and shows a fork with both heads', async () => {
    const calm = await auditor.get('/log/consistency');
    expect(calm.text).toContain('No contradiction was found');
    const birch = desks.at('birch').node;
    const twin = birch.own.signHead({ origin: birch.own.origin, size: 1, root: new Uint8Array(32) });
    await askWitnesses(birch);
    const held = await alder.node.store.read((reader) => alder.node.witness.held(reader, birch.own.origin));
    const size = held?.size ?? 0;
    const fork = birch.own.signHead({ origin: birch.own.origin, size, root: new Uint8Array(32).fill(7) });
    expect(twin).not.toBe(fork);
    await alder.node.witness.addAlone(`old ${size}\n\n${fork}`);
    const alarm = await auditor.get('/log/consistency');
    expect(alarm.text).toContain('A peer has shown two truths');
    const [, link = ''] = /href="(\/log\/evidence\?id=[^"]+)"/.exec(alarm.text) ?? [];
    const evidence = await auditor.get(link);
    expect(evidence.text).toContain('Head known here before');
    expect(evidence.text).toContain('Head shown later');
    const [, file = ''] = /href="(\/log\/evidence\/file\?id=[^"]+)"/.exec(evidence.text) ?? [];
    expect((await auditor.get(file)).text).toContain(fork);
    expect((await auditor.get('/log/evidence?id=none')).status).toBe(404);
  });
});

describe('auditors’ tokens', () => {
  test('are shown once, used, and taken back with who and when', async () => {
    const administrator = await alder.client('administrator');
    const issue = (label: string) => administrator.submit('/admin/auditors', '/admin/auditors', { label });
    const made = await issue('State auditor');
    const [, token = ''] = /id="token">\s*([A-Za-z0-9_-]{43})/.exec(made.text) ?? [];
    expect(token).toHaveLength(43);
    expect((await administrator.get('/admin/auditors')).text).not.toContain(token);
    const { url } = alder.node.own;
    const read = () => fetch(`${url}/log/checkpoint`, { headers: { authorization: `Bearer ${token}` } });
    expect((await read()).status).toBe(200);
    expect((await issue('State auditor')).status).toBe(422);
    expect((await issue('<b>')).status).toBe(422);
    const page = '/admin/auditors/revoke?label=State+auditor';
    const after = await administrator.submitAndOpen(page, '/admin/auditors/revoke', {});
    expect(after.text).toContain('taken back');
    expect(after.text).toContain('Ada Admin');
    expect((await read()).status).toBe(401);
  });
});

test('auditors see the log and no peers; administrators see peers and no log; nobody else sees either', async () => {
  const statuses = async (role: 'administrator' | 'auditor' | 'doctor' | 'nurse' | 'coordinator') => {
    const client = await alder.client(role);
    const paths = [
      '/log',
      '/log/entries/1',
      '/log/consistency',
      '/log/files',
      '/peers',
      '/peers/add',
      '/admin/auditors',
    ];
    return (await Promise.all(paths.map((path) => client.get(path)))).map(({ status }) => status);
  };
  expect(await statuses('auditor')).toEqual([200, 200, 200, 200, 403, 403, 403]);
  expect(await statuses('administrator')).toEqual([403, 403, 403, 403, 200, 200, 200]);
  for (const role of ['doctor', 'nurse', 'coordinator'] as const)
    expect(await statuses(role)).toEqual([403, 403, 403, 403, 403, 403, 403]);
});
