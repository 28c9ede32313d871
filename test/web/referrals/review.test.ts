import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PatientDetails } from '../../../node/records/model.ts';
import { statement } from '../../../node/store/statement.ts';
import { eventually } from '../../support/desk.ts';
import type { DeskClient } from '../../support/desk-client.ts';
import { addFile, addPatient, openTwoDesks, refer, submitAt, textOf, type TwoDesks } from './two-desks.ts';

let desks: TwoDesks;
let patients = 0;

beforeAll(async () => {
  desks = await openTwoDesks();
});

afterAll(async () => {
  const told = [...desks.alder.told, ...desks.birch.told].filter((line) => line.startsWith('error'));
  await desks[Symbol.asyncDispose]();
  expect(told).toEqual([]);
});

const png = Uint8Array.fromBase64(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
);

async function arrived(
  wanted: Partial<Parameters<typeof refer>[1]> = {},
  familyName = 'Review',
  more: Partial<PatientDetails> = {},
): Promise<string> {
  patients += 1;
  const details = { csvId: `R-${patients}`, familyName, givenNames: 'Robin', birthDate: '1980-05-06', ...more };
  return refer(desks, { patient: await addPatient(desks.alder, details), ...wanted });
}

async function decideAt(client: DeskClient, id: string, fields: Readonly<Record<string, string>>) {
  return submitAt(client, await client.get(`/received/${id}`), `/received/${id}`, fields);
}

const stateAt = async (client: DeskClient, path: string): Promise<string> => textOf((await client.get(path)).text);

test('a doctor accepts, may undo it, and the sender hears of the decision that stayed', async () => {
  const { birch, atAlder, atBirch } = desks;
  const id = await arrived();
  const first = await atBirch.get(`/received/${id}`);
  const accepted = await decideAt(atBirch, id, { decision: 'accepted', note: 'Bed 4' });
  expect(accepted.location).toBe(`/received/${id}`);
  const page = await atBirch.get(`/received/${id}`);
  expect(textOf(page.text)).toMatch(/You accepted IN-BIRCH-\d+-\d+ \. The signed answer leaves in (?:10|9) s/);
  const undone = await submitAt(atBirch, page, `/received/${id}/undo`, {});
  expect(undone.location).toBe(`/received/${id}`);
  expect(await birch.node.referralDesk.decisions.of(id as never)).toEqual([]);
  const again = await submitAt(atBirch, first, `/received/${id}`, { decision: 'accepted' });
  expect(again.status, 'the page that was gone back to').toBe(303);
  const twice = await submitAt(atBirch, first, `/received/${id}`, { decision: 'accepted' });
  expect(twice.status).toBe(303);
  expect(await birch.node.referralDesk.decisions.of(id as never)).toHaveLength(1);
  await submitAt(atBirch, await atBirch.get(`/received/${id}`), `/received/${id}/undo`, {});
  const declined = await decideAt(atBirch, id, {
    decision: 'rejected',
    reason: 'No bed "today" <i>',
    advice: 'Ask Cedar',
  });
  expect(declined.status).toBe(303);
  expect(await stateAt(atAlder, `/sent/${id}/panel`)).not.toContain('Declined');
  await eventually(async () => (await stateAt(atAlder, `/sent/${id}/panel`)).includes('Declined'));
  const told = await atAlder.get(`/sent/${id}/panel`);
  expect(told.text).toContain('No bed &quot;today&quot; &lt;i&gt;');
  expect(textOf(told.text)).toContain('Dr Dora Doctor');
  expect(textOf(told.text)).toContain('Ask Cedar');
  await eventually(async () => (await stateAt(atBirch, `/received/${id}/panel`)).includes('has our answer'));
}, 40_000);

test('until when it can be accepted stands on both desks, and on neither once it is accepted', async () => {
  const { atAlder, atBirch } = desks;
  const id = await arrived();
  const pages = [
    [atBirch, `/received/${id}`],
    [atBirch, `/received/${id}/print`],
    [atAlder, `/sent/${id}`],
    [atAlder, `/sent/${id}/print`],
  ] as const;
  const said = () =>
    Promise.all(
      pages.map(async ([client, path]) => (await stateAt(client, path)).split('To be accepted until').length - 1),
    );
  expect(await said()).toEqual([1, 1, 1, 1]);
  await decideAt(atBirch, id, { decision: 'accepted' });
  expect(await stateAt(atBirch, `/received/${id}`), 'in the seconds of the undo').not.toContain('accepted until');
  await eventually(async () => (await stateAt(atAlder, `/sent/${id}/panel`)).includes('Accepted'));
  expect(await said()).toEqual([0, 0, 0, 0]);
}, 40_000);

test('a decline without a reason is refused beside its field, and the words stay', async () => {
  const { atBirch } = desks;
  const id = await arrived();
  const refused = await decideAt(atBirch, id, { decision: 'rejected', reason: ' ', advice: 'Ask Cedar' });
  expect(refused.status).toBe(422);
  expect(refused.text).toContain('A rejection needs a reason');
  expect(refused.text).toContain('Ask Cedar');
  expect(refused.text).toMatch(/<details id="decline" open/);
});

test('two doctors decide at once: the second one sees who did', async () => {
  const { birch, atBirch } = desks;
  const id = await arrived();
  await birch.node.accounts.users.add('operator', {
    login: 'second.birch',
    name: 'Dr Second',
    roles: ['doctor'],
    department: '',
    password: 'quiet-lantern-meadow-48',
  });
  const second = await birch.client();
  await second.signIn({ login: 'second.birch', password: 'quiet-lantern-meadow-48' });
  const [mine, theirs] = [await atBirch.get(`/received/${id}`), await second.get(`/received/${id}`)];
  const first = await submitAt(atBirch, mine, `/received/${id}`, { decision: 'accepted' });
  const late = await submitAt(second, theirs, `/received/${id}`, { decision: 'rejected', reason: 'No bed' });
  expect([first.status, late.status]).toEqual([303, 409]);
  expect(late.text).toContain('Dr Dora Doctor accepted it a moment ago');
  expect(textOf((await second.get(`/received/${id}`)).text)).not.toContain('You accepted');
  const undo = await second.get(`/received/${id}`);
  expect(undo.text).not.toContain('/undo"');
});

test('accept and next leads to the referral that waits most, the last one to the inbox', async () => {
  const { birch, atBirch } = desks;
  const waiting = await birch.node.referrals.list('received', { limit: 100 });
  for (const { id, state } of waiting)
    if (state === 'received')
      await birch.node.referrals.reject(id, { reason: 'x', author: { id: 'x', name: 'x' } }).catch(() => undefined);
  const routine = await arrived({ priority: 'routine' });
  const urgent = await arrived({ priority: 'urgent' });
  const stat = await arrived({ priority: 'stat' });
  const next = async (id: string) => (await decideAt(atBirch, id, { decision: 'accepted', next: 'yes' })).location;
  expect(await next(urgent)).toBe(`/received/${stat}`);
  expect(await next(stat)).toBe(`/received/${routine}`);
  expect(await next(routine)).toBe('/');
});

test('a nurse reads and does not decide; an administrator and a stranger see nothing', async () => {
  const { birch } = desks;
  const id = await arrived();
  const nurse = await birch.client('nurse');
  const page = await nurse.get(`/received/${id}`);
  expect(page.status).toBe(200);
  expect(page.text).not.toContain('id="accept"');
  expect((await nurse.post(`/received/${id}`, { decision: 'accepted' })).status).toBe(403);
  expect((await (await birch.client('administrator')).get(`/received/${id}`)).status).toBe(403);
  expect((await (await birch.client('auditor')).get(`/received/${id}`)).status).toBe(403);
  const nobody = await birch.client();
  expect((await nobody.get(`/received/${id}`)).location).toMatch(/^\/sign-in/);
  expect((await desks.atBirch.get('/received/not-a-referral')).status).toBe(404);
});

test('pictures are shown only when their bytes are pictures, everything else is a file', async () => {
  const { alder, atBirch } = desks;
  const patient = await addPatient(alder, { csvId: 'P-1', familyName: 'Pictures' });
  const html = new TextEncoder().encode('<html><script>alert(1)</script></html>');
  const files = {
    real: await addFile(alder, patient, { title: 'Real ‮film', contentType: 'image/png', bytes: png }),
    lie: await addFile(alder, patient, { title: 'Lie', contentType: 'image/png', bytes: html }),
    page: await addFile(alder, patient, { title: '../page.html', contentType: 'text/html', bytes: html }),
  };
  const id = await refer(desks, { patient, attachments: Object.values(files) });
  const page = await atBirch.get(`/received/${id}`);
  expect(page.text).toContain(`/received/${id}/images/${files.real}`);
  expect(page.text).not.toContain(`/received/${id}/images/${files.page}`);
  expect(page.text).not.toContain('‮');
  const real = await atBirch.fetch(`/received/${id}/images/${files.real}`, {});
  expect([real.status, real.headers.get('content-type'), real.headers.get('x-content-type-options')]).toEqual([
    200,
    'image/png',
    'nosniff',
  ]);
  expect(real.headers.get('content-security-policy')).toContain('sandbox');
  expect(new Uint8Array(await real.arrayBuffer())).toEqual(png);
  const lie = await atBirch.get(`/received/${id}/images/${files.lie}`);
  expect([lie.status, lie.text.includes('alert(1)')]).toEqual([422, false]);
  const saved = await atBirch.fetch(`/received/${id}/attachments/${files.page}`, {});
  expect(saved.headers.get('content-disposition')).toMatch(/^attachment; filename="[^"/]*"/);
  expect(saved.headers.get('content-type')).toBe('application/octet-stream');
  expect(new Uint8Array(await saved.arrayBuffer())).toEqual(html);
  expect((await atBirch.get(`/received/${id}/attachments/nothing`)).status).toBe(404);
});

test('an X-ray that names another person is warned of, one of the referred patient is not', async () => {
  const { alder, atBirch } = desks;
  const person = { csvId: 'A-004217', mrn: 'MRN-A-004217', familyName: 'Tesfaye', givenNames: 'Selam' };
  const bytes = new Uint8Array(readFileSync('test/fixtures/fhir/dicom/synthetic-xray.dcm'));
  const warned = async (birthDate: string, csvId: string): Promise<boolean> => {
    const patient = await addPatient(alder, { ...person, csvId, birthDate });
    const file = await addFile(alder, patient, { title: 'Forearm', contentType: 'application/dicom', bytes });
    const page = await stateAt(atBirch, `/received/${await refer(desks, { patient, attachments: [file] })}`);
    expect(page).toContain('Patient named in the file: Tesfaye Selam, MRN-A-004217');
    return page.includes('! This is another id or birth date than the referred patient’s');
  };
  expect(await warned('1987-05-14', 'A-004217')).toBe(false);
  expect(await warned('1987-05-15', 'A-004218')).toBe(true);
});

test('what others wrote is text, never markup', async () => {
  const { atBirch } = desks;
  const evil = '"><img src=x onerror=alert(1)><script>alert(2)</script>';
  const id = await arrived({ question: evil, reason: evil, note: evil, department: evil }, evil);
  const { text } = await atBirch.get(`/received/${id}`);
  expect(text).not.toContain('<img src=x');
  expect(text).not.toContain('<script>alert');
  expect(text).toContain('&lt;script&gt;alert(2)&lt;/script&gt;');
});

test('the receipt is a file, the print has no decision in it, and each look is in the journal', async () => {
  const { birch, atBirch } = desks;
  const id = await arrived();
  expect((await atBirch.get(`/received/${id}/receipt`)).text).toMatch(/^c2sp\.org\/tlog-proof@v1\n/);
  const print = await atBirch.get(`/received/${id}/print`);
  expect(print.text).toContain('Printed at Birch Hospital');
  expect(print.text).not.toContain('name="decision"');
  const acts = (await birch.node.access.ofSubject({ kind: 'referral', id }, 10)).map(({ act }) => act);
  expect(acts).toEqual(expect.arrayContaining(['download', 'print']));
});

test('a referred patient is found by the sender’s own id, compared, linked and unlinked', async () => {
  const { alder, birch } = desks;
  const person = {
    familyName: 'Lookup',
    givenNames: 'Lena',
    birthDate: '1990-02-03',
    nationalId: '55501',
    country: 'ET',
  } as const;
  const id = await refer(desks, { patient: await addPatient(alder, { ...person, csvId: 'L-7' }) });
  const ours = await addPatient(birch, { ...person, csvId: 'B-7' });
  const coordinator = await birch.client('coordinator');
  expect((await coordinator.get('/lookup?peer=alder.example&id=')).status).toBe(422);
  expect((await coordinator.get('/lookup?peer=alder.example&id=L-8')).text).toContain('No referral of this patient');
  expect((await coordinator.get('/lookup?peer=alder.example&id=B-7')).text).toContain('No referral of this patient');
  expect((await coordinator.get('/lookup?peer=alder.example&id=L-7')).text).toContain(`/received/${id}/match`);
  const page = await coordinator.get(`/received/${id}/match`);
  expect(textOf(page.text)).toContain('Almost certainly the same person');
  expect(page.text).toMatch(/value="same"[^>]*checked/);
  expect(await birch.node.referralDesk.matching.linkOf(id as never)).toBeUndefined();
  const action = `/received/${id}/match`;
  const unsaid = await submitAt(coordinator, page, action, { patient: ours, 'answer-0': 'same', 'why-0': '' });
  expect([unsaid.status, unsaid.text.includes('Say in a few words why')]).toEqual([422, true]);
  const said = await submitAt(coordinator, unsaid, action, { patient: ours, 'answer-0': 'same', 'why-0': 'Passport' });
  expect(said.location).toBe(action);
  expect((await coordinator.get('/lookup?peer=alder.example&id=L-7')).text).toContain(`/patients/${ours}`);
  const linked = await coordinator.get(action);
  const undone = await submitAt(coordinator, linked, `/received/${id}/unlink`, {});
  expect(undone.location).toBe(action);
  expect(await birch.node.referralDesk.matching.linkOf(id as never)).toBeUndefined();
});

test('a person who is new here is registered from the referral', async () => {
  const { birch, atBirch } = desks;
  const id = await arrived({}, 'Brandnew', {
    phone: '+90 555 0100',
    bystander: { name: 'Deniz', relation: 'sister', phone: '+90 555 0101' },
    insurance: {
      insurer: 'Sample Insurance',
      policyNumber: 'POL-1',
      validFrom: '2026-01-01',
      validTo: '2026-12-31',
    },
    allergies: ['Latex'],
  });
  const page = await atBirch.get(`/received/${id}/match`);
  const action = `/received/${id}/register`;
  for (const value of ['Brandnew', '+90 555 0100', 'Deniz', 'sister', 'Sample Insurance', 'POL-1', '2026-12-31'])
    expect(page.text).toContain(`value="${value}"`);
  const unsaid = await submitAt(atBirch, page, action, { 'why-new': '', phone: '+90 555 0199' });
  expect(unsaid.status).toBe(422);
  expect(unsaid.text).toContain('value="+90 555 0199"');
  const future = await submitAt(atBirch, unsaid, action, { 'why-new': 'Never here', birth_date: '2999-01-01' });
  expect(textOf(future.text)).toContain('Birth date lies in the future');
  const changed = { 'why-new': 'Never here', phone: '+90 555 0199', city: 'Ankara' };
  expect((await submitAt(atBirch, future, action, changed)).status).toBe(303);
  const link = await birch.node.referralDesk.matching.linkOf(id as never);
  const { details } = await birch.node.patients.get(link?.patient as never);
  expect(details).toMatchObject({
    familyName: 'Brandnew',
    phone: '+90 555 0199',
    city: 'Ankara',
    bystander: { name: 'Deniz', relation: 'sister', phone: '+90 555 0101' },
    insurance: { insurer: 'Sample Insurance', policyNumber: 'POL-1', validFrom: '2026-01-01', validTo: '2026-12-31' },
    allergies: [],
  });
});

test('a request to cancel is answered on the page; one that is over by then is told so', async () => {
  const { birch, atBirch } = desks;
  const id = await arrived();
  const ask = statement<{ id: string }>()((db, values) =>
    db.updateTable('referral').set({ state: 'cancel-requested', prior: 'received' }).where('id', '=', values.id),
  );
  await birch.node.store.write((writer) => writer.run(ask, { id }));
  const page = await atBirch.get(`/received/${id}`);
  expect(page.text).toContain('The sender asks to cancel');
  expect(page.text).not.toContain('id="accept"');
  // The signed history knows of no request: what the row says is not believed.
  const late = await submitAt(atBirch, page, `/received/${id}/cancel`, { answer: 'declined', reason: 'In theatre' });
  expect(late.status).toBe(409);
  expect(late.text).toContain('In theatre');
});
