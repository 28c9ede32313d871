import { instantOfMs, type Instant } from '../../../../protocol/instant.ts';
import type { Consultation } from '../../../records/model.ts';
import type { FormError, FormErrors } from '../../components/form.tsx';
import type { FormFields } from '../../http/form.ts';

/** What stands in the form of a consultation, as it is typed. */
export interface ConsultationFields {
  readonly at: string;
  readonly encounterClass: string;
  readonly reason: string;
  readonly findings: string;
  /** One a line. */
  readonly diagnoses: string;
  readonly prescriptions: string;
  readonly practitioner: string;
}

/** What a form says of a consultation, read. */
export interface ReadConsultation {
  readonly at: Instant;
  readonly encounterClass: Consultation['encounterClass'];
  readonly reason: string;
  readonly findings: string;
  readonly diagnoses: readonly string[];
  readonly prescriptions: readonly string[];
  readonly practitioner: string;
}

const momentForm = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::\d{2}(?:\.\d{1,3})?)?$/;
/** A clock in the room may go before ours by this much. */
const aheadMsMax = 5 * 60_000;
const earliest = Date.UTC(1900, 0, 1);
const forbidden = /[\p{Cc}]/u;

export function fieldsOfForm(form: FormFields): ConsultationFields {
  return {
    at: form.get('at').trim(),
    encounterClass: form.get('class'),
    reason: form.get('reason'),
    findings: form.get('findings'),
    diagnoses: form.get('diagnoses'),
    prescriptions: form.get('prescriptions'),
    practitioner: form.get('practitioner'),
  };
}

export function fieldsOf(consultation: Consultation): ConsultationFields {
  return {
    at: momentField(consultation.at),
    encounterClass: consultation.encounterClass,
    reason: consultation.reason,
    findings: consultation.findings ?? '',
    diagnoses: consultation.diagnoses.join('\n'),
    prescriptions: consultation.prescriptions.join('\n'),
    practitioner: consultation.practitioner,
  };
}

export function emptyFields(now: Instant, practitioner: string): ConsultationFields {
  const nothing = { reason: '', findings: '', diagnoses: '', prescriptions: '' };
  return { at: momentField(now), encounterClass: 'AMB', ...nothing, practitioner };
}

/** `2026-11-22 09:30` in UTC: a browser's own field would show day and month in an order of its own. */
export function momentField(at: Instant): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

/** The consultation that the fields tell, or what is wrong with each. */
export function readFields(
  fields: ConsultationFields,
  now: Instant,
): { readonly consultation: ReadConsultation } | { readonly errors: FormErrors } {
  const errors: FormError[] = [];
  const wrong = (field: string, message: string): void => void errors.push({ field, message });
  const at = readMoment(fields.at);
  if (at === undefined) wrong('at', 'Write the date and time as 2026-11-22 09:30');
  else if (at > now + aheadMsMax) wrong('at', 'This date and time lie in the future; times here are in UTC');
  if (!isClass(fields.encounterClass)) wrong('class', 'Choose the kind of consultation');
  if (fields.reason.trim() === '') wrong('reason', 'Say why the patient came');
  if (fields.practitioner.trim() === '') wrong('practitioner', 'Say who saw the patient');
  for (const name of ['reason', 'findings', 'diagnoses', 'prescriptions', 'practitioner'] as const)
    if (forbidden.test(fields[name].replaceAll(/[\n\t]/g, '')))
      wrong(name, 'A control character stands here: delete it, or type the text again');
  if (errors.length > 0 || at === undefined || !isClass(fields.encounterClass)) return { errors };
  const consultation: ReadConsultation = {
    at,
    encounterClass: fields.encounterClass,
    reason: fields.reason.trim(),
    findings: fields.findings.trim(),
    diagnoses: linesOf(fields.diagnoses),
    prescriptions: linesOf(fields.prescriptions),
    practitioner: fields.practitioner.trim(),
  };
  return { consultation };
}

function readMoment(text: string): Instant | undefined {
  const [, date, time] = momentForm.exec(text) ?? [];
  const ms = date === undefined || time === undefined ? Number.NaN : Date.parse(`${date}T${time}:00Z`);
  return Number.isSafeInteger(ms) && ms >= earliest && momentField(ms as Instant).startsWith(date ?? '-')
    ? instantOfMs(ms)
    : undefined;
}

function isClass(text: string): text is Consultation['encounterClass'] {
  return text === 'AMB' || text === 'EMER' || text === 'IMP';
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
