import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { instantOfMs } from '../../../protocol/instant.ts';
import { OperationError } from '../../../node/platform/operation-error.ts';
import type { PatientId } from '../../../node/records/model.ts';
import type { Role } from '../../../node/accounts/roles.ts';
import { heldMs } from '../../../node/web/pages/log/issued-tokens.ts';
import { hiddenFields, type DeskClient, type Fields } from '../../support/desk-client.ts';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { addPatient, signedFields, writeDraft } from '../referrals/two-desks.ts';

let desks: TestDesks;
let alder: TestDesk;
let patient: PatientId;
let known: PatientId;
let station: string;
const clients = new Map<Role, DeskClient>();
const administrator = { id: 'tests', name: 'Ada Admin' };

beforeAll(async () => {
  desks = await openDesks({ names: ['alder', 'birch'], jobs: false });
  alder = desks.at('alder');
  for (const role of ['administrator', 'doctor', 'nurse'] as const) clients.set(role, await alder.client(role));
  patient = await addPatient(alder, { csvId: 'T-1', familyName: 'Twice', policeCase: true });
  known = await addPatient(alder, { csvId: 'T-2', familyName: 'Known' });
  await alder.node.settings.change(administrator, { callBackNumber: '+1 555 0100' });
  const input = {
    name: 'Elm',
    address: '1 Elm',
    telephone: '+1 555 0110',
    email: 'desk@elm.station.test',
    active: 'yes',
  };
  const saved = await alder.node.stations.add(administrator, { ...input, latitude: '', longitude: '' });
  if (saved.state !== 'saved') throw new Error('no station');
  station = saved.station.id;
});
afterAll(async () => await desks[Symbol.asyncDispose]());

interface Creating {
  readonly name: string;
  readonly role: Role;
  /** The page with the form, and what its form posts to. */
  readonly page: () => string | Promise<string>;
  readonly action?: () => string;
  readonly fields: (html: string) => Fields;
  /** The field that a person changes after coming back. */
  readonly changed: string;
  readonly count: () => Promise<number>;
}

const moment = () => new Date(alder.node.clock.now() - 60_000).toISOString().slice(0, 16);

const creating: readonly Creating[] = [
  {
    name: 'a patient',
    role: 'nurse',
    page: () => '/patients/new',
    fields: () => ({ csv_id: 'T-9', family_name: 'Once' }),
    changed: 'notes',
    count: () => alder.node.patients.count(),
  },
  {
    name: 'an edit of a patient',
    role: 'nurse',
    page: () => `/patients/${known}/edit`,
    fields: () => ({ csv_id: 'T-2', family_name: 'Known', city: 'Delhi' }),
    changed: 'notes',
    count: async () => (await alder.node.patients.get(known)).version,
  },
  {
    name: 'a consultation',
    role: 'doctor',
    page: () => `/patients/${patient}/consultations/new`,
    fields: () => ({ at: moment(), class: 'AMB', reason: 'Cough', practitioner: 'Dr Dora Doctor' }),
    changed: 'findings',
    count: async () => (await alder.node.consultations.list(patient)).length,
  },
  {
    name: 'an alert to the police',
    role: 'doctor',
    page: () => `/alerts/new?patient=${patient}`,
    action: () => `/alerts?patient=${patient}`,
    fields: () => ({}),
    changed: 'reason',
    count: async () => (await alder.node.alerts.list({ limit: 100 })).length,
  },
  {
    name: 'a user',
    role: 'administrator',
    page: () => '/admin/users/new',
    action: () => '/admin/users',
    fields: () => ({ login: 'twice.t', name: 'Twice T', department: '', roles: ['nurse'] }),
    changed: 'department',
    count: async () => (await alder.node.accounts.users.list()).length,
  },
  {
    name: 'a station',
    role: 'administrator',
    page: () => '/admin/stations/new',
    fields: () => ({
      name: 'Oak',
      address: '1 Oak',
      telephone: '+1 555 0111',
      email: 'desk@oak.station.test',
      latitude: '',
      longitude: '',
      active: 'yes',
    }),
    changed: 'address',
    count: async () => (await alder.node.stations.list()).length,
  },
  {
    name: 'a department',
    role: 'administrator',
    page: () => '/admin/departments/new',
    fields: () => ({ code: 'NEURO', name: 'Neurology', answer_hours: '24', active: 'yes' }),
    changed: 'name',
    count: async () => (await alder.node.departments.list()).length,
  },
  {
    name: 'an invitation',
    role: 'administrator',
    page: () => '/peers/add',
    action: () => '/peers/invite',
    fields: () => ({}),
    changed: 'again',
    count: async () => (await alder.node.pairing.list()).length,
  },
];

function client(role: Role): DeskClient {
  const found = clients.get(role);
  if (found === undefined) throw new Error(`nobody is signed in as ${role}`);
  return found;
}

describe.each(creating)('$name', ({ role, page, action, fields, changed, count }) => {
  test('by a double click is made once, also sent again later; changed after coming back it is refused', async () => {
    const desk = client(role);
    const path = await page();
    let shown = await desk.get(path);
    if (action?.().startsWith('/alerts') === true) {
      const asked = { station, caseNumber: 'FIR 12/2026', reason: 'assault' };
      shown = await desk.post(path, { ...hiddenFields(shown.text, path), ...asked });
    }
    const to = action?.() ?? path;
    const given = { ...hiddenFields(shown.text, to), ...fields(shown.text) };
    expect(given, shown.text).toHaveProperty('once');
    const before = await count();
    const [one, other] = await Promise.all([desk.post(to, given), desk.post(to, given)]);
    const later = await desk.post(to, given);
    expect(await count()).toBe(before + 1);
    expect([one.status, other.status, later.status], one.text).toEqual([one.status, one.status, one.status]);
    expect(one.status).toBe(303);
    expect([other.location, later.location]).toEqual([one.location, one.location]);
    const back = await desk.post(to, { ...given, [changed]: 'something else' });
    expect(await count()).toBe(before + 1);
    expect(back.status, back.location).not.toBe(303);
    expect(back.text).toMatch(/not saved|Nothing|not sent/i);
  });
});

test('a referral by a double click, and by signing its draft again, is one', async () => {
  const doctor = client('doctor');
  const count = async () => (await alder.node.referrals.list('sent', { limit: 100 })).length;
  const sign = await writeDraft(doctor, { patient });
  const { text } = await doctor.get(sign);
  const given = { ...hiddenFields(text, sign), ...signedFields(text) };
  const before = await count();
  const [one, other] = await Promise.all([doctor.post(sign, given), doctor.post(sign, given)]);
  const later = await doctor.post(sign, given);
  expect(await count()).toBe(before + 1);
  expect([one.status, one.location]).toEqual([303, expect.stringMatching(/^\/sent\//)]);
  expect([other.location, later.location]).toEqual([one.location, one.location]);
});

const secretOf = (html: string): string | undefined => /id="token">\s*([A-Za-z0-9_-]{43})/.exec(html)?.[1];

test('an auditor’s token by a double click is made once, and either answer shows its secret to whoever made it', async () => {
  const desk = client('administrator');
  const given = { ...hiddenFields((await desk.get('/admin/auditors')).text, '/admin/auditors'), label: 'twice' };
  const issue = (by = desk) => by.post('/admin/auditors', given);
  const [one, other] = await Promise.all([issue(), issue()]);
  expect([one.status, other.status]).toEqual([200, 200]);
  expect(secretOf(one.text)).toHaveLength(43);
  expect(secretOf(other.text)).toBe(secretOf(one.text));
  expect((await alder.node.tokens.list()).filter(({ kind }) => kind === 'auditor')).toHaveLength(1);

  const elsewhere = await alder.client('administrator');
  const there = await issue(elsewhere);
  expect([there.status, there.text]).toEqual([303, '']);
  const shown = await elsewhere.open(there.location ?? '');
  expect(shown.text).toContain('was made before');
  expect(secretOf(shown.text), 'the same administrator at another computer').toBeUndefined();
});

test('the secret of a token is held a minute for its form, and not a moment longer', async () => {
  const desk = client('administrator');
  const given = { ...hiddenFields((await desk.get('/admin/auditors')).text, '/admin/auditors'), label: 'held' };
  const made = secretOf((await desk.post('/admin/auditors', given)).text);
  const now = alder.node.clock.now();
  const late = vi.spyOn(alder.node.clock, 'now');
  try {
    late.mockReturnValue(instantOfMs(now + heldMs / 2));
    expect(secretOf((await desk.post('/admin/auditors', given)).text)).toBe(made);
    late.mockReturnValue(instantOfMs(now + heldMs + 1000));
    expect((await desk.post('/admin/auditors', given)).status).toBe(303);
  } finally {
    late.mockRestore();
  }
});

test('a form that may be saved already, because the node stopped in its middle, asks to look and can be sent anew', async () => {
  const nurse = client('nurse');
  const page = await nurse.get('/patients/new');
  const hidden = hiddenFields(page.text, '/patients/new');
  const given = { ...hidden, csv_id: 'T-77', family_name: 'Unsure', notes: 'a\nb' };
  const unsure = new OperationError('conflict', 'maybe-saved', 'The node stopped while this form was being saved.');
  vi.spyOn(alder.node.once, 'run').mockRejectedValueOnce(unsure);
  const answer = await nurse.post('/patients/new', given);
  expect([answer.status, answer.text.includes('Look whether it was saved')]).toEqual([409, true]);
  const kept = hiddenFields(answer.text, '/patients/new');
  const { once, ...typed } = kept;
  expect({ ...typed, once: hidden['once'] }).toEqual(given);
  expect(once).not.toBe(hidden['once']);
  expect((await nurse.post('/patients/new', kept)).status).toBe(303);
});
