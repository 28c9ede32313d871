import type { RouteRows } from '../route.ts';

const clinical = ['doctor', 'nurse', 'coordinator'] as const;
const doctors = ['doctor'] as const;
const matchers = ['doctor', 'coordinator'] as const;

/** Referring, reviewing, following and matching (screens 3, 6, 7, 11): doctors sign, coordinators match, nurses read. */
export const referralRoutes = {
  'referral-new': { method: 'GET', path: '/referrals/new', access: doctors },
  'referral-begin': { method: 'POST', path: '/referrals/new', access: doctors },
  'referral-to': { method: 'GET', path: '/referrals/drafts/:draft/to', access: doctors },
  'referral-to-save': { method: 'POST', path: '/referrals/drafts/:draft/to', access: doctors },
  'referral-why': { method: 'GET', path: '/referrals/drafts/:draft/why', access: doctors },
  'referral-why-save': { method: 'POST', path: '/referrals/drafts/:draft/why', access: doctors },
  'referral-what': { method: 'GET', path: '/referrals/drafts/:draft/what', access: doctors },
  'referral-what-save': { method: 'POST', path: '/referrals/drafts/:draft/what', access: doctors },
  'referral-sign': { method: 'GET', path: '/referrals/drafts/:draft/sign', access: doctors },
  'referral-send': { method: 'POST', path: '/referrals/drafts/:draft/sign', access: doctors },
  'referral-discard': { method: 'POST', path: '/referrals/drafts/:draft/discard', access: doctors },
  received: { method: 'GET', path: '/received/:referral', access: clinical },
  'received-panel': { method: 'GET', path: '/received/:referral/panel', access: clinical },
  'received-forms': { method: 'GET', path: '/received/:referral/forms', access: clinical },
  'received-decide': { method: 'POST', path: '/received/:referral', access: doctors },
  'received-cancel': { method: 'POST', path: '/received/:referral/cancel', access: doctors },
  'received-undo': { method: 'POST', path: '/received/:referral/undo', access: doctors },
  'received-image': { method: 'GET', path: '/received/:referral/images/:attachment', access: clinical },
  'received-attachment': { method: 'GET', path: '/received/:referral/attachments/:attachment', access: clinical },
  'received-receipt': { method: 'GET', path: '/received/:referral/receipt', access: clinical },
  'received-print': { method: 'GET', path: '/received/:referral/print', access: clinical },
  'received-match': { method: 'GET', path: '/received/:referral/match', access: matchers },
  'received-answer': { method: 'POST', path: '/received/:referral/match', access: matchers },
  'received-register': {
    method: 'POST',
    path: '/received/:referral/register',
    access: matchers,
    form: '/received/:referral/match',
  },
  'received-unlink': { method: 'POST', path: '/received/:referral/unlink', access: matchers },
  sent: { method: 'GET', path: '/sent/:referral', access: clinical },
  'sent-panel': { method: 'GET', path: '/sent/:referral/panel', access: clinical },
  'sent-questions': { method: 'GET', path: '/sent/:referral/questions', access: clinical },
  'sent-answer': { method: 'POST', path: '/sent/:referral/answer', access: doctors },
  'sent-withdraw': { method: 'POST', path: '/sent/:referral/withdraw', access: doctors },
  'sent-receipt': { method: 'GET', path: '/sent/:referral/receipts/:bundle', access: clinical },
  'sent-print': { method: 'GET', path: '/sent/:referral/print', access: clinical },
  lookup: { method: 'GET', path: '/lookup', access: matchers },
} as const satisfies RouteRows;
