import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDirectory } from '../../support/test-directory.ts';
import { failureIn, init, run, runJson } from './command-line.ts';

const password = 'walrus-teapot-canyon-19';

describe('users by the command line', () => {
  const directory = testDirectory();
  const data = ['--data', directory.file('node')];
  const add = (login: string, ...more: readonly string[]) => ['user', 'add', login, '--name', 'Ada Moore', ...more];
  beforeAll(async () => {
    const { code, stderr } = await init(directory.file('node'));
    if (code !== 0) throw new Error(stderr);
  });
  afterAll(() => directory[Symbol.dispose]());

  test('are added with a password from stdin, which is not repeated, or with a temporary one told once', async () => {
    const first = [...add('Ada', '--role', 'administrator', '--password-stdin'), ...data];
    const { stdout } = await run(first, { input: `${password}\nrest` });
    expect(stdout).toBe('Added ada (administrator).\n');
    const second = await runJson([
      ...add('bob', '--role', 'doctor', '--role', 'nurse', '--department', 'ENT'),
      ...data,
    ]);
    expect(second).toMatchObject({
      user: { login: 'bob', roles: ['doctor', 'nurse'], department: 'ENT', password: 'temporary', active: true },
      temporaryPassword: expect.stringMatching(/^[a-z]+(-[a-z]+){4}$/) as string,
    });
    const listed = await run(['user', 'list', ...data]);
    expect(listed.stdout).toMatch(/^ada +active +administrator/m);
    expect(listed.stdout).toMatch(/^bob +temporary +doctor, nurse/m);
    expect(listed.stdout).not.toContain(String(second['temporaryPassword']));
  });

  test.each([
    ['a password that is too short', add('cy', '--role', 'doctor', '--password-stdin'), 'too short', 2, 'bad-user'],
    ['an empty line instead of a password', add('cy', '--role', 'doctor', '--password-stdin'), '\n', 2, 'bad-input'],
    ['a role that there is not', add('cy', '--role', 'root'), '', 2, 'unknown-role'],
    ['roles that do not go together', add('cy', '--role', 'administrator', '--role', 'doctor'), '', 2, 'bad-user'],
    ['a login that is taken, in other letters', add('ADA', '--role', 'doctor'), '', 2, 'bad-user'],
    ['a login that nobody has', ['user', 'password', 'nobody'], '', 3, 'unknown-user'],
    ['the last administrator to be removed', ['user', 'deactivate', 'ada'], '', 4, 'last-administrator'],
  ])('refuse %s', async (_, given, input, exit, code) => {
    const ended = await run([...given, '--json', ...data], { input });
    expect([ended.code, failureIn(ended).code]).toEqual([exit, code]);
    expect(ended.stderr).not.toContain('too short');
  });

  test('get new passwords, leave and come back', async () => {
    expect(await runJson(['user', 'deactivate', 'bob', ...data])).toMatchObject({ user: { active: false } });
    expect(await runJson(['user', 'activate', 'bob', ...data])).toMatchObject({ user: { active: true } });
    const own = await runJson(['user', 'password', 'bob', '--password-stdin', ...data], { input: password });
    expect(own).toMatchObject({ user: { password: 'own' }, temporaryPassword: null });
    const given = await run(['user', 'password', 'bob', ...data]);
    expect(given.stdout).toMatch(/^bob has a new password\.\nTemporary password: [a-z]+(-[a-z]+){4}\n/);
    expect((await run(['user', 'password', 'bob', '--ask', '--json', ...data])).code).toBe(2);
  });
});
