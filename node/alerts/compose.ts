import type { Instant } from '../../protocol/instant.ts';
import { checkMail, type Mail } from '../platform/mail.ts';
import { OperationError } from '../platform/operation-error.ts';
import { lineRule, mailAddressRule, telephoneRule } from './fields.ts';
import { caseNumberRule, writeAlertMail } from './mail-text.ts';
import type { SettingValues } from './settings.ts';
import type { Station } from './stations/station.ts';
import { timeZoneOf } from './time-zone.ts';

const hospitalLettersMax = 80;

/**
 * The exact mail of an alert. Every field is judged once more here, whatever the forms did: nothing reaches the mail
 * server that could be read as another header or another recipient (Node §8 rule 1). Fails with `no-call-back-number`
 * until an administrator has set one, and with `station-not-in-use`.
 */
export function composeMail(
  station: Station,
  settings: SettingValues,
  given: { readonly id: string; readonly node: string; readonly caseNumber: string; readonly at: Instant },
): Mail {
  if (!station.active)
    throw new OperationError(
      'conflict',
      'station-not-in-use',
      'This police station is not in use any more. Nothing was sent. Choose another one.',
    );
  if (settings.callBackNumber === '')
    throw new OperationError(
      'unavailable',
      'no-call-back-number',
      'No call-back number is set, so the police could not answer. Nothing was sent. Telephone the station, and ask an administrator to set the number under Settings.',
    );
  const { subject, text } = writeAlertMail({
    caseNumber: sure('caseNumber', caseNumberRule(given.caseNumber)),
    hospital: sure('hospitalName', lineRule(hospitalLettersMax)(settings.hospitalName)),
    callBackNumber: sure('callBackNumber', telephoneRule(settings.callBackNumber)),
    at: given.at,
    zone: timeZoneOf(settings.timeZone),
  });
  const mail: Mail = {
    from: sure('mailFrom', mailAddressRule(settings.mailFrom)),
    to: sure('email', mailAddressRule(station.email)),
    subject,
    text,
    messageId: `<alert-${given.id}@${given.node}>`,
  };
  checkMail(mail);
  return mail;
}

function sure(field: string, judged: ReturnType<typeof telephoneRule>): string {
  if ('value' in judged) return judged.value;
  throw new OperationError('invalid', 'unsafe-field', `${field} ${judged.fault}. Nothing was sent.`);
}
