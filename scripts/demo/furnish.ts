import type { Session } from '../../node/cli/session.ts';
import { streamOnce } from '../../node/platform/files.ts';
import { utf8 } from '../../protocol/bytes.ts';
import type { Hospital } from './hospitals.ts';

interface Surroundings {
  readonly latitude: number;
  readonly longitude: number;
  readonly callBackNumber: string;
  readonly prefix: string;
  /** Name, street, and how far north and east of the hospital in degrees. */
  readonly stations: readonly (readonly [string, string, number, number])[];
}

/** Invented places; the telephone numbers and the domains are those that nobody can have. */
const surroundings: Readonly<Record<Hospital['key'], Surroundings>> = {
  alder: {
    latitude: 47.49,
    longitude: 19.04,
    callBackNumber: '+1 555 0100',
    prefix: 'ALD',
    stations: [
      ['Elm Street Police Station', '12 Elm Street', 0.01, 0.01],
      ['Harbour Police Station', '1 Harbour Road', -0.06, 0.12],
      ['Old Town Police Station', '3 Market Square', 0.03, -0.02],
      ['Northern Road Patrol', '88 Northern Road', 0.4, 0.1],
    ],
  },
  birch: {
    latitude: 48.2,
    longitude: 16.37,
    callBackNumber: '+1 555 0130',
    prefix: 'BIR',
    stations: [
      ['River Police Station', '7 Quay', 0.02, 0.03],
      ['Central Police Station', '1 Station Square', -0.005, 0.004],
      ['Hillside Police Station', '20 Hill Lane', 0.09, -0.14],
    ],
  },
  cedar: {
    latitude: 48.14,
    longitude: 17.1,
    callBackNumber: '+1 555 0160',
    prefix: 'CED',
    stations: [
      ['Castle Police Station', '5 Castle Street', 0.01, -0.01],
      ['Bridge Police Station', '2 Bridge Road', -0.03, 0.02],
      ['Airport Police Post', '1 Terminal Road', 0.04, 0.11],
    ],
  },
};
const departments = [
  ['EMER', 'Emergency', '2'],
  ['SURG', 'Surgery', '24'],
  ['ORTH', 'Orthopaedic surgery', '24'],
  ['CARD', 'Cardiology', '48'],
  ['PAED', 'Paediatrics', '24'],
] as const;

const firstTelephone = 110;

/** What an administrator of the hospital would have set up: stations near it, departments, the call-back number. */
export async function furnish(session: Session, { key }: Hospital): Promise<void> {
  const { latitude, longitude, callBackNumber, prefix } = surroundings[key];
  await session.plain('setting.change', {
    callBackNumber,
    caseNumberPrefix: prefix,
    latitude: String(latitude),
    longitude: String(longitude),
  });
  await session.upload('station.import', {}, streamOnce(utf8(stationsCsv(key))));
  for (const [code, name, answer_hours] of departments)
    await session.plain('department.add', { code, name, answer_hours, active: 'yes' });
}

/** Whom to call at the other hospitals, once they are paired. */
export async function noteTelephones(session: Session, own: Hospital, others: readonly Hospital[]): Promise<void> {
  for (const { key, name } of others)
    if (key !== own.key)
      await session.plain('peer.telephone', { peer: name, telephone: surroundings[key].callBackNumber });
}

function stationsCsv(key: Hospital['key']): string {
  const { latitude, longitude, stations } = surroundings[key];
  const lines = stations.map(([name, street, north, east], i) => {
    const telephone = `+1 555 0${firstTelephone + i}`;
    const email = `${name.split(' ')[0]?.toLowerCase() ?? 'desk'}@police.${key}.example`;
    const place = `${(latitude + north).toFixed(4)},${(longitude + east).toFixed(4)}`;
    return `${name},${street},${telephone},${email},${place},yes`;
  });
  return `name,address,telephone,email,latitude,longitude,active\n${lines.join('\n')}\n`;
}
