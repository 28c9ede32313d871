import { isMailAddress } from '../platform/mail.ts';
import { openAlerts, type AlertsPorts } from './alerts.ts';
import { openChanges } from './changes.ts';
import { openDepartments } from './departments.ts';
import { openPeerTelephones } from './peer-telephones.ts';
import { openSettings } from './settings.ts';
import { openStations } from './stations/stations.ts';

export interface AdministrationPorts extends Omit<AlertsPorts, 'settings' | 'stations'> {
  /** The hospital's name as the configuration says it. */
  readonly title: string;
  /** `mail.from` of the configuration. */
  readonly mailFrom: string | undefined;
}

const hospitalLettersMax = 80;
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp},\uFF0C\uFE50]/gu;

/** What administrators set, and the alerts that stand on it. */
export function openAdministration(ports: AdministrationPorts) {
  const { title, mailFrom, node } = ports;
  const changes = openChanges(ports);
  const defaults = {
    hospitalName: title.replaceAll(unsafe, ' ').replaceAll(/ +/g, ' ').trim().slice(0, hospitalLettersMax),
    mailFrom: mailFrom !== undefined && isMailAddress(mailFrom) ? mailFrom : `fernpost@${node}`,
  };
  const settings = openSettings({ ...ports, changes, defaults });
  const stations = openStations({ ...ports, changes, settings });
  const departments = openDepartments({ ...ports, changes });
  return {
    adminChanges: changes,
    settings,
    stations,
    departments,
    peerTelephones: openPeerTelephones({ ...ports, changes }),
    alerts: openAlerts({ ...ports, settings, stations }),
  };
}
