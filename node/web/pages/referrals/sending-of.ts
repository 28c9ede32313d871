import { parseAttachmentId, parseNodeName } from '../../../../protocol/ids.ts';
import { instantOfMs, type Instant } from '../../../../protocol/instant.ts';
import type { DraftFields } from '../../../referrals/drafts/draft-fields.ts';
import type { ReferralDraft } from '../../../referrals/drafts/drafts.ts';
import type { Actor, SendReferral } from '../../../referrals/referrals.ts';
import type { ConsultationId } from '../../../records/model.ts';
import type { FormErrors } from '../../components/form.tsx';
import type { FormFields } from '../../http/form.ts';

const dayMs = 24 * 3_600_000;
const consentDays = 365;
const dateForm = /^\d{4}-\d{2}-\d{2}$/;

export type Ground = Required<
  Pick<DraftFields, 'ground' | 'givenBy' | 'consentFrom' | 'consentTo' | 'breakGlassReason'>
>;

/** By what right the data leave, as the draft says or as it is proposed: a consent from today for a year. */
export function groundOf(fields: DraftFields, now: Instant): Ground {
  return {
    ground: fields.ground ?? 'consent',
    givenBy: fields.givenBy ?? 'patient',
    consentFrom: fields.consentFrom ?? dayOf(now),
    consentTo: fields.consentTo ?? dayOf(instantOfMs(now + consentDays * dayMs)),
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

export function groundFaults(given: Ground, now: Instant): FormErrors {
  if (given.ground === 'break-glass')
    return given.breakGlassReason === ''
      ? [{ field: 'breakGlassReason', message: 'Say why it is sent without consent: the other hospital reads it' }]
      : [];
  const [from, to] = [startOf(given.consentFrom), endOf(given.consentTo)];
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
export function sendingOf(draft: ReferralDraft, ground: Ground, author: Actor): SendReferral {
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
            from: startOf(ground.consentFrom) ?? instantOfMs(0),
            to: endOf(ground.consentTo) ?? instantOfMs(0),
            givenBy: ground.givenBy,
          },
    author,
  };
}

function dayOf(at: Instant): string {
  return new Date(at).toISOString().slice(0, 10);
}

function startOf(day: string): Instant | undefined {
  const at = dateForm.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(at) ? undefined : instantOfMs(at);
}

function endOf(day: string): Instant | undefined {
  const start = startOf(day);
  return start === undefined ? undefined : instantOfMs(start + dayMs - 1000);
}
