import { utf8 } from '../../protocol/bytes.ts';
import { sha256 } from '../../protocol/crypto/hash.ts';
import { instantOfMs, type Instant } from '../../protocol/instant.ts';
import { parseDataKeyId, type DataKeyId } from '../keys/keyring.ts';
import type { Mail } from '../platform/mail.ts';
import { OperationError } from '../platform/operation-error.ts';
import type { Writer } from '../store/store.ts';
import { aboutTerm, sealContent } from './alert-content.ts';
import { queueAlertLeaf } from './alert-leaf.ts';
import { alertQueries } from './alert-queries.ts';
import type { AlertRow } from './alert.ts';
import type { AlertsPorts } from './alerts.ts';
import type { Person } from './changes.ts';
import { composeMail } from './compose.ts';
import type { FieldFault } from './fields.ts';
import { caseNumberRule, holdsPartOf } from './mail-text.ts';
import { openPreview, previewMs, sealPreview, type AlertSubject, type Draft } from './preview.ts';
import { stationQueries } from './stations/station-queries.ts';
import { stationOf, type Station } from './stations/station.ts';

/** What a person asks for before the preview is made. */
export interface AlertRequest {
  readonly by: Person;
  /** Id of a station of the list. */
  readonly station: string;
  readonly caseNumber: string;
  /** Stays inside, sealed with the alert. */
  readonly reason: string;
  readonly about: AlertSubject;
  /** The key of the patient or referral; the alert is erased with it. Without one it gets its own. */
  readonly dataKey?: DataKeyId;
  /** Names and clinical texts of the record: none of their words may stand in the case number. */
  readonly recordTexts: readonly string[];
  /** The alert that this one follows, to a further station. */
  readonly follows?: string;
}

export interface AlertPreview {
  readonly mail: Mail;
  readonly station: Station;
  readonly caseNumber: string;
  readonly reason: string;
  /** For `confirm`: the mail itself, sealed. */
  readonly token: string;
  readonly validUntil: Instant;
}

export type AlertPreviewed =
  | { readonly state: 'shown'; readonly preview: AlertPreview }
  | { readonly state: 'refused'; readonly faults: readonly FieldFault[] };

const reasonLettersMax = 2_000;
/** Tab and line feed may stand in a text that stays inside. */
const controls = /[^\P{Cc}\t\n]/u;

export async function previewAlert(ports: AlertsPorts, request: AlertRequest): Promise<AlertPreviewed> {
  const { settings, stations, keyring, clock, random } = ports;
  const faults: FieldFault[] = [];
  const caseNumber = caseNumberRule(request.caseNumber);
  if ('fault' in caseNumber) faults.push({ field: 'caseNumber', message: caseNumber.fault });
  else if (holdsPartOf(caseNumber.value, request.recordTexts))
    faults.push({ field: 'caseNumber', message: 'holds a part of the record: the mail must name nobody' });
  const reason = request.reason.normalize('NFC').replaceAll('\r\n', '\n').trim();
  if (reason === '') faults.push({ field: 'reason', message: 'is missing' });
  if (reason.length > reasonLettersMax || controls.test(reason) || !reason.isWellFormed())
    faults.push({ field: 'reason', message: `may have ${reasonLettersMax} letters and no control characters` });
  const station = (await stations.list()).find(({ id }) => id === request.station);
  if (station === undefined) faults.push({ field: 'station', message: 'must be one of the list' });
  if (faults.length > 0 || station === undefined || 'fault' in caseNumber) return { state: 'refused', faults };
  const now = clock.now();
  const id = random.uuid();
  const facts = { id, node: ports.node, caseNumber: caseNumber.value, at: now };
  const draft: Draft = {
    id,
    mail: composeMail(station, await settings.values(), facts),
    station: station.id,
    caseNumber: caseNumber.value,
    reason,
    about: request.about,
    dataKey: request.dataKey ?? '',
    first: request.follows === undefined ? id : await firstOf(ports, request.follows),
    by: request.by.id,
    shownAt: now,
  };
  const validUntil = instantOfMs(now + previewMs);
  const token = sealPreview(keyring, draft);
  return {
    state: 'shown',
    preview: { mail: draft.mail, station, caseNumber: draft.caseNumber, reason, token, validUntil },
  };
}

/** Stores what was shown, unless what it was made from is different now; the same draft twice is one alert. */
export async function confirmAlert(ports: AlertsPorts, by: Person, token: string): Promise<AlertRow> {
  const { store, keyring, clock } = ports;
  const draft = openPreview(keyring, token);
  if (draft.by !== by.id)
    throw new OperationError(
      'denied',
      'preview-of-another',
      'Somebody else made this preview. Nothing was sent. Make your own.',
    );
  return await store.write(async (writer) => {
    const stored = await writer.first(alertQueries.byId, { id: draft.id });
    if (stored !== undefined) return stored;
    const now = clock.now();
    if (now - draft.shownAt > previewMs) throw tooOld();
    await refuseOutdated(writer, ports, draft);
    const row = await rowOf(writer, ports, { draft, by, now });
    await writer.run(alertQueries.insert, row);
    await queueAlertLeaf(writer, ports, { act: 'confirmed', alert: row, by, at: now });
    return row;
  });
}

async function firstOf({ store }: AlertsPorts, id: string): Promise<string> {
  const row = await store.read((reader) => reader.first(alertQueries.byId, { id }));
  if (row === undefined) throw new OperationError('not-found', 'unknown-alert', 'There is no such alert.');
  return row.first;
}

async function refuseOutdated(writer: Writer, { settings, node }: AlertsPorts, draft: Draft): Promise<void> {
  const row = await writer.first(stationQueries.byId, { id: draft.station });
  if (row !== undefined) {
    const given = { id: draft.id, node, caseNumber: draft.caseNumber, at: draft.shownAt as Instant };
    const mail = composeMail(stationOf(row), await settings.values(writer), given);
    if (JSON.stringify(mail) === JSON.stringify(draft.mail)) return;
  }
  throw new OperationError(
    'conflict',
    'preview-outdated',
    'The station or the settings changed after the preview was made. Nothing was sent. Look at the new preview.',
  );
}

function tooOld(): OperationError {
  const minutes = previewMs / 60_000;
  const message = `The preview is older than ${minutes} minutes, and its time would be wrong. Nothing was sent. Make it again.`;
  return new OperationError('conflict', 'preview-too-old', message);
}

async function rowOf(
  writer: Writer,
  { keyring }: AlertsPorts,
  { draft, by, now }: { readonly draft: Draft; readonly by: Person; readonly now: Instant },
): Promise<AlertRow> {
  const { id, mail, caseNumber, reason, about } = draft;
  const station = await writer.first(stationQueries.byId, { id: draft.station });
  const dataKey = draft.dataKey === '' ? await keyring.newDataKey(writer) : parseDataKeyId(draft.dataKey);
  const { patient, referral } = about;
  return {
    id,
    state: 'queued',
    first: draft.first,
    station: draft.station,
    station_name: station?.name ?? '',
    station_telephone: station?.telephone ?? '',
    message_id: mail.messageId,
    sha256: sha256(utf8(mail.text)),
    confirmed_by: by.id,
    confirmed_name: by.name,
    confirmed_at: now,
    attempts: 0,
    next_at: now,
    trouble_code: '',
    trouble: '',
    sent_at: null,
    failed_at: null,
    acknowledged_at: null,
    acknowledged_by: null,
    acknowledged_name: null,
    patient_term: patient === undefined ? null : aboutTerm(keyring, 'patient', patient),
    referral_term: referral === undefined ? null : aboutTerm(keyring, 'referral', referral),
    data_key: dataKey,
    content: await sealContent(writer, keyring, { id, dataKey }, { mail, caseNumber, reason, about }),
  };
}
