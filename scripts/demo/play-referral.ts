import { createHash } from 'node:crypto';
import type { Session } from '../../node/cli/session.ts';
import { actorOf, type Actor } from './cast.ts';
import { DemoError } from './demo-error.ts';
import { alder, birch } from './hospitals.ts';
import { secondsSince, type Screen } from './screen.ts';
import { prepareCase, receiver, refer, waitForReceipt, waitForReferral, type Detail } from './story.ts';

/** From the patient at Alder to the X-ray in Birch's hands; gives back the referral. */
export async function playReferral(screen: Screen, actors: readonly Actor[]): Promise<string> {
  const atAlder = actorOf(actors, alder).session;
  const atBirch = actorOf(actors, birch).session;
  screen.heading('Alder refers a patient to Birch');
  const prepared = await prepareCase(atAlder);
  const leaves = performance.now();
  const id = await refer(atAlder, prepared);
  const { number, summary } = await waitForReceipt(atAlder, id);
  screen.done(`referral ${number} delivered, receipt in hand`, secondsSince(leaves));
  screen.field('reason', summary.reason);
  screen.field('question', summary.question);
  const seen = await atBirch.plain('referral.show', { referral: id });
  screen.done('Birch has opened and understood it', `${seen.sections.length} sections`);
  await compareAttachment(screen, atBirch, seen, prepared.xray);
  return id;
}

/** Birch accepts, Alder sees it; gives back the referral as each of them has it then. */
export async function playAnswer(
  screen: Screen,
  actors: readonly Actor[],
  id: string,
): Promise<{ readonly accepted: Detail; readonly answered: Detail }> {
  const atAlder = actorOf(actors, alder).session;
  const atBirch = actorOf(actors, birch).session;
  const decides = performance.now();
  await atBirch.plain('referral.accept', { referral: id, note: 'Theatre tomorrow at eight.', author: receiver });
  const accepted = await waitForReferral(atAlder, alder, id, {
    what: "Birch's acceptance",
    holds: ({ state }) => state === 'accepted',
  });
  screen.done('Birch accepts, and Alder sees it', secondsSince(decides));
  const answered = await waitForReferral(atBirch, birch, id, {
    what: 'the receipt of its acceptance',
    holds: ({ deliveries }) => deliveries.some(({ proof }) => proof !== null),
  });
  return { accepted, answered };
}

async function compareAttachment(
  screen: Screen,
  session: Session,
  { id, attachments }: Detail,
  xray: Uint8Array,
): Promise<void> {
  const [file] = attachments;
  if (file === undefined) throw new DemoError('Birch has the referral without its X-ray.');
  const hash = createHash('sha256');
  for await (const piece of session.download('referral.attachment', { referral: id, attachment: file.id }))
    hash.update(piece);
  const original = createHash('sha256').update(xray).digest('hex');
  if (hash.digest('hex') !== original) throw new DemoError('The X-ray at Birch is not the one that Alder sent.');
  screen.done(`the ${file.title} is byte for byte Alder’s own`, `${file.size} bytes`);
  screen.field('SHA-256', `${original.slice(0, 32)}…`);
}
