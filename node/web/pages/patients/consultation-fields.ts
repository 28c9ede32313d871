import type { Instant } from '../../../../protocol/instant.ts';
import { findTimeZone, utc, type TimeZone } from '../../../alerts/time-zone.ts';
import type { Consultation } from '../../../records/model.ts';
import type { FormError, FormErrors } from '../../components/form.tsx';
import { momentWords } from '../../components/text.tsx';
import { momentField, readMoment } from '../../components/typed-moment.ts';
import type { FormFields } from '../../http/form.ts';

/** What stands in the form of a consultation, as it is typed. */
export interface ConsultationFields {
  readonly at: string;
  /** By whose clock it is typed: the page says so, and the form brings it back, whatever is set meanwhile. */
  readonly zone: string;
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

/** A clock in the room may go before ours by this much. */
const aheadMsMax = 5 * 60_000;
const minuteMs = 60_000;
const forbidden = /[\p{Cc}]/u;

export function fieldsOfForm(form: FormFields): ConsultationFields {
  return {
    at: form.get('at').trim(),
    zone: form.has('zone') ? form.get('zone') : utc.name,
    encounterClass: form.get('class'),
    reason: form.get('reason'),
    findings: form.get('findings'),
    diagnoses: form.get('diagnoses'),
    prescriptions: form.get('prescriptions'),
    practitioner: form.get('practitioner'),
  };
}

export function fieldsOf(consultation: Consultation, zone: TimeZone): ConsultationFields {
  return {
    at: momentField(consultation.at, zone),
    zone: zone.name,
    encounterClass: consultation.encounterClass,
    reason: consultation.reason,
    findings: consultation.findings ?? '',
    diagnoses: consultation.diagnoses.join('\n'),
    prescriptions: consultation.prescriptions.join('\n'),
    practitioner: consultation.practitioner,
  };
}

export function emptyFields(now: Instant, zone: TimeZone, practitioner: string): ConsultationFields {
  const nothing = { reason: '', findings: '', diagnoses: '', prescriptions: '' };
  const at = momentField((now - (now % minuteMs)) as Instant, zone);
  return { at, zone: zone.name, encounterClass: 'AMB', ...nothing, practitioner };
}

/** The consultation that the fields tell, or what is wrong with each. */
export function readFields(
  fields: ConsultationFields,
  now: Instant,
): { readonly consultation: ReadConsultation } | { readonly errors: FormErrors } {
  const errors: FormError[] = [];
  const wrong = (field: string, message: string): void => void errors.push({ field, message });
  const read = readAt(fields, now);
  if ('fault' in read) wrong('at', read.fault);
  if (!isClass(fields.encounterClass)) wrong('class', 'Choose the kind of consultation');
  if (fields.reason.trim() === '') wrong('reason', 'Say why the patient came');
  if (fields.practitioner.trim() === '') wrong('practitioner', 'Say who saw the patient');
  for (const name of ['reason', 'findings', 'diagnoses', 'prescriptions', 'practitioner'] as const)
    if (forbidden.test(fields[name].replaceAll(/[\n\t]/g, '')))
      wrong(name, 'A control character stands here: delete it, or type the text again');
  if (errors.length > 0 || 'fault' in read || !isClass(fields.encounterClass)) return { errors };
  const consultation: ReadConsultation = {
    at: read.at,
    encounterClass: fields.encounterClass,
    reason: fields.reason.trim(),
    findings: fields.findings.trim(),
    diagnoses: linesOf(fields.diagnoses),
    prescriptions: linesOf(fields.prescriptions),
    practitioner: fields.practitioner.trim(),
  };
  return { consultation };
}

function readAt({ at: typed, zone: name }: ConsultationFields, now: Instant): ReturnType<typeof readMoment> {
  const zone = findTimeZone(name);
  if (zone === undefined) return { fault: 'This page does not say by whose clock the time is typed: open it again' };
  const read = readMoment(typed, zone);
  return 'at' in read && read.at > now + aheadMsMax
    ? { fault: `This date and time lie in the future: it is now ${momentWords(now, zone)}` }
    : read;
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
