import { join, relative, resolve } from 'node:path';

/** A hospital of the demo. Names of nodes end in `.example`, which nobody can own. */
export interface Hospital {
  /** Its directory, and how the demo calls it. */
  readonly key: 'alder' | 'birch' | 'cedar';
  readonly short: string;
  readonly name: string;
  readonly title: string;
}

export interface Ports {
  readonly exchange: number;
  readonly desk: number;
  readonly control: number;
}

/** A hospital with the place where it lives on this machine. */
export interface Place extends Hospital {
  readonly dataDirectory: string;
  readonly ports: Ports;
  /** Where its mails go; none where nobody reads them. */
  readonly mailPort?: number;
}

export const alder: Hospital = {
  key: 'alder',
  short: 'Alder',
  name: 'alder.example',
  title: 'St. Alder Hospital',
};
export const birch: Hospital = { key: 'birch', short: 'Birch', name: 'birch.example', title: 'Birch General' };
export const cedar: Hospital = { key: 'cedar', short: 'Cedar', name: 'cedar.example', title: 'Cedar Clinic' };
export const hospitals: readonly Hospital[] = [alder, birch, cedar];

/** All services listen here; the desks are named `localhost`, because browsers give passkeys to names only. */
export const loopback = '127.0.0.1';

export function dataDirectoryOf(hospital: Hospital, root: string): string {
  return join(root, hospital.key);
}

/** On the same disk, which a hospital's own would not be. */
export function backupDirectoryOf({ dataDirectory }: Pick<Place, 'dataDirectory'>): string {
  return resolve(`${dataDirectory}-backups`);
}

export function exchangeUrl({ ports }: Pick<Place, 'ports'>): string {
  return `http://${loopback}:${ports.exchange}`;
}

export function deskUrl({ ports }: Pick<Place, 'ports'>): string {
  return `http://localhost:${ports.desk}`;
}

/** The command line of a hospital's node, to be copied into a shell. */
export function commandOf(place: Pick<Place, 'dataDirectory'>, words: string): string {
  return `npm run fernpost -- ${words} --data ${shellWord(shortPath(place.dataDirectory))}`;
}

/** A path as a user in the current directory would write it. */
export function shortPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') || near.length > path.length ? path : near;
}

export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
