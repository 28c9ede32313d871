import type { HandlersOf } from '../../route.ts';
import type { patientRoutes } from '../../routes/patient-routes.ts';

export const patientHandlers: HandlersOf<typeof patientRoutes> = {};
