import type { HandlersOf } from '../../route.ts';
import type { referralRoutes } from '../../routes/referral-routes.ts';
import { answerCancelAsked, decide, undo } from './decide.ts';
import { sentQuestions } from './answer.tsx';
import { discardDraft, sendDraft, signStep } from './draft-sign.tsx';
import { saveWhat, whatStep } from './draft-what.tsx';
import { saveWhy, whyStep } from './draft-why.tsx';
import { lookup } from './lookup.tsx';
import { answerMatch, registerReceived, unlinkReceived } from './match-acts.ts';
import { match } from './match.tsx';
import { beginReferral, newReferral, saveTo, toStep } from './new-referral.tsx';
import { printReceived, printSent } from './prints.tsx';
import { receivedAttachment, receivedImage, receivedReceipt } from './received-files.ts';
import { received, receivedForms, receivedPanel } from './received.tsx';
import { answerAsked, sent, sentPanel, sentReceipt, withdraw } from './sent.tsx';

export const referralHandlers: HandlersOf<typeof referralRoutes> = {
  'referral-new': newReferral,
  'referral-begin': beginReferral,
  'referral-to': toStep,
  'referral-to-save': saveTo,
  'referral-why': whyStep,
  'referral-why-save': saveWhy,
  'referral-what': whatStep,
  'referral-what-save': saveWhat,
  'referral-sign': signStep,
  'referral-send': sendDraft,
  'referral-discard': discardDraft,
  received,
  'received-panel': receivedPanel,
  'received-forms': receivedForms,
  'received-decide': decide,
  'received-cancel': answerCancelAsked,
  'received-undo': undo,
  'received-image': receivedImage,
  'received-attachment': receivedAttachment,
  'received-receipt': receivedReceipt,
  'received-print': printReceived,
  'received-match': match,
  'received-answer': answerMatch,
  'received-register': registerReceived,
  'received-unlink': unlinkReceived,
  sent,
  'sent-panel': sentPanel,
  'sent-questions': sentQuestions,
  'sent-answer': answerAsked,
  'sent-withdraw': withdraw,
  'sent-receipt': sentReceipt,
  'sent-print': printSent,
  lookup,
};
