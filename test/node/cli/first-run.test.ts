import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { utc } from '../../../node/alerts/time-zone.ts';
import { momentWords } from '../../../node/web/components/text.tsx';
import { MailError, type MailPort } from '../../../node/platform/mail.ts';
import { TransportError } from '../../../node/peers/transport.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { unescape } from '../../support/desk-client.ts';
import { testDirectory } from '../../support/test-directory.ts';
import { failureIn, init, run } from './command-line.ts';

interface Told {
  readonly ready: boolean;
  readonly keysConfirmed: boolean;
  readonly next: { readonly what: string; readonly how: readonly string[] };
  readonly checks: readonly {
    readonly name: string;
    readonly title: string;
    readonly state: string;
    readonly findings: readonly {
      readonly heading: string;
      readonly detail: string;
      readonly toDo: { readonly side: string; readonly fix: string; readonly meaning: string } | null;
    }[];
  }[];
}

/** What a hospital's `init` has written: the command line finds the node of this process by it. */
function writeConfig({ node, dataDirectory }: TestDesk): void {
  const { name, title, url } = node.config;
  const doors = { exchange: { host: '127.0.0.1', port: 8443 }, desk: { host: '127.0.0.1', port: 8081 } };
  writeFileSync(join(dataDirectory, 'fernpost.json'), JSON.stringify({ v: 1, name, title, url, ...doors }));
}

describe('a running node', () => {
  let desks: TestDesks;
  let alder: TestDesk;
  const mail: MailPort = { verify: async () => undefined, send: async () => undefined, close: async () => undefined };

  beforeAll(async () => {
    desks = await openDesks({ mail });
    alder = desks.at('alder');
    writeConfig(alder);
  });
  afterEach(() => void vi.restoreAllMocks());
  afterAll(async () => {
    await desks[Symbol.asyncDispose]();
  });

  const firstRun = (...more: readonly string[]) => run(['first-run', '--data', alder.dataDirectory, ...more]);
  const asked = async (): Promise<Told> => JSON.parse((await firstRun('--json')).stdout) as Told;

  /** The six as the page shows them: title, tag and every paragraph, in its order. */
  async function onThePage(): Promise<readonly (readonly string[])[]> {
    const { text } = await (await alder.client('administrator')).get('/admin/first-run');
    const sections = [...text.matchAll(/<section class="panel"(.*?)<\/section>/gs)];
    return sections.map(([, section = '']) =>
      [...section.matchAll(/<(h2|span class="tag[^"]*"|p)[^>]*>(.*?)<\/(?:h2|span|p)>/gs)]
        .map(([, , inner = '']) => unescape(inner.replaceAll(/<[^>]*>/g, '')).trim())
        .filter((words) => words !== ''),
    );
  }

  /** The terminal writes moments as machines do, the page by the hospital's clock. */
  const inPageWords = (text: string): string =>
    text.replaceAll(/\d{4}-\d{2}-\d{2}T[\d:]{8}Z/g, (moment) => momentWords(Date.parse(moment), utc));

  /** The same lines, made of what the terminal answers as JSON. */
  function inTheTerminal({ checks }: Told): readonly (readonly string[])[] {
    const tags: Readonly<Record<string, string>> = { ok: '✓ good', warn: '! look at it', fail: '✕ fails' };
    return checks.map(({ title, state, findings }, i) => [
      `${i + 1}. ${title}`,
      tags[state] ?? '',
      ...findings.flatMap(({ heading, detail, toDo }) => [
        inPageWords(heading === '' ? detail : `${heading}: ${detail}`),
        ...(toDo === null ? [] : [`To do (${toDo.side})`, toDo.fix, toDo.meaning]),
      ]),
    ]);
  }

  const broken: readonly (readonly [string, string, () => void])[] = [
    ['a root key that others can read', 'keys', () => chmodSync(join(alder.dataDirectory, 'root.key'), 0o644)],
    ['a full disk', 'database', () => void vi.spyOn(alder.node.store, 'isFull').mockReturnValue(true)],
    [
      'a mail server that refuses',
      'mail and clock',
      () => void vi.spyOn(mail, 'verify').mockRejectedValue(new MailError('login-refused', 'the sign-in was refused')),
    ],
    [
      'a public address that nobody answers at',
      'public url',
      () =>
        void vi
          .spyOn(alder.node.transport, 'plain')
          .mockRejectedValue(new TransportError('NET_UNREACHABLE', 'no connection')),
    ],
  ];

  test('whose keys nobody has confirmed says so in both, with the command that confirms', async () => {
    const ended = await firstRun();
    expect([ended.code, ended.stderr]).toEqual([1, '']);
    expect(ended.stdout).toContain('2. Keys made and backed up: FAIL');
    expect(ended.stdout).toContain(`fernpost first-run --keys-in-safe 'YOUR NAME' --data ${alder.dataDirectory}`);
    expect(ended.stdout).toContain('5 of 6 hold.\nYou may pair a peer before everything holds.');
    expect(inTheTerminal(await asked())).toEqual(await onThePage().then(withoutTheForm));
  });

  test('takes the confirmation of a person, whose name is in the log', async () => {
    const before = alder.node.log.head().size;
    const tooLong = await firstRun('--json', '--keys-in-safe', 'x'.repeat(62));
    expect([tooLong.code, failureIn(tooLong).code]).toEqual([2, 'bad-name']);
    const ended = await firstRun('--keys-in-safe', 'Ada Admin');
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(ended.stdout).toMatch(/confirmed: [-0-9TZ:]{20} by Ada Admin at the machine\n/);
    expect(ended.stdout).toContain('6 of 6 hold.\nThis node is ready for its first peer.');
    expect(ended.stdout).toContain(`  fernpost peer invite --data ${alder.dataDirectory}\n`);
    expect(alder.node.log.head().size).toBe(before + 1);
    const [change] = await alder.node.adminChanges.list(1);
    expect(change).toMatchObject({ name: 'keysBackedUp', new: expect.stringContaining('by Ada Admin') as string });
  });

  test('that is good has the same six results in terminal and page', async () => {
    const told = await asked();
    expect(told.checks.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'ok']);
    expect(inTheTerminal(told)).toEqual(await onThePage());
  });

  test.each(broken)('with %s has the same six results in terminal and page', async (_, name, breakIt) => {
    breakIt();
    const told = await asked();
    const page = await onThePage();
    chmodSync(join(alder.dataDirectory, 'root.key'), 0o600);
    expect(told.checks.filter(({ state }) => state === 'fail').map((check) => check.name)).toEqual([name]);
    expect(told.ready).toBe(false);
    expect(inTheTerminal(told)).toEqual(page);
  });

  /** The page asks for the confirmation where the terminal names a command. */
  function withoutTheForm(sections: readonly (readonly string[])[]): readonly (readonly string[])[] {
    return sections.map((lines, i) =>
      i === 1 ? lines.filter((line) => !line.includes('A copy of the root key')) : lines,
    );
  }
});

describe('a node that does not run', () => {
  test('is checked all the same, and the next step is to start it', async () => {
    using directory = testDirectory();
    const node = directory.file('a node');
    await init(node);
    const ended = await run(['first-run', '--data', node]);
    expect([ended.code, ended.stderr]).toEqual([1, '']);
    for (const line of [
      '1. Name: ok',
      '3. Database: ok',
      '4. Storage: write, read, delete: ok',
      '6. Public address: FAIL',
    ])
      expect(ended.stdout).toContain(line);
    expect(ended.stdout).toContain('To do (this node): Start it: fernpost serve');
    expect(ended.stdout).toContain(`Next: start the node\n  fernpost serve --data '${node}'\n`);
    const none = await run(['first-run', '--json', '--data', directory.file('none')]);
    expect([none.code, failureIn(none).kind]).toEqual([3, 'not-found']);
  });

  test('and then runs without any user leads to its first administrator', async () => {
    await using desks = await openDesks({ users: false });
    const { dataDirectory } = desks.at('alder');
    writeConfig(desks.at('alder'));
    const { stdout } = await run(['first-run', '--json', '--data', dataDirectory]);
    const { next } = JSON.parse(stdout) as Told;
    expect(next.what).toContain('first administrator');
    expect(next.how).toEqual([
      'http://localhost:8081/setup',
      `fernpost user add LOGIN --name 'YOUR NAME' --role administrator --ask --data ${dataDirectory}`,
    ]);
  });
});
