import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDirectory } from '../../support/test-directory.ts';
import { failureIn, init, root, run, runJson } from './command-line.ts';

const patients = join(root, 'test/fixtures/fhir/patients.csv');
const xray = join(root, 'test/fixtures/fhir/dicom/synthetic-xray.dcm');
const canary = 'Zyxwvutsrqp';
const nothing = '00000000-0000-4000-8000-000000000000';

describe('a node that does not run', () => {
  const directory = testDirectory();
  const data = ['--data', directory.file('node')];
  beforeAll(async () => {
    const { code, stderr } = await init(directory.file('node'));
    if (code !== 0) throw new Error(stderr);
  });
  afterAll(() => directory[Symbol.dispose]());

  test('is made with private files, and only once', async () => {
    for (const name of ['fernpost.json', 'root.key', 'node.db'])
      expect(statSync(directory.file(`node/${name}`)).mode & 0o777).toBe(0o600);
    const key = readFileSync(directory.file('node/root.key'));
    const again = await init(directory.file('node'));
    expect([again.code, again.stderr]).toEqual([4, expect.stringContaining('exists already')]);
    expect(readFileSync(directory.file('node/root.key'))).toEqual(key);
  });

  test('takes a patient from stdin, shows and finds it, and refuses the same CSV id again', async () => {
    const details = { csv_id: 'N-1', family_name: canary, birth_date: '1980-02-03', sex: 'female' };
    const add = ['patient', 'add', '--file', '-', ...data];
    const added = await runJson(add, { input: JSON.stringify(details) });
    expect(added).toMatchObject({ patient: { version: 1, details }, remarks: [] });
    const again = await run([...add, '--json'], { input: JSON.stringify(details) });
    expect([again.code, failureIn(again).code]).toEqual([4, 'csv-id-taken']);
    expect(again.stderr).not.toContain(canary);
    expect((await runJson(['patient', 'show', 'N-1', ...data]))['patient']).toEqual(added['patient']);
    expect(await runJson(['patient', 'find', canary.slice(0, 4), ...data])).toMatchObject({
      patients: [added['patient']],
    });
  });

  test.each([
    ['a birth date in the future', { csv_id: 'N-2', family_name: canary, birth_date: '2980-01-01' }, 'invalid-details'],
    ['an unknown column', { csv_id: 'N-4', family_name: canary, blood: 'A' }, 'bad-input'],
  ])('refuses a patient with %s and quotes nothing of it', async (_, details, code) => {
    const ended = await run(['patient', 'add', '--file', '-', '--json', ...data], { input: JSON.stringify(details) });
    expect([ended.code, ended.stdout, failureIn(ended).code]).toEqual([2, '', code]);
    expect(ended.stderr).not.toContain(canary);
  });

  test('imports in two steps: nothing is stored before --confirm, and errors must be decided', async () => {
    const before = (await runJson(['patient', 'list', ...data]))['total'];
    const checked = await run(['patient', 'import', patients, ...data]);
    expect([checked.code, checked.stdout]).toEqual([1, expect.stringContaining('7 error, 1 duplicate')]);
    const undecided = await run(['patient', 'import', patients, '--confirm', '--json', ...data]);
    expect([undecided.code, failureIn(undecided).code]).toEqual([1, 'import-undecided']);
    expect((await runJson(['patient', 'list', ...data]))['total']).toBe(before);

    const rejected = directory.file('errors.csv');
    const choices = ['--confirm', '--leave-out-errors', rejected, '--newest-duplicates'];
    const done = await runJson(['patient', 'import', patients, ...choices, ...data]);
    expect(done['outcome']).toMatchObject({ added: 192, updated: 0, leftOut: 8 });
    expect(readFileSync(rejected, 'utf8').trimEnd().split('\r\n')).toHaveLength(8);
    const { import: id } = done['outcome'] as { import: string };
    expect(await runJson(['patient', 'undo-import', id, ...data])).toEqual({ removed: 192, restored: 0 });
    expect((await runJson(['patient', 'list', ...data]))['total']).toBe(before);
  });

  test('keeps what is stored where a cell is empty, unless --erase-empty is said', async () => {
    await runJson(['patient', 'add', '--set', 'csv_id=C-1', '--set', 'family_name=Ode', '--set', 'phone=77', ...data]);
    const file = directory.file('emptied.csv');
    writeFileSync(file, 'csv_id,family_name,phone\r\nC-1,Ode,\r\n');
    const checked = await run(['patient', 'import', file, ...data]);
    expect(checked.stdout).toContain(
      '1 stored value has an empty cell in the file. That stays; --erase-empty erases it.',
    );
    expect(checked.stdout).toContain('empty cell for phone');
    const phone = async () => {
      const { patient } = await runJson(['patient', 'show', 'C-1', ...data]);
      return (patient as { details: { phone?: string } }).details.phone;
    };
    await runJson(['patient', 'import', file, '--confirm', ...data]);
    expect(await phone()).toBe('77');
    const done = await runJson(['patient', 'import', file, '--confirm', '--erase-empty', ...data]);
    expect(done['outcome']).toMatchObject({ updated: 1 });
    expect(await phone()).toBeUndefined();
  });

  test('exports what it holds, in both forms', async () => {
    await runJson(['patient', 'add', '--set', 'csv_id=E-1', '--set', 'family_name=Öz', '--set', 'notes==1+1', ...data]);
    const plain = await run(['patient', 'export', '--id', 'E-1', '--form', 'interchange', ...data]);
    expect(plain.stdout.split('\r\n')[1]).toMatch(/^"E-1","","","Öz".*"=1\+1",""$/);
    const safe = await run(['patient', 'export', '--id', 'E-1', '--form', 'spreadsheet', ...data]);
    expect(safe.stdout.split('\r\n')[1]).toMatch(/"'=1\+1","","safe-1"$/);
    const file = directory.file('all.csv');
    await runJson(['patient', 'export', '--all', '--form', 'interchange', '--out', file, ...data]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const over = await run(['patient', 'export', '--all', '--form', 'interchange', '--out', file, ...data]);
    expect([over.code, over.stderr]).toEqual([4, expect.stringContaining('nothing was written')]);
    expect((await run(['patient', 'export', '--form', 'interchange', ...data])).code).toBe(2);
  });

  test('keeps a file as it was, and a consultation', async () => {
    const { attachment } = (await runJson(['patient', 'attach', 'N-1', xray, ...data])) as {
      attachment: { id: string; size: number; contentType: string };
    };
    expect(attachment).toMatchObject({ size: 188_524, contentType: 'application/dicom', title: 'synthetic-xray.dcm' });
    const copy = directory.file('copy.dcm');
    await runJson(['patient', 'attachment', attachment.id, '--out', copy, ...data]);
    expect(readFileSync(copy)).toEqual(readFileSync(xray));
    const consult = [
      'patient',
      'consult',
      'N-1',
      '--reason',
      'fever',
      '--by',
      'Dr. Oz',
      '--at',
      '2026-01-02T03:04:05Z',
    ];
    await runJson([...consult, ...data]);
    expect(await runJson(['patient', 'show', 'N-1', ...data])).toMatchObject({
      consultations: [{ reason: 'fever', at: '2026-01-02T03:04:05.000Z', class: 'AMB' }],
      attachments: [{ id: attachment.id }],
    });
  });

  test('verifies its own log', async () => {
    expect(await runJson(['log', 'verify', ...data])).toMatchObject({
      state: 'sound',
      origin: 'alder.example/log',
      size: 1,
    });
    const { stdout } = await run(['log', 'checkpoint', ...data]);
    expect(stdout).toMatch(/^alder\.example\/log\n1\n/);
  });

  test.each([
    ['an unknown patient', ['patient', 'show', 'nobody'], 3, 'unknown-patient'],
    ['an unknown referral', ['referral', 'show', nothing], 3, undefined],
    ['a referral id that is none', ['referral', 'accept', 'x'], 2, 'bad-input'],
    ['a word that is no command', ['patient', 'remove'], 2, 'usage'],
    ['a token nobody has', ['log', 'token', 'revoke', 'nobody'], 3, 'unknown-token'],
    ['a withdrawal of nothing', ['referral', 'withdraw', nothing], 3, 'unknown-referral'],
    ['a question about nothing', ['referral', 'ask', nothing, '--question', 'Why?'], 3, 'unknown-referral'],
    ['an answer to nothing', ['referral', 'answer', nothing, '--text', 'So'], 3, 'unknown-referral'],
    ['a question without words', ['referral', 'ask', nothing], 2, 'usage'],
    ['a column that is none', ['patient', 'add', '--set', 'Zyxwvutsrqp=x'], 2, 'bad-input'],
    ['a directory for a file', ['bundle', 'check', '.'], 2, 'not-a-file'],
    ['a count of nothing', ['patient', 'list', '--limit', '0'], 2, 'bad-input'],
    ['a log without its key', ['log', 'verify', '--url', 'http://127.0.0.1:1/log'], 2, 'usage'],
  ])('answers %s with its exit code', async (_, given, code, word) => {
    const ended = await run([...given, '--json', ...data]);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    if (word !== undefined) expect(failureIn(ended).code).toBe(word);
    expect(ended.stderr).not.toContain(canary);
  });
});

describe('a data directory that cannot be used', () => {
  test('gets one clear message, and doctor says whose matter it is', async () => {
    using directory = testDirectory();
    const node = directory.file('node');
    const list = ['patient', 'list', '--data', node, '--json'];
    const nothing = await run(list);
    expect([nothing.code, failureIn(nothing).message]).toEqual([3, expect.stringContaining('fernpost init')]);

    mkdirSync(node);
    writeFileSync(join(node, 'fernpost.json'), '{"v": 1,');
    const corrupt = await run(list);
    expect([corrupt.code, failureIn(corrupt).message]).toEqual([2, expect.stringContaining('is not JSON')]);
    rmSync(node, { recursive: true });

    mkdirSync(node);
    writeFileSync(join(node, 'blobs'), 'a file where a directory belongs');
    const broken = await init(node);
    expect([broken.code === 0, readdirSync(node)]).toEqual([false, ['blobs']]);
    rmSync(join(node, 'blobs'));
    expect((await init(node)).code).toBe(0);
    chmodSync(join(node, 'root.key'), 0o644);
    const open = await run(list);
    expect([open.code, failureIn(open).message]).toEqual([6, expect.stringContaining('chmod 600')]);
    const doctor = await run(['doctor', '--data', node, '--json']);
    expect(doctor.code).toBe(1);
    expect(JSON.parse(doctor.stdout)).toMatchObject({
      healthy: false,
      findings: expect.arrayContaining([
        expect.objectContaining({
          check: 'root key',
          state: 'fail',
          side: 'this node',
          fix: expect.stringContaining('chmod') as unknown,
        }),
      ]) as unknown,
    });

    chmodSync(join(node, 'root.key'), 0o600);
    writeFileSync(join(node, 'node.db'), 'this is no database'.repeat(1000));
    const damaged = await run(list);
    expect([damaged.code, failureIn(damaged).code]).toEqual([6, 'corrupt']);
  });

  test('opens with the passphrase that sealed it, and with no other', async () => {
    using directory = testDirectory();
    const node = directory.file('node');
    writeFileSync(directory.file('right'), 'correct horse battery staple\n');
    writeFileSync(directory.file('wrong'), 'something else entirely\n');
    expect((await init(node, 'alder.example', ['--passphrase-file', directory.file('right')])).code).toBe(0);
    const list = (file: string) =>
      run(['patient', 'list', '--data', node], {
        environment: file === '' ? {} : { FERNPOST_ROOT_PASSPHRASE_FILE: directory.file(file) },
      });
    expect((await list('right')).code).toBe(0);
    expect((await list('wrong')).code).toBe(1);
    expect(await list('')).toMatchObject({ code: 1, stderr: expect.stringContaining('is sealed') as unknown });
  });
});
