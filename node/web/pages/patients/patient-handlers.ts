import type { HandlersOf } from '../../route.ts';
import type { patientRoutes } from '../../routes/patient-routes.ts';
import { breakGlass } from './break-glass.ts';
import { showChart } from './chart.tsx';
import { changeConsultation, showConsultationChange } from './consultation-change.tsx';
import { addConsultation, showNewConsultation } from './consultation-form.tsx';
import { listConsultations, showConsultation } from './consultation.tsx';
import { saveEdit, showEdit } from './edit.tsx';
import { exportPatient } from './export-patient.ts';
import { listPatients } from './list.tsx';
import { showMistake, takeBackPatient, voidPatient } from './mistake.tsx';
import { listFiles, listReferrals } from './patient-lists.tsx';
import { printChart } from './print.tsx';
import { register, showRegistration } from './register.tsx';
import { setRestriction, showRestriction } from './restriction.tsx';
import { showTimeline } from './timeline.tsx';
import { showVersions } from './versions.tsx';

export const patientHandlers: HandlersOf<typeof patientRoutes> = {
  patients: listPatients,
  'patient-new': showRegistration,
  'patient-register': register,
  patient: showChart,
  'patient-print': printChart,
  'patient-csv': exportPatient,
  'patient-edit': showEdit,
  'patient-save': saveEdit,
  'patient-versions': showVersions,
  'patient-timeline': showTimeline,
  'patient-referrals': listReferrals,
  'patient-files': listFiles,
  'patient-break-glass': breakGlass,
  'patient-restriction': showRestriction,
  'patient-restrict': setRestriction,
  'patient-mistake': showMistake,
  'patient-void': voidPatient,
  'patient-take-back': takeBackPatient,
  consultations: listConsultations,
  'consultation-new': showNewConsultation,
  'consultation-add': addConsultation,
  consultation: showConsultation,
  'consultation-edit': showConsultationChange,
  'consultation-change': changeConsultation,
};
