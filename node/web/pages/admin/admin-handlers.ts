import type { HandlersOf } from '../../route.ts';
import type { adminRoutes } from '../../routes/admin-routes.ts';
import { showBrokenGlass } from './broken-glass.tsx';
import { backUpNow, startDrill } from './backups.tsx';
import { showChanges } from './changes.tsx';
import { addDepartment, changeDepartment, showDepartment, showDepartments, showNewDepartment } from './departments.tsx';
import { confirmKeys, showFirstRun } from './first-run.tsx';
import { showHealth } from './health.tsx';
import { changeSettings, showSettings } from './settings.tsx';
import { addStation, changeStation, showNewStation, showStation } from './station-form.tsx';
import { importStations, showStationImport, stationTemplate } from './station-import.tsx';
import { showStations } from './stations.tsx';

export const adminHandlers: HandlersOf<typeof adminRoutes> = {
  health: showHealth,
  'backup-now': backUpNow,
  'restore-drill': startDrill,
  'first-run': (visit, desk) => showFirstRun(visit, desk),
  'keys-backed-up': confirmKeys,
  stations: showStations,
  'station-new': showNewStation,
  'station-add': addStation,
  'station-import': showStationImport,
  'station-import-file': importStations,
  'station-template': stationTemplate,
  station: showStation,
  'station-change': changeStation,
  departments: showDepartments,
  'department-new': showNewDepartment,
  'department-add': addDepartment,
  department: showDepartment,
  'department-change': changeDepartment,
  settings: showSettings,
  'settings-change': changeSettings,
  'broken-glass': showBrokenGlass,
  'admin-changes': showChanges,
};
