import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Role } from '../../../node/accounts/roles.ts';
import type { ConsultationId, PatientId } from '../../../node/records/model.ts';
import { statement } from '../../../node/store/statement.ts';
import { hiddenFields, unescape, type DeskClient, type Fields } from '../../support/desk-client.ts';
import { eventually, type TestDesk } from '../../support/desk.ts';
import {
  addPatient,
  openTwoDesks,
  refer,
  signedFields,
  textOf,
  writeDraft,
  type TwoDesks,
} from '../referrals/two-desks.ts';

const administrator = { id: 'tests', name: 'Ada Admin' };
const twelveHoursMs = 12 * 3_600_000;
const aged = statement<{ at: number }>()((db, values) =>
  db.updateTable('account_session').set({ created_at: values.at }),
);
let desks: TwoDesks;
let patient: PatientId;
let consultation: ConsultationId;
let referral: string;
let asked: string;
let draft: string;
let station: string;

beforeAll(async () => {
  desks = await openTwoDesks();
  const { alder, atAlder } = desks;
  const { node } = alder;
  const details = { csvId: 'S-1', familyName: 'Session', givenNames: 'Sam', birthDate: '1979-03-14', policeCase: true };
  patient = await addPatient(alder, details);
  const added = await node.consultations.add(patient, {
    at: node.clock.now(),
    encounterClass: 'AMB',
    reason: 'Cough',
    diagnoses: [],
    prescriptions: [],
    practitioner: 'Dr Dora Doctor',
  });
  consultation = added.id;
  await node.settings.change(administrator, { callBackNumber: '+1 555 0100' });
  const input = { name: 'Elm', address: '1 Elm', telephone: '+1 555 0110', email: 'desk@elm.test', active: 'yes' };
  const saved = await node.stations.add(administrator, { ...input, latitude: '', longitude: '' });
  if (saved.state !== 'saved') throw new Error('no station');
  station = saved.station.id;
  await node.departments.add(administrator, { code: 'CARD', name: 'Cardiology', active: 'yes', answer_hours: '24' });
  referral = await refer(desks, { patient });
  asked = await refer(desks, { patient });
  const by = { id: 'tests', name: 'Dr Birch' };
  await desks.birch.node.referrals.ask(asked as never, { question: 'Which arm?', author: by });
  await eventually(async () => (await node.referrals.show(asked as never)).state === 'info-requested');
  draft = (await writeDraft(atAlder, { patient })).replace(/\/sign$/, '');
});
afterAll(async () => await desks[Symbol.asyncDispose]());

async function endSessions({ node }: TestDesk): Promise<void> {
  await node.store.write((writer) => writer.run(aged, { at: node.clock.now() - twelveHoursMs }));
}

interface Form {
  readonly name: string;
  readonly at?: 'alder' | 'birch';
  readonly role: Role;
  readonly page: () => string;
  /** Where the form posts to, if not to its own page. */
  readonly action?: () => string;
  readonly typed: Fields;
  /** The address that the browser shows when the form was refused once before: that of the post. */
  readonly isRefusedBefore?: true;
}

const forms: readonly Form[] = [
  { name: 'a new patient', role: 'nurse', page: () => '/patients/new', typed: { csv_id: 'S-9', notes: 'KEPT words' } },
  {
    name: 'an edit of a patient',
    role: 'nurse',
    page: () => `/patients/${patient}/edit`,
    typed: { csv_id: 'S-1', family_name: 'Session', notes: 'KEPT words' },
  },
  {
    name: 'a consultation',
    role: 'doctor',
    page: () => `/patients/${patient}/consultations/new`,
    typed: { reason: 'Pain', findings: 'KEPT words' },
  },
  {
    name: 'a change of a consultation',
    role: 'doctor',
    page: () => `/patients/${patient}/consultations/${consultation}/change`,
    typed: { reason: 'Pain', findings: 'KEPT words' },
  },
  {
    name: 'a restriction',
    role: 'doctor',
    page: () => `/patients/${patient}/restriction`,
    typed: { reason: 'KEPT words' },
  },
  {
    name: 'a referral, to whom',
    role: 'doctor',
    page: () => `${draft}/to`,
    typed: { to: 'birch.example', department: 'KEPT words' },
  },
  {
    name: 'a referral, why',
    role: 'doctor',
    page: () => `${draft}/why`,
    typed: { priority: 'stat', question: 'KEPT words', reason: 'x' },
  },
  {
    name: 'a referral, its first step',
    role: 'doctor',
    page: () => `/referrals/new?patient=${patient}`,
    action: () => '/referrals/new',
    typed: { to: 'birch.example', department: 'KEPT words' },
  },
  {
    name: 'a referral, the signature',
    role: 'doctor',
    page: () => `${draft}/sign`,
    typed: { ground: 'break-glass', breakGlassReason: 'KEPT words' },
  },
  {
    name: 'a decline',
    at: 'birch',
    role: 'doctor',
    page: () => `/received/${referral}`,
    typed: { decision: 'rejected', reason: 'KEPT words' },
  },
  {
    name: 'a question',
    at: 'birch',
    role: 'doctor',
    page: () => `/received/${referral}`,
    typed: { decision: 'asked', question: 'KEPT words' },
  },
  ...[{}, { isRefusedBefore: true } as const].map((more) => ({
    name: `the answer to a question${'isRefusedBefore' in more ? ', refused before,' : ''}`,
    role: 'doctor' as const,
    page: () => `/sent/${asked}`,
    action: () => `/sent/${asked}/answer`,
    typed: { answer: 'KEPT words' },
    ...more,
  })),
  {
    name: 'an answer about who somebody is',
    at: 'birch',
    role: 'coordinator',
    page: () => `/received/${referral}/match`,
    action: () => `/received/${referral}/register`,
    typed: { 'why-new': 'KEPT words' },
  },
  {
    name: 'an answer about who somebody is, refused before,',
    at: 'birch',
    role: 'coordinator',
    page: () => `/received/${referral}/match`,
    action: () => `/received/${referral}/register`,
    typed: { 'why-new': 'KEPT words' },
    isRefusedBefore: true,
  },
  {
    name: 'an alert to the police',
    role: 'doctor',
    page: () => `/alerts/new?patient=${patient}`,
    typed: { caseNumber: 'FIR 1', reason: 'KEPT words' },
  },
  {
    name: 'a user, refused before,',
    role: 'administrator',
    page: () => '/admin/users/new',
    action: () => '/admin/users',
    typed: { name: 'KEPT words', login: 'x', roles: ['nurse'] },
    isRefusedBefore: true,
  },
  {
    name: 'a station',
    role: 'administrator',
    page: () => `/admin/stations/${station}`,
    typed: { name: 'Elm', address: 'KEPT words' },
  },
  {
    name: 'a department',
    role: 'administrator',
    page: () => '/admin/departments/CARD',
    typed: { name: 'KEPT words', answer_hours: '24', active: 'yes' },
  },
  { name: 'the settings', role: 'administrator', page: () => '/admin/settings', typed: { hospitalName: 'KEPT words' } },
  { name: 'a token', role: 'administrator', page: () => '/admin/auditors', typed: { label: 'KEPT words' } },
  {
    name: 'an invitation, refused before,',
    role: 'administrator',
    page: () => '/peers/add',
    action: () => '/peers/open',
    typed: { link: 'KEPT words' },
    isRefusedBefore: true,
  },
];

test.each(forms)('$name stands as typed after signing in again', comesBack);

test('a reason to take a referral back stands as typed, also when it was refused once before', async () => {
  const { alder, birch } = desks;
  await birch.node[Symbol.asyncDispose]();
  const doctor = await alder.client('doctor');
  const sign = await writeDraft(doctor, { patient, priority: 'stat' });
  const { text } = await doctor.get(sign);
  const { location = '' } = await doctor.post(sign, { ...hiddenFields(text, sign), ...signedFields(text) });
  const form = { role: 'doctor', page: () => location, action: () => `${location}/withdraw` } as const;
  await comesBack({ ...form, name: '', typed: { reason: 'KEPT words' } });
  await comesBack({ ...form, name: '', typed: { reason: 'KEPT words' }, isRefusedBefore: true });
});

async function comesBack({ at = 'alder', role, page, action, typed, isRefusedBefore }: Form): Promise<void> {
  const desk = desks[at];
  const client: DeskClient = await desk.client(role);
  const [from, to] = [page(), action?.() ?? page()];
  const shown = await client.get(from);
  expect(shown.status).toBe(200);
  const given = { ...hiddenFields(shown.text, to), ...typed };
  await endSessions(desk);
  const referer = new URL(isRefusedBefore === true ? to : from, desk.origin).href;
  const ended = await client.post(to, given, { headers: { referer } });
  expect([ended.status, ended.location?.startsWith('/sign-in?')]).toEqual([303, true]);
  const signedIn = await client.submit(ended.location ?? '', '/sign-in', desk.users[role]);
  expect(signedIn.location).toContain('draft=1');
  const back = await client.open(signedIn.location ?? '');
  expect(back.status, textOf(back.text).slice(0, 300)).toBe(200);
  expect(unescape(back.text)).toContain('KEPT words');
  expect(back.text).toContain(`action="${to.replaceAll('&', '&amp;')}"`);
  const { version } = hiddenFields(shown.text, to);
  if (version !== undefined) expect(hiddenFields(back.text, to)['version']).toBe(version);
}
