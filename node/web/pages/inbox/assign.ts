import { parseReferralId } from '../../../../protocol/ids.ts';
import { seeOther } from '../../answer.ts';
import type { DeskServices } from '../../desk-services.ts';
import { parseOwnPath, url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';

/** Takes a referral, or gives it back; doing it twice changes nothing, so the form needs no token. */
export async function assignReferral(visit: Visit, desk: DeskServices): Promise<Response> {
  const form = await visit.form();
  const me = visit.user.id;
  await desk.inboxList.assign(parseReferralId(form.get('referral')), form.get('to') === 'me' ? me : undefined, me);
  return seeOther(parseOwnPath(form.get('back')) ?? url('inbox'));
}
