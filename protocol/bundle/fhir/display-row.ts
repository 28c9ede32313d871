import type { JsonObject } from '../../json.ts';
import type { Message } from './message.ts';

/** One line for a person: plain text on both sides. */
export interface DisplayRow {
  readonly label: string;
  readonly text: string;
}

export const displaySections = [
  'patient',
  'bystander',
  'insurance',
  'reason',
  'problems',
  'allergies',
  'medicines',
  'immunizations',
  'family-history',
  'procedures',
  'encounters',
  'vital-signs',
  'results',
  'imaging',
  'attachments',
  'alerts',
  'consent',
  'messages',
  'appointments',
  'notes',
  'people',
  'origin',
] as const;
export type DisplaySectionName = (typeof displaySections)[number];

/** Turns one resource into rows of a section. */
export type Reader = (resource: JsonObject, message: Message) => Rows;
export interface Rows {
  readonly section: DisplaySectionName;
  readonly rows: readonly DisplayRow[];
}
