import { parseAttachmentId, parseNodeName } from '../../../../protocol/ids.ts';
import { instantOfMs, type Instant } from '../../../../protocol/instant.ts';
import type { TimeZone } from '../../../alerts/time-zone.ts';
import type { DraftFields } from '../../../referrals/drafts/draft-fields.ts';
import type { ReferralDraft } from '../../../referrals/drafts/drafts.ts';
import type { Actor, SendReferral } from '../../../referrals/referrals.ts';
import type { ConsultationId } from '../../../records/model.ts';
import type { FormErrors } from '../../components/form.tsx';
import type { FormFields } from '../../http/form.ts';

const dayMs = 24 * 3_600_000;
const dayLetters = 'YYYY-MM-DD'.length;
const consentDays = 365;
const dateForm = /^\d{4}-\d{2}-\d{2}$/;

export type Ground = Required<
  Pick<DraftFields, 'ground' | 'givenBy' | 'consentFrom' | 'consentTo' | 'breakGlassReason'>
>;

/** Whose signature it carries, and by whose clock its days and times are written. */
export interface Signing {
  readonly author: Actor;
  readonly zone: TimeZone;
}

/** By what right the data leave, as the draft says or as it is proposed: a consent from today for a year. */
export function groundOf(fields: DraftFields, now: Instant, zone: TimeZone): Ground {
  return {
    ground: fields.ground ?? 'consent',
    givenBy: fields.givenBy ?? 'patient',
    consentFrom: fields.consentFrom ?? dayOf(now, zone),
    consentTo: fields.consentTo ?? dayOf(now + consentDays * dayMs, zone),
    breakGlassReason: fields.breakGlassReason ?? '',
  };
}

export function readGround(form: FormFields): Ground {
  return {
    ground: form.get('ground') === 'break-glass' ? 'break-glass' : 'consent',
    givenBy: form.get('givenBy') === 'representative' ? 'representative' : 'patient',
    consentFrom: form.get('consentFrom'),
    consentTo: form.get('consentTo'),
    breakGlassReason: form.get('breakGlassReason').trim(),
  };
}

export function groundFaults(given: Ground, now: Instant, zone: TimeZone): FormErrors {
  if (given.ground === 'break-glass')
    return given.breakGlassReason === ''
      ? [{ field: 'breakGlassReason', message: 'Say why it is sent without consent: the other hospital reads it' }]
      : [];
  const [from, to] = [startOf(given.consentFrom, zone), endOf(given.consentTo, zone)];
  return [
    ...(from === undefined ? [{ field: 'consentFrom', message: 'Give the day from which the consent holds' }] : []),
    ...(to === undefined ? [{ field: 'consentTo', message: 'Give the last day of the consent' }] : []),
    ...(from !== undefined && from > now ? [{ field: 'consentFrom', message: 'The consent must hold today' }] : []),
    ...(to !== undefined && to < now
      ? [{ field: 'consentTo', message: 'The consent has ended: ask for a new one' }]
      : []),
  ];
}

/** The referral that a finished draft asks for (Spec bundle §3). */
export function sendingOf(draft: ReferralDraft, ground: Ground, { author, zone }: Signing): SendReferral {
  const { to, department, question, reason, priority, note, policeCase, consultations, attachments } = draft.fields;
  return {
    to: parseNodeName(to ?? ''),
    patient: draft.patient,
    priority: priority ?? 'routine',
    question: question ?? '',
    reason: reason ?? '',
    ...(note === undefined || note === '' ? {} : { note }),
    ...(department === undefined || department === '' ? {} : { specialty: department }),
    ...(policeCase === true ? { policeCase } : {}),
    consultations: (consultations ?? []).map((id) => id as ConsultationId),
    attachments: (attachments ?? []).map(parseAttachmentId),
    ground:
      ground.ground === 'break-glass'
        ? { kind: 'break-glass', reason: ground.breakGlassReason || 'Emergency' }
        : {
            kind: 'consent',
            from: startOf(ground.consentFrom, zone) ?? instantOfMs(0),
            to: endOf(ground.consentTo, zone) ?? instantOfMs(0),
            givenBy: ground.givenBy,
          },
    zone: zone.name,
    author,
  };
}

function dayOf(at: number, zone: TimeZone): string {
  return zone.wallOf(at).slice(0, dayLetters);
}

/** The first moment of a day that exists by the hospital's clock, also where that is not midnight. */
function startOf(day: string, zone: TimeZone): Instant | undefined {
  const at = Date.parse(`${day}T00:00:00Z`);
  if (!dateForm.test(day) || Number.isNaN(at) || !new Date(at).toISOString().startsWith(day)) return undefined;
  const midnight = `${day}T00:00:00`;
  const [first] = [...zone.instantsOf(midnight), ...zone.instantsOf(zone.insteadOf(midnight))];
  return first;
}

/** Its last whole second. */
function endOf(day: string, zone: TimeZone): Instant | undefined {
  if (startOf(day, zone) === undefined) return undefined;
  const next = startOf(new Date(Date.parse(`${day}T00:00:00Z`) + dayMs).toISOString().slice(0, dayLetters), zone);
  return next === undefined ? undefined : instantOfMs(next - 1000);
}
