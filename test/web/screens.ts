import type { Role } from '../../node/accounts/roles.ts';
import { url } from '../../node/web/urls.ts';
import type { PopulatedDesks } from '../support/populated-desks.ts';

/** One page as one person sees it; its name is that of its picture. */
export interface Screen {
  readonly name: string;
  readonly at: 'alder' | 'birch';
  /** `undefined`: nobody has signed in. */
  readonly role: Role | undefined;
  readonly path: string;
}

/** Every screen of the desk, with somebody at work on it. What is not here is looked at by nobody. */
export function everyScreen(world: PopulatedDesks): readonly Screen[] {
  return [
    ...atTheDoor(),
    ...ofReferrals(world),
    ...ofPatients(world),
    ...ofAlerts(world),
    ...ofAdministrators(world),
    ...ofAuditors(),
  ];
}

const screen = (name: string, at: Screen['at'], role: Role | undefined, path: string): Screen => ({
  name,
  at,
  role,
  path,
});

function atTheDoor(): readonly Screen[] {
  return [
    screen('sign-in', 'alder', undefined, url('sign-in')),
    screen('not-found', 'alder', 'doctor', '/no-such-page'),
    screen('denied', 'alder', 'nurse', url('health')),
    screen('help', 'alder', 'doctor', url('help')),
    screen('my-security', 'alder', 'doctor', url('account')),
    screen('password', 'alder', 'doctor', url('password')),
  ];
}

function ofReferrals({ undecided, emergency, accepted, rejected, asked, patient }: PopulatedDesks): readonly Screen[] {
  return [
    screen('inbox', 'birch', 'doctor', url('inbox')),
    screen('inbox-empty', 'alder', 'doctor', url('inbox')),
    screen('inbox-nurse', 'birch', 'nurse', url('inbox')),
    screen('inbox-coordinator', 'birch', 'coordinator', url('inbox')),
    screen('outbox', 'alder', 'doctor', url('outbox')),
    screen('review', 'birch', 'doctor', url('received', { referral: undecided })),
    screen('review-emergency', 'birch', 'doctor', url('received', { referral: emergency })),
    screen('review-accepted', 'birch', 'doctor', url('received', { referral: accepted })),
    screen('review-asked', 'birch', 'doctor', url('received', { referral: asked })),
    screen('review-nurse', 'birch', 'nurse', url('received', { referral: undecided })),
    screen('match', 'birch', 'coordinator', url('received-match', { referral: undecided })),
    screen('sent', 'alder', 'doctor', url('sent', { referral: undecided })),
    screen('sent-accepted', 'alder', 'doctor', url('sent', { referral: accepted })),
    screen('sent-rejected', 'alder', 'doctor', url('sent', { referral: rejected })),
    screen('sent-asked', 'alder', 'doctor', url('sent', { referral: asked })),
    screen('referral-new', 'alder', 'doctor', url('referral-new', {}, { patient })),
    screen('lookup', 'birch', 'doctor', url('lookup')),
    screen('lookup-found', 'birch', 'doctor', url('lookup', {}, { peer: 'alder.example', id: 'A-000001' })),
  ];
}

function ofPatients({ patient, consultation }: PopulatedDesks): readonly Screen[] {
  return [
    screen('patients', 'alder', 'doctor', url('patients')),
    screen('patients-search', 'alder', 'nurse', url('patients', {}, { q: 'sha' })),
    screen('patients-none', 'alder', 'doctor', url('patients', {}, { q: 'zzzz' })),
    screen('register', 'alder', 'nurse', url('patient-new')),
    screen('chart', 'alder', 'doctor', url('patient', { patient })),
    screen('chart-nurse', 'alder', 'nurse', url('patient', { patient })),
    screen('chart-coordinator', 'alder', 'coordinator', url('patient', { patient })),
    screen('chart-print', 'alder', 'doctor', url('patient-print', { patient })),
    screen('edit', 'alder', 'nurse', url('patient-edit', { patient })),
    screen('versions', 'alder', 'doctor', url('patient-versions', { patient })),
    screen('timeline', 'alder', 'doctor', url('patient-timeline', { patient })),
    screen('restriction', 'alder', 'doctor', url('patient-restriction', { patient })),
    screen('void', 'alder', 'nurse', url('patient-mistake', { patient })),
    screen('consultations', 'alder', 'doctor', url('consultations', { patient })),
    screen('consultation-new', 'alder', 'doctor', url('consultation-new', { patient })),
    screen('consultation', 'alder', 'doctor', url('consultation', { patient, consultation })),
    screen('consultation-change', 'alder', 'doctor', url('consultation-edit', { patient, consultation })),
    screen('upload', 'alder', 'nurse', url('upload-new', { patient })),
    screen('import', 'alder', 'nurse', url('import')),
  ];
}

function ofAlerts({ alert, patient }: PopulatedDesks): readonly Screen[] {
  return [
    screen('alerts', 'alder', 'doctor', url('alerts')),
    screen('alert', 'alder', 'doctor', url('alert', { alert })),
    screen('alert-new', 'alder', 'doctor', url('alert-new', {}, { patient })),
  ];
}

function ofAdministrators({ station }: PopulatedDesks): readonly Screen[] {
  const names = [
    ['health', url('health')],
    ['first-run', url('first-run')],
    ['users', url('users')],
    ['user-new', url('user-new')],
    ['stations', url('stations')],
    ['station', url('station', { station })],
    ['departments', url('departments')],
    ['settings', url('settings')],
    ['changes', url('admin-changes')],
    ['tokens', url('tokens')],
    ['peers', url('peers')],
    ['peer', url('peer', { peer: 'birch.example' })],
    ['peer-block', url('peer-ask', { peer: 'birch.example', act: 'block' })],
    ['peer-add', url('peer-add')],
    ['token-take-back', url('token-ask', {}, { label: 'State auditor' })],
  ] as const;
  return names.map(([name, path]) => screen(name, 'alder', 'administrator', path));
}

function ofAuditors(): readonly Screen[] {
  return [
    screen('log', 'birch', 'auditor', url('log')),
    screen('log-entry', 'birch', 'auditor', url('log-entry', { index: '3' })),
    screen('log-files', 'birch', 'auditor', url('log-files')),
    screen('consistency', 'birch', 'auditor', url('consistency')),
  ];
}
