import type { RouteRows } from '../route.ts';

const clinical = ['doctor', 'nurse', 'coordinator'] as const;
const care = ['doctor', 'nurse'] as const;

/** Patients of this hospital: coordinators read what matching needs, doctors and nurses write, doctors restrict. */
export const patientRoutes = {
  patients: { method: 'GET', path: '/patients', access: clinical },
  'patient-new': { method: 'GET', path: '/patients/new', access: care },
  'patient-register': { method: 'POST', path: '/patients/new', access: care },
  patient: { method: 'GET', path: '/patients/:patient', access: clinical },
  'patient-print': { method: 'GET', path: '/patients/:patient/print', access: clinical },
  'patient-csv': { method: 'GET', path: '/patients/:patient/csv', access: care },
  'patient-edit': { method: 'GET', path: '/patients/:patient/edit', access: care },
  'patient-save': { method: 'POST', path: '/patients/:patient/edit', access: care },
  'patient-versions': { method: 'GET', path: '/patients/:patient/versions', access: clinical },
  'patient-timeline': { method: 'GET', path: '/patients/:patient/timeline', access: clinical },
  'patient-referrals': { method: 'GET', path: '/patients/:patient/referrals', access: clinical },
  'patient-files': { method: 'GET', path: '/patients/:patient/files', access: clinical },
  'patient-break-glass': { method: 'POST', path: '/patients/:patient/break-glass', access: clinical },
  'patient-restriction': { method: 'GET', path: '/patients/:patient/restriction', access: ['doctor'] },
  'patient-restrict': { method: 'POST', path: '/patients/:patient/restriction', access: ['doctor'] },
  'patient-mistake': { method: 'GET', path: '/patients/:patient/void', access: care },
  'patient-void': { method: 'POST', path: '/patients/:patient/void', access: care },
  'patient-take-back': { method: 'POST', path: '/patients/:patient/take-back', access: care },
  consultations: { method: 'GET', path: '/patients/:patient/consultations', access: clinical },
  'consultation-new': { method: 'GET', path: '/patients/:patient/consultations/new', access: care },
  'consultation-add': { method: 'POST', path: '/patients/:patient/consultations/new', access: care },
  consultation: { method: 'GET', path: '/patients/:patient/consultations/:consultation', access: clinical },
  'consultation-edit': { method: 'GET', path: '/patients/:patient/consultations/:consultation/change', access: care },
  'consultation-change': {
    method: 'POST',
    path: '/patients/:patient/consultations/:consultation/change',
    access: care,
  },
} as const satisfies RouteRows;
