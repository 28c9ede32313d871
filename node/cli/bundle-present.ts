import { objectOf, textOf } from '../../protocol/bundle/fhir/elements.ts';
import type { Issue } from '../../protocol/bundle/fhir/issue.ts';
import { readMessage } from '../../protocol/bundle/fhir/message.ts';
import { skewMs } from '../../protocol/http/limits.ts';
import type { Instant } from '../../protocol/instant.ts';
import type { JsonObject } from '../../protocol/json.ts';

const dayMs = 24 * 3_600_000;
const fullDate = /^\d{4}-\d{2}-\d{2}$/;

/** What a bundle that was right when it was written must still keep at a later moment (Spec bundle §2, §3). */
export function presentIssues(bundle: JsonObject, now: Instant): readonly Issue[] {
  const message = readMessage(bundle);
  const issues: Issue[] = [];
  const fault = (expression: string, diagnostics: string): void =>
    void issues.push({ severity: 'error', code: 'business-rule', expression, diagnostics });

  const written = beginOf(textOf(bundle, 'timestamp'));
  if (written !== undefined && written > now + skewMs) fault('Bundle.timestamp', 'lies in the future');
  for (const { resource, path } of message.ofType('Task')) {
    const end = endOf(textOf(objectOf(objectOf(resource, 'restriction'), 'period'), 'end'));
    if (end !== undefined && end <= now) fault(`${path}.restriction.period.end`, 'the referral has expired');
  }
  const consents = message.ofType('Consent').map(({ resource, path }) => {
    const period = objectOf(objectOf(resource, 'provision'), 'period');
    const [start, end] = [beginOf(textOf(period, 'start')), endOf(textOf(period, 'end'))];
    return { path, holds: start !== undefined && end !== undefined && start <= now && now < end };
  });
  if (consents.length > 0 && !consents.some(({ holds }) => holds))
    for (const { path } of consents) fault(`${path}.provision.period`, 'the Consent does not hold at this moment');
  return issues;
}

/** The first moment that a FHIR date or time can mean. */
function beginOf(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** The moment after the last one that it can mean: a date holds until its day is over. */
function endOf(text: string | undefined): number | undefined {
  const ms = beginOf(text);
  return ms !== undefined && text !== undefined && fullDate.test(text) ? ms + dayMs : ms;
}
