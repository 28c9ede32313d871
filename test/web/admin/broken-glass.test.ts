import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SignedInUser } from '../../../node/accounts/accounts.ts';
import { recentMax, rowsPerPage } from '../../../node/web/pages/admin/broken-glass.tsx';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { addPatient } from '../uploads/upload-support.ts';

let desks: TestDesks;
let desk: TestDesk;
beforeAll(async () => {
  desks = await openDesks({ jobs: false });
  desk = desks.at('alder');
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
});

const doctor = (): SignedInUser => ({
  id: desk.users.doctor.id,
  login: desk.users.doctor.login,
  name: 'Dr Dora Doctor',
  roles: ['doctor'],
  department: '',
});

test('administrators see on their first page who broke the glass, when and why, and no patient', async () => {
  const administrator = await desk.client('administrator');
  const nothing = (await administrator.get('/admin')).text;
  expect(nothing).toContain('Nobody broke the glass in the last 30 days.');
  expect(nothing).not.toContain('in the last 24 hours');
  const id = await addPatient(desk);
  await desk.node.access.restrict(doctor(), { kind: 'patient', id }, 'a colleague of ours');
  const nurse = await desk.client('nurse');
  const closed = await nurse.get(`/patients/${id}`);
  expect(closed.text).toContain('the names and numbers of this one are left out');
  const reason = 'Ada OKAFOR (A-1) found without <b>consciousness</b>';
  await nurse.submit(`/patients/${id}`, `/patients/${id}/break-glass`, { reason });

  expect((await administrator.get('/admin')).text).toContain('A restricted record was opened in the last 24 hours');
  for (const path of ['/admin', '/admin/break-glass']) {
    const { text } = await administrator.get(path);
    expect(text).toContain('Nia Nurse');
    expect(text).toContain('(name) (name) ((number)) found without &lt;b&gt;consciousness&lt;/b&gt;');
    expect(text).not.toMatch(new RegExp(`${id}|Okafor|OKAFOR`));
    const reference = /<code title="([A-Za-z0-9_-]{43})">/.exec(text)?.[1];
    expect(reference).toBe((await desk.node.access.brokenGlass({ limit: 1 }))[0]?.reference);
  }
  for (const role of ['doctor', 'nurse', 'auditor'] as const)
    expect((await (await desk.client(role)).get('/admin/break-glass')).status).toBe(403);
});

test('the first page has the newest of them, the list has all, a page at a time', async () => {
  const administrator = await desk.client('administrator');
  const id = await addPatient(desk, { csvId: 'A-2' });
  const before = (await desk.node.access.brokenGlass({ limit: 1000 })).length;
  for (let n = before + 1; n <= rowsPerPage; n += 1)
    await desk.node.access.breakGlass(doctor(), { kind: 'patient', id }, `emergency number ${n}`);
  const rows = (html: string) => html.match(/emergency number \d+/g) ?? [];
  expect(rows((await administrator.get('/admin')).text)).toHaveLength(recentMax);
  const full = await administrator.get('/admin/break-glass');
  expect([rows(full.text).length + before, full.text.includes('More →')]).toEqual([rowsPerPage, false]);
  await desk.node.access.breakGlass(doctor(), { kind: 'patient', id }, `emergency number ${rowsPerPage + 1}`);
  const first = await administrator.get('/admin/break-glass');
  expect(rows(first.text)[0]).toBe(`emergency number ${rowsPerPage + 1}`);
  const next = /rel="next" href="([^"]*)"/.exec(first.text)?.[1] ?? '';
  const second = await administrator.get(next);
  expect((second.text.match(/data-key=/g) ?? []).length).toBe(1);
  expect(second.text).toContain('rel="prev"');
});
