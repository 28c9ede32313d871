import type { Finding } from './finding.ts';

const meanings: Readonly<Record<string, string>> = {
  clock: 'No referral can be sent, received or decided until the clock is right. Records can be read.',
  database: 'New patients, consultations and referrals cannot be saved. What was saved may be unreadable: act now.',
  blobs: 'Images and documents are safe on this machine; there is no second copy of new ones until this is mended.',
  files: 'Images and documents of patients cannot be opened, here or by hospitals that they were to be sent to.',
  mail: 'Alerts to the police do not leave by mail. Doctors are told to telephone.',
  'root key': 'Whoever reads the key reads every patient; without it nobody reads any.',
  'backup of the keys': 'If this disk breaks, every patient record and every referral is lost with it.',
  backup: 'If this disk breaks, every patient record and referral since the last backup is lost with it.',
  'restore drill': 'Nobody knows yet whether the records of patients come back after a lost machine.',
  disk: 'When the disk is full nothing new can be saved or received. Reading goes on.',
  'disk forecast':
    'From that day on nothing new can be saved or received: no patient, no image, no referral. Reading goes on.',
  ballast: 'On a full disk even the access journal may not be written, and then no record can be opened.',
  jobs: 'Referrals, answers or alerts may not leave this node until it is mended. Urgent patients need the telephone.',
  'public url': 'Other hospitals cannot send referrals, answers or receipts here. Nothing is lost: they try again.',
  'alerts to the police': 'In a police case the police may not know yet. Somebody has to telephone.',
  'overdue deliveries': 'Patients wait for an answer of a hospital that has not got their referral. Telephone it.',
};

const titles: Readonly<Record<string, string>> = {
  blobs: 'Storage of files',
  files: 'Files of patients',
  ballast: 'Reserve on the disk',
};

/** The check's name as people say it. */
export function titleOf({ check }: Pick<Finding, 'check'>): string {
  return titles[check] ?? begun(check);
}

/** Findings begin in the middle of a sentence; addresses and paths stay as they are. */
export function begun(text: string): string {
  return /^[a-z]+(?:[ ,;-]|$)/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

/** What a check that is not good means for patients (screen 17). */
export function meaningOf(finding: Finding): string {
  const { check } = finding;
  if (finding.state !== 'ok' && finding.meaning !== undefined) return finding.meaning;
  if (check.startsWith('peer '))
    return 'Referrals to and from this hospital wait in the outbox. Nothing is lost; urgent patients need the telephone.';
  return meanings[check] ?? 'No patient is in danger by this alone.';
}
