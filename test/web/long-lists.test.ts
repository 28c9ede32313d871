import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { accessQueries } from '../../node/accounts/access-queries.ts';
import { accountQueries } from '../../node/accounts/account-queries.ts';
import { logQueries } from '../../node/exchange-log/queries.ts';
import { finishImport, insertImport } from '../../node/records/csv/import-queries.ts';
import type { Writer } from '../../node/store/store.ts';
import { openDesks, type TestDesk, type TestDesks } from '../support/desk.ts';
import type { DeskClient } from '../support/desk-client.ts';
import { addPatient, plainPatient } from './patients/sample-patient.ts';

let desks: TestDesks;
let desk: TestDesk;
let patient: string;
beforeAll(async () => {
  desks = await openDesks({ names: ['alder'], jobs: false });
  desk = desks.at('alder');
  patient = await addPatient(desk, plainPatient('L-1', 'Long'));
});
afterAll(async () => await desks[Symbol.asyncDispose]());

const began = Date.parse('2020-01-01T00:00:00Z');
const named = (n: number): string => `row-${String(n).padStart(4, '0')}`;
/** Two of each moment: a page may end between them. */
const momentOf = (n: number): number => began + Math.floor(n / 2) * 1000;

interface List {
  readonly role: 'administrator' | 'auditor' | 'doctor';
  readonly path: () => string;
  readonly pageSize: number;
  readonly add: (writer: Writer, n: number) => Promise<unknown>;
}

const lists: Readonly<Record<string, List>> = {
  users: {
    role: 'administrator',
    path: () => '/admin/users',
    pageSize: 100,
    add: (writer, n) =>
      writer.run(accountQueries.add, {
        id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
        login: named(n),
        name: n % 2 === 0 ? 'Pat Same' : `Pat ${9999 - n}`,
        department: '',
        roles: 'nurse',
        active: n % 3 === 0 ? 0 : 1,
        created_at: began,
        last_sign_in_at: null,
        last_sign_in_address: '',
        last_sign_in_agent: '',
        failures: 0,
        shortcuts: 1,
        text_size: 'normal',
      }),
  },
  "auditors' tokens": {
    role: 'administrator',
    path: () => '/admin/auditors',
    pageSize: 50,
    add: (writer, n) =>
      writer.run(logQueries.putToken, {
        hash: sha256(utf8(named(n))),
        kind: 'auditor',
        label: named(n),
        created_at: momentOf(n),
        created_by: 'operator',
      }),
  },
  'evidence against peers': {
    role: 'auditor',
    path: () => '/log/consistency',
    pageSize: 50,
    add: (writer, n) =>
      writer.run(logQueries.putEvidence, {
        id: named(n),
        kind: 'forked-log',
        peer: 'birch.example',
        at: momentOf(n),
        body: 'evidence',
      }),
  },
  'changes of settings': {
    role: 'administrator',
    path: () => '/admin/changes',
    pageSize: 100,
    add: (writer, n) =>
      desk.node.adminChanges.note(writer, { id: 'tests', name: 'Ada Admin' }, [
        { subject: 'setting', id: '', name: 'greeting', old: named(n), new: named(n + 1) },
      ]),
  },
  'past imports': {
    role: 'doctor',
    path: () => '/patients/import',
    pageSize: 50,
    add: async (writer, n) => {
      const id = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
      await writer.run(insertImport, { id, now: momentOf(n) });
      await writer.run(finishImport, { id, now: momentOf(n), added: n, updated: 0 });
    },
  },
  'the journal of a record': {
    role: 'doctor',
    path: () => `/patients/${patient}/restriction`,
    pageSize: 50,
    add: (writer, n) =>
      writer.run(accessQueries.add, {
        at: momentOf(n),
        account: `no user ${n}`,
        kind: 'patient',
        subject: patient,
        act: 'view',
        acted: 0,
        reason: null,
        reference: null,
      }),
  },
};

/** The keys of the rows of each page, from the first one on. */
async function walk(client: DeskClient, path: string): Promise<{ readonly keys: string[]; readonly bytes: number[] }> {
  const keys: string[] = [];
  const bytes: number[] = [];
  for (let next: string | undefined = path; next !== undefined && bytes.length < 30;) {
    const { status, text }: { status: number; text: string } = await client.get(next);
    expect([next, status]).toEqual([next, 200]);
    keys.push(...[...text.matchAll(/data-key="([^"]+)"|evidence\?id=([^"]+)"/g)].map(([, key, id]) => key ?? id ?? ''));
    bytes.push(Buffer.byteLength(text));
    next = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
  }
  return { keys, bytes };
}

test.each(Object.keys(lists))('%s: no page grows with the list, and each row stands on one of them', async (name) => {
  const { role, path, pageSize, add } = lists[name] ?? expect.unreachable();
  const client = await desk.client(role);
  const fill = async (from: number, to: number): Promise<void> =>
    await desk.node.store.write(async (writer) => {
      for (let n = from; n < to; n += 1) await add(writer, n);
    });
  const held = (await walk(client, path())).keys.length;
  await fill(0, pageSize + 1 - held);
  const before = await walk(client, path());
  expect(before.bytes).toHaveLength(2);
  await fill(pageSize + 1 - held, 4 * pageSize);
  const after = await walk(client, path());
  expect(new Set(after.keys).size).toBe(after.keys.length);
  expect(after.keys.length).toBeGreaterThanOrEqual(4 * pageSize);
  expect(after.bytes.length).toBeLessThanOrEqual(6);
  for (const bytes of after.bytes) expect(bytes).toBeLessThan((before.bytes[0] ?? 0) * 1.2);
});

test('an import is found by its address however many came after it', async () => {
  const client = await desk.client('doctor');
  const { keys } = await walk(client, '/patients/import');
  expect(keys.length).toBeGreaterThan(100);
  expect((await client.get(`/patients/imports/${keys.at(-1) ?? ''}`)).status).toBe(200);
});

test.each([
  ['doctor', '/patients/import?behind=x'],
  ['administrator', '/admin/users?after=x'],
  ['administrator', '/admin/auditors?before=x'],
  ['auditor', '/log/consistency?before=1.x.y'],
] as const)('a place in a list that cannot be one begins at the first page: %s %s', async (role, path) => {
  const { status, text } = await (await desk.client(role)).get(path);
  expect(status).toBe(200);
  expect(text).toContain('rel="next"');
});
