import { isUuid, parseReferralId } from '../../../../protocol/ids.ts';
import type { Subject } from '../../../accounts/access.ts';
import { caseNumberRule } from '../../../alerts/mail-text.ts';
import type { AlertSubject } from '../../../alerts/preview.ts';
import type { DataKeyId } from '../../../keys/keyring.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import { cellsOf } from '../../../records/csv/columns.ts';
import type { PatientId } from '../../../records/model.ts';
import type { DeskServices } from '../../desk-services.ts';

/** The case that an alert is about, as far as its form needs it. */
export interface CaseOfAlert {
  readonly about: AlertSubject;
  /** SURNAME, Given: for the people here; it stands in no mail. */
  readonly name: string;
  readonly caseNumber: string;
  readonly dataKey?: DataKeyId;
  /** What must not stand in the case number. */
  readonly recordTexts: readonly string[];
}

/** What the police gave the case, free text, and when the record changed: nothing in them names the patient. */
const harmlessColumns: ReadonlySet<string> = new Set(['police_case', 'police_case_no', 'notes', 'updated_at']);
const policeTitle = /alert|police/i;

/** Reads the record behind a form; who asks has been noted in the access journal before. */
export async function caseOf(desk: DeskServices, about: AlertSubject): Promise<CaseOfAlert> {
  if (about.patient !== undefined) return await caseOfPatient(desk, about, about.patient as PatientId);
  if (about.referral !== undefined) return await caseOfReferral(desk, about, about.referral);
  return { about, name: '', caseNumber: '', recordTexts: [] };
}

/**
 * The journal's names for what an alert is about; none for an alert without a record. A referral that was sent is about our
 * own patient, and as closed as that record (Node §7).
 */
export async function journalSubjectsOf(
  desk: DeskServices,
  { patient, referral }: AlertSubject,
): Promise<readonly Subject[]> {
  const referred = referral === undefined ? undefined : await desk.referralDesk.patientOf(parseReferralId(referral));
  const patients = new Set([patient, referred].filter((id) => id !== undefined));
  return [
    ...[...patients].map((id): Subject => ({ kind: 'patient', id })),
    ...(referral === undefined ? [] : [{ kind: 'referral', id: referral } as const]),
  ];
}

/** Ids as they stand in a link or a hidden field; anything else is nothing of ours. */
export function aboutOf(read: (name: string) => string): AlertSubject {
  const [patient, referral] = [read('patient'), read('referral')];
  if ((patient !== '' && !isUuid(patient)) || (referral !== '' && !isUuid(referral)))
    throw new OperationError('not-found', 'unknown-case', 'There is no such record here. Nothing was sent.');
  return { ...(patient === '' ? {} : { patient }), ...(referral === '' ? {} : { referral }) };
}

async function caseOfPatient(desk: DeskServices, about: AlertSubject, id: PatientId): Promise<CaseOfAlert> {
  const { details } = await desk.patients.get(id);
  const cells = Object.entries(cellsOf(details)).filter(
    ([column, cell]) => !harmlessColumns.has(column) && cell !== '',
  );
  return {
    about,
    name:
      [details.familyName?.toUpperCase(), details.givenNames].filter(Boolean).join(', ') || (details.nameNative ?? ''),
    caseNumber: details.policeCaseNumber ?? '',
    dataKey: await desk.store.read((reader) => desk.patients.dataKeyOf(reader, id)),
    recordTexts: cells.map(([, cell]) => cell),
  };
}

/** The sender's number of the case is proposed here too, so that the police hear of one case under one number. */
async function caseOfReferral(desk: DeskServices, about: AlertSubject, id: string): Promise<CaseOfAlert> {
  const { summary, sections, review } = await desk.referrals.show(parseReferralId(id));
  const { patientName, csvId, reason, question } = summary;
  const rows = sections.filter(({ title }) => !policeTitle.test(title)).flatMap((section) => section.rows.flat());
  const given = caseNumberRule(review?.policeCaseNumber ?? '');
  return {
    about,
    name: review?.patient.name || review?.patient.nativeName || patientName,
    caseNumber: 'value' in given ? given.value : '',
    recordTexts: [patientName, csvId, reason, question, ...rows],
  };
}
