import { readFileSync } from 'node:fs';
import type { PatientId } from '../../../node/records/model.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeskClient } from '../../support/desk-client.ts';
import { eventually, openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { addPatient } from '../uploads/upload-support.ts';

let desks: TestDesks;
let desk: TestDesk;
let nurse: DeskClient;
beforeEach(async () => {
  desks = await openDesks();
  desk = desks.at('alder');
  nurse = await desk.client('nurse');
});
afterEach(async () => {
  await desks[Symbol.asyncDispose]();
});

const sample = readFileSync('test/fixtures/fhir/patients.csv');
const file = 'csv_id,family_name,birth_date\r\n1,Haddad,1980-02-11\r\n2,Okafor,1990-31-12\r\n3,Sato,1977-05-06\r\n';

/** Chooses a file on the import page, as a browser without scripts does. */
async function choose(content: string | Uint8Array, name = 'patients.csv', client = nurse): Promise<Response> {
  const page = await client.get('/patients/import');
  const action = /action="(\/patients\/import\?once=[^"]*)"/.exec(page.text)?.[1] ?? '';
  const form = new FormData();
  form.append('file', new Blob([typeof content === 'string' ? content : new Uint8Array(content)]), name);
  const headers = {
    origin: client.origin,
    'sec-fetch-site': 'same-origin',
    referer: `${client.origin}/patients/import`,
  };
  return await client.fetch(action, { method: 'POST', body: form, headers });
}

async function preview(content: string | Uint8Array, name?: string): Promise<string> {
  const answer = await choose(content, name);
  const location = answer.headers.get('location');
  if (answer.status !== 303 || location === null) throw new Error(`${answer.status} ${await answer.text()}`);
  return location;
}

const count = () => desk.node.patients.count();

describe('an import at the desk', () => {
  test('goes from the file over the preview to the patients, and back by undo', async () => {
    const draft = await preview(sample);
    expect(await count()).toBe(0);
    const page = await nurse.get(draft);
    expect(page.text).toContain('200 rows');
    expect(page.text).toMatch(/tile-count">7<\/span> <span class="tile-label">Error/);
    const errors = await nurse.get(`${draft}?verdict=error`);
    expect(errors.text.match(/data-key=/g)).toHaveLength(7);
    expect(errors.text).toMatch(/<code>birth_date<\/code> “<bdi>[0-9./-]+<\/bdi>” is a day-first/);

    const undecided = await nurse.submit(draft, draft, {});
    expect(undecided.status).toBe(422);
    expect(undecided.text).toContain('Decide about the rows with errors (7)');
    expect(undecided.text).toContain('Decide about the CSV ids that stand more than once (1)');
    expect(await count()).toBe(0);

    await nurse.submit(draft, draft, { decide: ['errors', 'newest', 'known'] });
    // A large import goes on after the answer; its page leads on when it is done.
    await eventually(async () => (await nurse.get(draft)).location !== undefined);
    const done = await nurse.open(draft);
    expect(done.text).toContain('<h1>Imported</h1>');
    expect(done.text).toContain('7 rows were left out because of errors');
    expect(await count()).toBe(191);
    const [past] = await desk.node.csvImport.list();
    const path = `/patients/imports/${past?.id}`;
    const again = await nurse.get(draft);
    expect(again.location).toBe(path);

    const undone = await nurse.submitAndOpen(path, `${path}/undo`, {});
    expect(undone.text).toContain('This import was undone');
    expect(await count()).toBe(0);
    expect((await nurse.get('/patients/import')).text).toContain('Undone');
  });

  test('keeps the preview over a page reload for its user alone', async () => {
    const draft = await preview(file);
    const doctor = await desk.client('doctor');
    expect((await doctor.get(draft)).status).toBe(404);
    expect((await doctor.get(`${draft}/errors`)).status).toBe(404);
    expect((await nurse.get('/patients/import')).text).toContain('Waiting for your decision');
    expect((await doctor.get('/patients/import')).text).not.toContain('Waiting for your decision');
    for (const role of ['coordinator', 'administrator', 'auditor'] as const)
      expect((await (await desk.client(role)).get('/patients/import')).status).toBe(403);
    await nurse.submitAndOpen(draft, `${draft}/discard`, {});
    expect((await nurse.get(draft)).status).toBe(404);
  });

  test('sent twice imports once', async () => {
    const draft = await preview(file);
    const page = await nurse.get(draft);
    const once = /name="once" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const send = () => nurse.post(draft, { once, decide: 'errors' });
    const [first, second] = await Promise.all([send(), send()]);
    expect([first.status, second.location]).toEqual([303, first.location]);
    expect((await send()).location).toBe(first.location);
    expect(await count()).toBe(2);
  });

  test('of one page leads the same file to one preview, and another file to its own', async () => {
    const page = await nurse.get('/patients/import');
    const action = /action="(\/patients\/import\?once=[^"]*)"/.exec(page.text)?.[1] ?? '';
    const send = async (content: string): Promise<string | null> => {
      const form = new FormData();
      form.append('file', new Blob([content]), 'patients.csv');
      const headers = {
        origin: nurse.origin,
        'sec-fetch-site': 'same-origin',
        referer: `${nurse.origin}/patients/import`,
      };
      return (await nurse.fetch(action, { method: 'POST', body: form, headers })).headers.get('location');
    };
    const [one, again] = await Promise.all([send(file), send(file)]);
    const other = await send('csv_id,family_name\r\n9,Other\r\n');
    expect([again, await send(file)]).toEqual([one, one]);
    expect(other).toMatch(/^\/patients\/import\/[0-9a-f-]{36}$|^\/patients\/import/);
    expect(other).not.toBe(one);
    expect((await nurse.get(other ?? '')).text).toContain('1 row.');
  });

  test('gives the rows with errors back as a file, and takes it mended', async () => {
    const draft = await preview(file);
    const errors = await nurse.get(`${draft}/errors`);
    expect(errors.headers.get('content-disposition')).toContain('rows-with-errors.csv');
    expect(errors.text).toContain('"error"');
    expect(errors.text).toContain('"record 2, line 3: birth_date');
    await nurse.submit(draft, draft, { decide: 'errors' });
    const mended = await preview(errors.text.replace('1990-31-12', '1990-12-31'));
    await nurse.submit(mended, mended, {});
    expect(await count()).toBe(3);
  });

  test('leaves out the rows that are named, and refuses numbers that are none', async () => {
    const draft = await preview(file);
    for (const leaveOut of ['0', '4', '1-9', 'x', '3-1'])
      expect((await nurse.submit(draft, draft, { decide: 'errors', leaveOut })).text).toContain(
        'Row numbers are numbers from 1 to 3',
      );
    const kept = await nurse.submit(draft, draft, { leaveOut: '1, x' });
    expect(kept.text).toContain('value="1, x"');
    await nurse.submit(draft, draft, { decide: 'errors', leaveOut: '3' });
    expect(await count()).toBe(1);
  });

  test.each([
    ['another encoding', Uint8Array.of(0xff, 0xfe, 0x41), 'not UTF-8'],
    ['a broken quote', 'csv_id,family_name\n1,"a', 'line'],
    ['none of our columns', 'a,b\n1,2', 'csv_id is missing'],
  ])('says why a file with %s is refused', async (_, content, words) => {
    const page = await nurse.open(await preview(content));
    expect(page.status).toBe(422);
    expect(page.text).toContain(words);
  });

  test('offers nothing to import where a file has a header alone', async () => {
    const page = await nurse.open(await preview('csv_id,family_name\r\n'));
    expect(page.text).toContain('a header and no rows');
    expect(page.text).not.toContain('>Import</button>');
  });

  test('refuses no file, and a file that is too large, on the page itself', async () => {
    const none = await choose('', '');
    expect([none.status, (await none.text()).includes('choose a CSV file')]).toEqual([422, true]);
    const large = await choose(new Uint8Array(11 * 1024 * 1024).fill(0x61));
    expect([large.status, (await large.text()).includes('10 MiB')]).toEqual([422, true]);
  });

  test('shows what is changed of a stored patient, and nothing of a record that is closed', async () => {
    const patient = await addPatient(desk, { csvId: '1', city: 'Beirut' });
    const update = 'csv_id,family_name,birth_date,city\r\n1,Okafor,1979-03-14,Tyre\r\n';
    const page = await nurse.open(await preview(update));
    expect(page.text).toMatch(/<code>city<\/code>[^]*Beirut[^]*→[^]*Tyre/);
    const doctor = await desk.client('doctor');
    await doctor.get(`/patients/${patient}`);
    await doctor.submit(`/patients/${patient}/restriction`, `/patients/${patient}/restriction`, {
      restricted: 'yes',
      reason: 'a colleague of the ward',
    });
    const coordinatorless = await desk.node.accounts.users.add('operator', {
      login: 'other.nurse',
      name: 'Other Nurse',
      roles: ['nurse'],
      department: '',
      password: 'quiet-lantern-meadow-48',
    });
    if (coordinatorless.state !== 'done') throw new Error('no second nurse');
    const other = await desk.client();
    await other.signIn({ login: 'other.nurse', password: 'quiet-lantern-meadow-48' });
    const answer = await choose(update, 'x.csv', other);
    const draft = answer.headers.get('location') ?? '';
    const closed = await other.get(draft);
    expect(closed.text).not.toContain('Beirut');
    expect(closed.text).toContain('closed to you');
    expect((await other.submit(draft, draft, {})).text).toContain('must be left out: 1');
  });

  test('erases what empty cells take away only after a tick of its own, which is off', async () => {
    const id = await addPatient(desk, {
      csvId: '1',
      familyName: 'Haddad',
      phone: '+961 1',
      city: 'Tyre',
      policeCase: true,
    });
    const emptied = 'csv_id,family_name,phone,city,police_case\r\n1,Haddad,,Sidon,\r\n';
    const stored = async () => (await desk.node.patients.get(id as PatientId)).details;
    const first = await preview(emptied);
    const page = (await nurse.get(first)).text;
    expect(page).toContain('Erase the 2 stored values whose cells are empty in the file: I have checked them');
    expect(/<input[^>]*value="erase"[^>]*>/.exec(page)?.[0]).not.toContain('checked');
    expect(page.match(/It stays, unless you decide to erase it/g)).toHaveLength(2);
    await nurse.submit(first, first, {});
    expect(await stored()).toMatchObject({ phone: '+961 1', city: 'Sidon', policeCase: true });

    const second = await preview(emptied);
    const done = await nurse.submit(second, second, { decide: 'erase' });
    expect(await stored()).toMatchObject({ city: 'Sidon', policeCase: false });
    expect(await stored()).not.toHaveProperty('phone');
    await nurse.submit(done.location ?? '', `${done.location}/undo`, {});
    expect(await stored()).toMatchObject({ phone: '+961 1', city: 'Sidon', policeCase: true });

    const third = await preview('csv_id,family_name\r\n1,Haddad\r\n');
    expect((await nurse.get(third)).text, 'nothing to erase, nothing to ask').not.toContain('value="erase"');
  });

  test('that cannot be undone says why', async () => {
    const draft = await preview(file);
    const done = await nurse.submit(draft, draft, { decide: 'errors' });
    const [patient] = (await desk.node.patients.list('created', { limit: 1 })).records;
    if (patient === undefined || done.location === undefined) throw new Error('nobody was imported');
    const { details, id, version } = patient;
    await desk.node.patients.change(id, version, { ...details, city: 'Tyre' });
    const page = await nurse.get(done.location);
    expect(page.text).toContain('cannot be undone any more');
    expect(page.text).toContain('1 of its patients was changed');
    expect((await nurse.get('/patients/import')).text).toContain('Cannot be undone: see why');
  });

  test('keeps markup and turned text of cells and file names as text', async () => {
    const draft = await preview(
      'csv_id,family_name,<script>x</script>\r\n1,<img src=x onerror=alert(1)>\u202Eab,y\r\n',
      '"><script>alert(1)</script>.csv',
    );
    const { text } = await nurse.get(draft);
    expect(text).not.toContain('<script>alert');
    expect(text).not.toContain('<img src=x');
    expect(text).not.toContain('<script>x');
    expect(text).toContain('⟨U+202E⟩');
    expect(text).toContain('turns the direction of text');
  });
});

describe('the export of all patients', () => {
  test('gives both forms, each patient with an entry in the journal, and leaves out what is closed', async () => {
    const open = await addPatient(desk, { familyName: '=HYPERLINK("x")' });
    const closed = await addPatient(desk, { csvId: 'A-2', familyName: 'Closed' });
    const doctor = await desk.client('doctor');
    await doctor.submit(`/patients/${closed}/restriction`, `/patients/${closed}/restriction`, {
      restricted: 'yes',
      reason: 'a colleague of the ward',
    });
    const spreadsheet = await nurse.get('/patients/export/spreadsheet');
    expect(spreadsheet.headers.get('content-disposition')).toContain('attachment; filename="patients-spreadsheet.csv"');
    expect(spreadsheet.text).toContain(`"'=HYPERLINK(""x"")"`);
    expect(spreadsheet.text).not.toContain('Closed');
    const interchange = await nurse.get('/patients/export/interchange');
    expect(interchange.text).toContain(`"=HYPERLINK(""x"")"`);
    expect((await nurse.get('/patients/export/other')).status).toBe(404);
    const entries = await desk.node.access.ofSubject({ kind: 'patient', id: open }, 10);
    expect(entries.some(({ act }) => act === 'export')).toBe(true);
    expect((await (await desk.client('auditor')).get('/patients/export/spreadsheet')).status).toBe(403);
  });
});
