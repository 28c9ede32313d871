import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { instantOfMs } from '../../../protocol/instant.ts';
import { systemRandom } from '../../../node/platform/random.ts';
import { openImportDrafts, type DraftId, type ImportDrafts } from '../../../node/records/csv/drafts.ts';
import { csvBytesMax, importDraftKeptMs, importDraftsPerUserMax } from '../../../node/records/limits.ts';
import { collect, openHospital, patient, stream, testNow, type Hospital } from './hospital.ts';

const by = { user: 'u-1', name: 'Nurse One' };
const sample = readFileSync('test/fixtures/fhir/patients.csv');

let hospital: Hospital;
let drafts: ImportDrafts;
const openDrafts = (): ImportDrafts => openImportDrafts({ ...hospital, random: systemRandom });
beforeEach(async () => {
  hospital = await openHospital();
  drafts = openDrafts();
});
afterEach(async () => {
  await drafts[Symbol.asyncDispose]();
  await hospital[Symbol.asyncDispose]();
});

async function judged(text: string | Uint8Array, owner = by): Promise<DraftId> {
  const { id, judged: done } = await drafts.begin(stream(text), { name: 'patients.csv', by: owner });
  await done;
  return id;
}

async function restart(): Promise<void> {
  await drafts[Symbol.asyncDispose]();
  hospital = await hospital.reopen();
  drafts = openDrafts();
  await hospital.imports.sweep();
  await drafts.recover();
}

const text = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => Buffer.from(await collect(bytes)).toString();
const file = 'csv_id,family_name,birth_date\r\n1,Haddad,1980-02-11\r\n2,Okafor,1990-31-12\r\n3,Sato,1977-05-06\r\n';

describe('a dry run that waits for a decision', () => {
  test('survives a restart, page by page and verdict by verdict, and is then imported', async () => {
    const id = await judged(sample);
    await restart();
    const draft = await drafts.find(id, by.user);
    expect(draft).toMatchObject({ state: 'ready', records: 200, by, summary: { name: 'patients.csv' } });
    expect(draft?.summary?.counts).toMatchObject({ error: 7, duplicate: 1, 'match-certain': 1 });
    const page = await drafts.rows(id, { after: 10, limit: 5 });
    expect(page.map(({ number }) => number)).toEqual([11, 12, 13, 14, 15]);
    const errors = await drafts.rows(id, { verdict: 'error', after: 0, limit: 100 });
    expect(errors).toHaveLength(7);
    expect(errors.every(({ fields, remarks }) => (fields?.length ?? 0) > 0 && remarks.length > 0)).toBe(true);
    expect(await drafts.confirm(id, { leaveOutErrors: false })).toEqual({
      state: 'undecided',
      errors: 7,
      duplicates: [1],
    });
    const done = await drafts.confirm(id, { leaveOutErrors: true, duplicates: 'as-proposed' });
    expect(done).toMatchObject({ state: 'imported', added: 192, leftOut: 8 });
    expect(await hospital.patients.count()).toBe(192);
    expect((await hospital.patients.list('created', { limit: 1 })).records[0]?.by).toEqual(by);
  });

  test('says the same as a dry run in memory', async () => {
    const id = await judged(sample);
    const plan = await hospital.imports.dryRun(stream(sample));
    const rows = await drafts.rows(id, { after: 0, limit: 1000 });
    expect(JSON.parse(JSON.stringify(rows.map(({ fields: _, ...row }) => row)))).toEqual(
      JSON.parse(JSON.stringify(plan.records)),
    );
  });

  test('belongs to its user', async () => {
    const id = await judged(file);
    expect(await drafts.find(id, 'u-2')).toBeUndefined();
    expect(await drafts.find('../x', by.user)).toBeUndefined();
    expect(await drafts.listOpen('u-2')).toEqual([]);
    expect(await drafts.listOpen(by.user)).toHaveLength(1);
  });

  test('is confirmed once, however often it is asked', async () => {
    const id = await judged(file);
    const choices = { leaveOutErrors: true } as const;
    const both = await Promise.all([drafts.confirm(id, choices), drafts.confirm(id, choices)]);
    expect(both.map(({ state }) => state).toSorted()).toEqual(['imported', 'not-ready']);
    expect(await drafts.confirm(id, choices)).toEqual({ state: 'not-ready' });
    expect(await hospital.patients.count()).toBe(2);
    expect(await drafts.listOpen(by.user)).toEqual([]);
    expect(await hospital.imports.list()).toHaveLength(1);
  });

  test('of the same file takes the place of the earlier one, and tells that it was imported before', async () => {
    const first = await judged(file);
    const second = await judged(file);
    expect(await drafts.find(first, by.user)).toBeUndefined();
    const done = await drafts.confirm(second, { leaveOutErrors: true });
    if (done.state !== 'imported') throw new Error(done.state);
    const again = await judged(file);
    expect(await drafts.find(again, by.user)).toMatchObject({ importedBefore: { id: done.id, at: testNow } });
    expect((await drafts.find(again, by.user))?.summary?.counts).toMatchObject({ update: 2, error: 1 });
    await hospital.imports.undo(done.id);
    expect(await drafts.find(again, by.user)).not.toHaveProperty('importedBefore');
  });

  test('that no longer fits what is stored imports nothing and says so', async () => {
    const id = await judged(file);
    await hospital.patients.add(patient({ csvId: '3' }));
    expect(await drafts.confirm(id, { leaveOutErrors: true })).toEqual({ state: 'stale' });
    expect(await drafts.find(id, by.user)).toMatchObject({ state: 'ready', failure: 'stale' });
    expect(await hospital.patients.count()).toBe(1);
  });

  test('gives back its rows with errors, before and after the import', async () => {
    const id = await judged(file);
    const expected = await text(await drafts.rejectedCsv(id));
    expect(expected).toContain('"2","Okafor","1990-31-12","record 2, line 3: birth_date');
    await drafts.confirm(id, { leaveOutErrors: true });
    await restart();
    expect(await text(await drafts.rejectedCsv(id))).toBe(expected);
    expect(await drafts.rows(id, { after: 0, limit: 10 })).toHaveLength(1);
  });

  test.each([
    ['another encoding', Uint8Array.of(0xff, 0xfe, 0x41), 'not UTF-8'],
    ['an open quote', 'csv_id,family_name\n1,"a', 'line'],
    ['no header', '', 'empty'],
    ['unknown columns alone', 'a,b\n1,2', 'csv_id'],
  ])('of a file with %s says why it was refused', async (_, bytes, words) => {
    const id = await judged(bytes);
    const draft = await drafts.find(id, by.user);
    expect(draft?.state).toBe('failed');
    expect(draft?.failure).toContain(words);
    expect(await drafts.discard(id)).toBe(true);
    expect(await drafts.find(id, by.user)).toBeUndefined();
  });

  test('that was refused does not stand in the way of the next', async () => {
    for (let i = 0; i <= importDraftsPerUserMax; i += 1) await judged(`wrong${i}\n1`);
    expect(await drafts.listOpen(by.user)).toHaveLength(1);
  });

  test('is bounded in size and number', async () => {
    await expect(judged(new Uint8Array(csvBytesMax + 1))).rejects.toMatchObject({ code: 'csv-too-large' });
    for (let i = 0; i < importDraftsPerUserMax; i += 1) await judged(`csv_id,family_name\n${i},X`);
    await expect(judged('csv_id,family_name\n99,X')).rejects.toMatchObject({ code: 'too-many-drafts' });
    await judged('csv_id,family_name\n99,X', { user: 'u-2', name: 'Other' });
  });

  test('is destroyed when it expires: its rows, its key, and what could be read of it', async () => {
    const ready = await judged(file);
    const imported = await judged(`${file}9,Nine,1990\r\n`);
    const done = await drafts.confirm(imported, { leaveOutErrors: true });
    if (done.state !== 'imported') throw new Error(done.state);
    hospital.clock.moveTo(instantOfMs(testNow + importDraftKeptMs));
    await drafts.sweep();
    expect(await drafts.find(ready, by.user)).toBeUndefined();
    expect(await drafts.find(imported, by.user)).toMatchObject({ state: 'imported', importId: done.id, by });
    expect(await drafts.find(imported, by.user)).not.toHaveProperty('summary');
    await expect(drafts.rejectedCsv(imported)).rejects.toMatchObject({ code: 'unknown-import' });
    await expect(drafts.rows(imported, { after: 0, limit: 1 })).rejects.toMatchObject({ code: 'unknown-import' });
  });

  test('whose judging a stop interrupts is begun anew', async () => {
    const { id } = await drafts.begin(stream(sample), { name: 'x.csv', by });
    await restart();
    expect(await drafts.find(id, by.user)).toBeUndefined();
  });

  test('holds nothing of the file in clear', async () => {
    await judged('csv_id,family_name\n1,Zebrawood-Secret');
    const stored = readFileSync(`${hospital.directory}/data/node.db-wal`).toString('latin1');
    expect(stored).not.toContain('Zebrawood');
    expect(stored).not.toContain('patients.csv');
  });
});

describe('undoing', () => {
  test('says beforehand whether it is possible, and why not', async () => {
    const id = await judged(file);
    const done = await drafts.confirm(id, { leaveOutErrors: true });
    if (done.state !== 'imported') throw new Error(done.state);
    expect(await hospital.imports.whyNotUndone(done.id)).toBeUndefined();
    const [first] = await hospital.imports.patientsOf(done.id);
    if (first === undefined) throw new Error('nobody was imported');
    const upload = { title: 'x', contentType: 'text/plain', size: 5, by };
    const begun = await hospital.uploads.begin(first, upload);
    expect(await hospital.imports.whyNotUndone(done.id)).toEqual({ state: 'in-use', patients: [first] });
    if (begun.state === 'begun') await hospital.uploads.discard(begun.upload.id);
    expect(await hospital.imports.undo(done.id)).toMatchObject({ state: 'undone', removed: 2 });
    expect(await hospital.imports.whyNotUndone(done.id)).toEqual({ state: 'already-undone' });
  });
});
