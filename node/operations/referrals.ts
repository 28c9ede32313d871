import * as v from 'valibot';
import { OperationError } from '../platform/operation-error.ts';
import { roundsOf } from '../referrals/questions/rounds.ts';
import type { SendReferral } from '../referrals/referrals.ts';
import { attachmentId, consultationId, moment, nodeName, referralId, text } from './fields.ts';
import { download, plain } from './operation.ts';
import { getPatient } from './patient-views.ts';
import { deliveryView, detailView, lineView, roundView } from './referral-views.ts';

const limit = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 50);
const before = v.optional(v.strictObject({ at: v.number(), id: v.string() }));
const author = v.optional(v.strictObject({ id: text, name: text }), { id: 'command-line', name: 'Command line' });

/** Referrals as an administrator, a test or a program of the hospital works with them. */
export const referralOperations = {
  'referral.send': plain(
    v.strictObject({
      to: nodeName,
      patient: text,
      priority: v.optional(v.picklist(['routine', 'urgent', 'stat']), 'routine'),
      reason: text,
      question: text,
      specialty: v.optional(text),
      note: v.optional(text),
      consultations: v.optional(v.array(consultationId)),
      attachments: v.optional(v.union([v.literal('all'), v.array(attachmentId)]), []),
      breakGlass: v.optional(text),
      consent: v.optional(v.strictObject({ from: moment, to: moment })),
      expiresAt: v.optional(moment),
      author,
    }),
    async (services, { patient, breakGlass, consent, attachments, ...given }) => {
      if (breakGlass !== undefined && consent !== undefined)
        throw new OperationError('invalid', 'two-grounds', 'Give a consent or a break-glass reason, not both.');
      const { id } = await getPatient(services, patient);
      const ground =
        breakGlass !== undefined
          ? { ground: { kind: 'break-glass', reason: breakGlass } as const }
          : consent !== undefined
            ? { ground: { kind: 'consent', ...consent } as const }
            : {};
      const chosen = attachments === 'all' ? (await services.attachments.list(id)).map((one) => one.id) : attachments;
      const referral: SendReferral = { ...present(given), ...ground, patient: id, attachments: chosen };
      return await services.referrals.send(referral);
    },
  ),

  'referral.list': plain(
    v.strictObject({ direction: v.picklist(['sent', 'received']), limit, before }),
    async (services, { direction, limit, before }) => {
      const page = { limit, ...(before === undefined ? {} : { before }) };
      return { referrals: (await services.referrals.list(direction, page)).map(lineView) };
    },
  ),

  'referral.find': plain(v.strictObject({ peer: nodeName, csvId: text }), async (services, { peer, csvId }) => {
    services.directory.get(peer);
    return { referrals: (await services.referrals.findByCsvId(peer, csvId)).map(lineView) };
  }),

  'referral.show': plain(v.strictObject({ referral: referralId }), async ({ referrals }, { referral }) => {
    const detail = await referrals.show(referral);
    return { ...detailView(detail), questions: (await roundsOf(referrals, detail)).map(roundView) };
  }),

  'referral.accept': plain(
    v.strictObject({ referral: referralId, note: v.optional(text), author }),
    async (services, { referral, ...decision }) => {
      await services.referrals.accept(referral, present(decision));
      return lineView(await services.referrals.show(referral));
    },
  ),

  'referral.reject': plain(
    v.strictObject({ referral: referralId, reason: text, advice: v.optional(text), author }),
    async (services, { referral, ...decision }) => {
      await services.referrals.reject(referral, present(decision));
      return lineView(await services.referrals.show(referral));
    },
  ),

  'referral.ask': plain(
    v.strictObject({ referral: referralId, question: text, author }),
    async (services, { referral, ...asked }) => {
      await services.referrals.ask(referral, asked);
      return lineView(await services.referrals.show(referral));
    },
  ),

  'referral.answer': plain(
    v.strictObject({ referral: referralId, text, attachments: v.optional(v.array(attachmentId), []), author }),
    async (services, { referral, ...answer }) => {
      await services.referrals.answer(referral, answer);
      return lineView(await services.referrals.show(referral));
    },
  ),

  'referral.withdraw': plain(v.strictObject({ referral: referralId }), async (services, { referral }) => {
    await services.referrals.withdraw(referral);
    return lineView(await services.referrals.show(referral));
  }),

  'referral.document': download(
    v.strictObject({ referral: referralId, message: text }),
    async function* (services, { referral, message }) {
      yield await services.referrals.document(referral, message);
    },
  ),

  'referral.attachment': download(
    v.strictObject({ referral: referralId, attachment: attachmentId }),
    (services, { referral, attachment }) => services.referrals.readAttachment(referral, attachment),
  ),

  'referral.outbox': plain(v.strictObject({}), async (services) => ({
    deliveries: (await services.referrals.outbox()).map(({ peer, referral, ...delivery }) => ({
      peer,
      referral,
      ...deliveryView(delivery),
    })),
  })),
};

type Present<Members> = { [Name in keyof Members]: Exclude<Members[Name], undefined> };

/** Without the members that are `undefined`: absent and undefined are two things under exactOptionalPropertyTypes. */
function present<Members extends object>(members: Members): Present<Members> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Present<Members>;
}
