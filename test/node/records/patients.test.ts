import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseNodeName, parseReferralId } from '../../../protocol/ids.ts';
import { instantOfMs } from '../../../protocol/instant.ts';
import type { PatientId } from '../../../node/records/model.ts';
import type { ListCursor } from '../../../node/records/paging.ts';
import { collect, openHospital, patient, stream, testNow, type Hospital } from './hospital.ts';

let hospital: Hospital;
beforeEach(async () => {
  hospital = await openHospital();
});
afterEach(async () => {
  await hospital[Symbol.asyncDispose]();
});

async function added(...given: Parameters<typeof patient>): Promise<PatientId> {
  const result = await hospital.patients.add(patient(...given));
  if (result.state !== 'added') throw new Error('the CSV id is taken');
  return result.record.id;
}

describe('patients', () => {
  test('are given back as they were added, in NFC, after a restart too', async () => {
    const id = await added({
      csvId: 'A-1',
      familyName: 'García'.normalize('NFD'),
      birthDate: '1980-02',
      allergies: [' Latex ', ''],
      notes: '',
      updatedAt: '2026-05-04T05:36:00.25+03:00',
    });
    hospital = await hospital.reopen();
    const { notes: _, ...rest } = patient({
      csvId: 'A-1',
      familyName: 'García',
      birthDate: '1980-02',
      allergies: ['Latex'],
    });
    expect((await hospital.patients.get(id)).details).toEqual({ ...rest, updatedAt: '2026-05-04T05:36:00.25+03:00' });
    await expect(hospital.patients.get('00000000-0000-4000-8000-000000000000' as PatientId)).rejects.toMatchObject({
      code: 'unknown-patient',
    });
  });

  test('with a broken rule are refused, and the message quotes nothing', async () => {
    const canary = 'Quagmire';
    const bad = patient({ csvId: '1', familyName: canary, birthDate: `${canary}`, allergies: [`${canary};x`] });
    const error = await hospital.patients.add(bad).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'invalid-details' });
    expect(String(error)).toMatch(/allergies holds a semicolon inside an item of a list; birth_date is not a date/);
    expect(String(error)).not.toContain(canary);
  });

  test('have one CSV id each', async () => {
    const first = await added({ csvId: 'A-1' });
    const second = await added({ csvId: 'A-2' });
    expect(await hospital.patients.add(patient({ csvId: 'A-1' }))).toEqual({ state: 'csv-id-taken', patient: first });
    expect(await hospital.patients.change(second, 1, patient({ csvId: 'A-1' }))).toMatchObject({
      state: 'csv-id-taken',
    });
    const both = await Promise.all([1, 2].map(() => hospital.patients.add(patient({ csvId: 'A-3' }))));
    expect(both.map((result) => result.state).toSorted()).toEqual(['added', 'csv-id-taken']);
  });

  test('edited by two people at once lose neither edit', async () => {
    const id = await added({ csvId: '1', familyName: 'Old', city: 'Beirut' });
    const results = await Promise.all([
      hospital.patients.change(id, 1, patient({ csvId: '1', familyName: 'One', city: 'Beirut' })),
      hospital.patients.change(id, 1, patient({ csvId: '1', familyName: 'Two', city: 'Tyre' })),
    ]);
    expect(results).toMatchObject([
      { state: 'changed', record: { version: 2 } },
      {
        state: 'conflict',
        current: { version: 2, details: { familyName: 'One' } },
        base: { familyName: 'Old' },
        overlap: ['family_name'],
      },
    ]);
    await hospital.patients.change(id, 2, patient({ csvId: '1', familyName: 'Two', city: 'Tyre' }));
    expect((await hospital.patients.versions(id)).map((earlier) => earlier.details.familyName)).toEqual(['One', 'Old']);
  });

  test('are listed newest first, page by page, without gaps', async () => {
    for (let i = 0; i < 7; i += 1) {
      hospital.clock.moveTo(instantOfMs(testNow + Math.floor(i / 2) * 1000));
      await added({ csvId: `${i}` });
    }
    const seen: string[] = [];
    let older: ListCursor | undefined;
    do {
      const page = await hospital.patients.list('created', older === undefined ? { limit: 3 } : { limit: 3, older });
      seen.push(...page.records.map((record) => record.details.csvId));
      older = page.next;
    } while (older !== undefined);
    expect(new Set(seen)).toEqual(new Set(['0', '1', '2', '3', '4', '5', '6']));
    expect(seen[0]).toBe('6');
    expect(seen).toHaveLength(7);
    await expect(async () => hospital.patients.list('created', { limit: 101 })).rejects.toThrow('1 to 100');
  });

  test('are listed back again by the same pages', async () => {
    for (let i = 0; i < 7; i += 1) {
      hospital.clock.moveTo(instantOfMs(testNow + Math.floor(i / 2) * 1000));
      await added({ csvId: `${i}`, familyName: 'Common' });
    }
    const { list, search } = hospital.patients;
    const names = (page: { readonly records: readonly { readonly id: string }[] }) => page.records.map(({ id }) => id);
    const first = await list('created', { limit: 3 });
    const second = await list('created', { limit: 3, ...older(first.next) });
    const third = await list('created', { limit: 3, ...older(second.next) });
    const back = await list('created', { limit: 3, ...newer(third.previous) });
    expect(names(back)).toEqual(names(second));
    const start = await list('created', { limit: 3, ...newer(back.previous) });
    expect([names(start), start.previous, start.next]).toEqual([names(first), undefined, first.next]);

    const found = await search('common', { limit: 4 });
    const rest = await search('common', { limit: 4, ...older(found.next) });
    expect(rest.next).toBeUndefined();
    expect(names(await search('common', { limit: 4, ...newer(rest.previous) }))).toEqual(names(found));
  });
});

describe('a search', () => {
  beforeEach(async () => {
    await added({
      csvId: 'A-000003',
      familyName: 'Sharma',
      givenNames: 'Priya',
      birthDate: '1987-04-05',
      phone: '+51 900 237 213',
    });
    await added({ csvId: 'A-000007', familyName: "O'Connor", givenNames: 'Siobhán', nationalId: 'IE-4479-9764' });
    await added({ csvId: 'A-000005', familyName: '王', givenNames: '小明', birthDate: '1987' });
    await added({ csvId: 'A-000014', familyName: 'Müller-Lüdenscheidt', givenNames: 'Jürgen Maximilian' });
    await added({ csvId: 'A-000045', familyName: 'Wolfeschlegelsteinhausenbergerdorff' });
  });

  test.each([
    ['Sha', ['A-000003']],
    ['sharma PRIYA', ['A-000003']],
    ['Sh', []],
    ['Sharmaji', []],
    ['Sharma Siobhan', []],
    ['siobhan', ['A-000007']],
    ['O’Connor', ['A-000007']],
    ['IE44799764', ['A-000007']],
    ['ie-4479-9764', ['A-000007']],
    ['王', ['A-000005']],
    ['王小明', ['A-000005']],
    ['ludensch', ['A-000014']],
    ['Muller-Ludenscheidt jur', ['A-000014']],
    ['1987-04-05', ['A-000003']],
    ['1987', ['A-000003', 'A-000005']],
    ['+51 900 237 213', ['A-000003']],
    ['0051900237213', ['A-000003']],
    ['900237213', ['A-000003']],
    ['A-000003', ['A-000003']],
    ['wolfeschlegelste', ['A-000045']],
    ['wolfeschlegelsteinhausenbergerdorff', ['A-000045']],
    ['', []],
    ['%', []],
  ])('for %j finds %j', async (query, found) => {
    const page = await hospital.patients.search(query, { limit: 10 });
    expect(page.records.map((record) => record.details.csvId).toSorted()).toEqual(found);
  });

  test('follows an edit', async () => {
    const record = await hospital.patients.findByCsvId('A-000003');
    if (record === undefined) throw new Error('a patient is missing');
    await hospital.patients.change(record.id, 1, { ...record.details, familyName: 'Verma' });
    expect((await hospital.patients.search('Sharma', { limit: 10 })).records).toEqual([]);
    expect((await hospital.patients.search('Verma Priya', { limit: 10 })).records).toHaveLength(1);
  });

  test('gives pages', async () => {
    for (let i = 0; i < 5; i += 1) await added({ csvId: `p${i}`, familyName: 'Common' });
    const first = await hospital.patients.search('common', { limit: 3 });
    if (first.next === undefined) throw new Error('expected a second page');
    const second = await hospital.patients.search('common', { limit: 3, older: first.next });
    expect([...first.records, ...second.records].map((r) => r.details.csvId)).toEqual(['p4', 'p3', 'p2', 'p1', 'p0']);
    expect(second.next).toBeUndefined();
  });

  test('of seven words is refused', async () => {
    await expect(hospital.patients.search('a b c d e f g', { limit: 1 })).rejects.toMatchObject({
      code: 'invalid-details',
    });
  });
});

test('consultations are listed the latest first', async () => {
  const id = await added({ csvId: '1' });
  const base = {
    encounterClass: 'AMB',
    reason: 'Cough',
    diagnoses: ['J20'],
    prescriptions: [],
    practitioner: 'Dr. A',
  } as const;
  const early = await hospital.consultations.add(id, { ...base, at: instantOfMs(testNow - 1000) });
  const late = await hospital.consultations.add(id, { ...base, at: testNow, findings: 'clear' });
  expect(await hospital.consultations.list(id)).toEqual([late, early]);
  expect(await hospital.consultations.get(early.id)).toEqual(early);
  await expect(hospital.consultations.add('x' as PatientId, { ...base, at: testNow })).rejects.toMatchObject({
    code: 'unknown-patient',
  });
});

test("a received referral's patient is found within the sender's namespace alone", async () => {
  const [alder, birch] = [parseNodeName('alder.example'), parseNodeName('birch.example')];
  const referral = parseReferralId('58e25344-5f66-5499-8d47-9847e35bccbb');
  const note = { peer: alder, csvId: 'A-000001', referral, at: testNow };
  const dataKey = await hospital.store.write(async (w) => {
    const key = await hospital.keyring.newDataKey(w);
    await hospital.received.noteReceived(w, { ...note, dataKey: key });
    await hospital.received.noteReceived(w, { ...note, dataKey: key });
    return key;
  });
  const find = (peer: typeof alder, csvId: string) =>
    hospital.store.read((r) => hospital.received.findReceived(r, peer, csvId));
  expect(await find(alder, 'A-000001')).toEqual([{ referral, dataKey, notedAt: testNow }]);
  expect(await find(birch, 'A-000001')).toEqual([]);
  expect(await find(alder, 'A-000002')).toEqual([]);
});

/** A text in every form in which a careless program might leave it on a disk. */
function disguises(text: string): readonly Buffer[] {
  const plain = Buffer.from(text);
  const wide = Buffer.from(text, 'utf16le');
  const base64 = [0, 1, 2].map((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), plain]).toString('base64');
    // Characters that share bits with what stands before or after are left out.
    return Buffer.from(padded.slice(shift === 0 ? 0 : shift + 1, Math.floor(((plain.length + shift) * 8) / 6) - 1));
  });
  const url = base64.map((each) => Buffer.from(each.toString().replaceAll('+', '-').replaceAll('/', '_')));
  const hex = plain.toString('hex');
  return [
    plain,
    Buffer.from(text.toLowerCase()),
    wide,
    Buffer.from(wide).swap16(),
    ...base64,
    ...url,
    Buffer.from(hex),
    Buffer.from(hex.toUpperCase()),
  ];
}

test('nothing of a patient can be read in any file of the node', async () => {
  const canaries = [
    'Zanzibarqueen',
    'Canaryfirst',
    'Xylophonestreet',
    'CSV-CANARY-77',
    '1971-03-04',
    'Rarediagnosis',
    'Filecanarytext',
    'Titlecanary',
  ];
  const id = await added({
    csvId: 'CSV-CANARY-77',
    familyName: 'Zanzibarqueen',
    givenNames: 'Canaryfirst',
    addressLine: 'Xylophonestreet 5',
    birthDate: '1971-03-04',
    conditions: ['Rarediagnosis'],
  });
  await hospital.consultations.add(id, {
    at: testNow,
    encounterClass: 'EMER',
    reason: 'Rarediagnosis',
    diagnoses: [],
    prescriptions: [],
    practitioner: 'Dr. Canaryfirst',
  });
  await hospital.attachments.add(id, {
    title: 'Titlecanary',
    contentType: 'text/plain',
    bytes: stream('Filecanarytext '.repeat(1000)),
  });
  const plan = await hospital.imports.dryRun(
    stream('csv_id,family_name,notes\nCSV-CANARY-77,Zanzibarqueen,Rarediagnosis\nx,Canaryfirst,Xylophonestreet\n'),
  );
  await hospital.imports.confirm(plan, { leaveOutErrors: true });
  await hospital.patients.search('Zanzibarqueen', { limit: 1 });
  const look = (): void => {
    const files = readdirSync(hospital.directory, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.length).toBeGreaterThan(3);
    for (const entry of files) {
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      for (const canary of canaries)
        for (const form of disguises(canary)) expect(bytes.includes(form), `${canary} in ${entry.name}`).toBe(false);
    }
  };
  look();
  await hospital.close();
  look();
  hospital = await openHospital(hospital.directory);
  expect(disguises('abcdef').some((form) => Buffer.from('xxYWJjZGVm').includes(form))).toBe(true);
  expect(
    new TextDecoder().decode(
      await collect(hospital.attachments.read((await hospital.attachments.list(id))[0]?.id ?? missing())),
    ),
  ).toMatch(/^Filecanarytext/);
});

function missing(): never {
  throw new Error('the attachment is missing');
}

function older<Cursor>(cursor: Cursor | undefined): { readonly older: Cursor } {
  if (cursor === undefined) throw new TypeError('expected older ones');
  return { older: cursor };
}

function newer<Cursor>(cursor: Cursor | undefined): { readonly newer: Cursor } {
  if (cursor === undefined) throw new TypeError('expected newer ones');
  return { newer: cursor };
}
