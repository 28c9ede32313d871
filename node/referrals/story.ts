import { fhirJsonRules } from '../../protocol/bundle/fhir/check.ts';
import { plainText } from '../../protocol/bundle/fhir/display-values.ts';
import { objectOf, objectsOf, textOf } from '../../protocol/bundle/fhir/elements.ts';
import { readMessage, type Message } from '../../protocol/bundle/fhir/message.ts';
import type { ReferralId } from '../../protocol/ids.ts';
import { parseJsonObject } from '../../protocol/json.ts';
import type { ReferralDetail, Referrals } from './referrals.ts';
import { filesOf, type ReviewAttachment } from './review/review.ts';

/** One signed event of a referral, with the words that a person of either hospital said in it. */
export type StoryEvent = ReferralDetail['events'][number] & {
  /** The person who signs for it; empty where a machine did. */
  readonly by: string;
  /** Why, as the other side reads it: the reason of a rejection or of a withdrawal. */
  readonly words: string;
  /** What else was written: advice, a note, a question, its answer. */
  readonly note: string;
  /** What travelled beside it. */
  readonly files: readonly ReviewAttachment[];
};

/** So many events of one referral are told: a peer that sends thousands makes no page endless. */
export const eventsToldMax = 100;

/**
 * The events of a referral in the order of time, read from the exact bytes that were signed (Spec bundle §6): the first one
 * and the newest.
 */
export async function storyOf(
  referrals: Pick<Referrals, 'document'>,
  detail: ReferralDetail,
): Promise<readonly StoryEvent[]> {
  const story: StoryEvent[] = [];
  const { events } = detail;
  const told = events.length <= eventsToldMax ? events : [...events.slice(0, 1), ...events.slice(1 - eventsToldMax)];
  for (const event of told) story.push({ ...event, ...(await saidIn(referrals, detail.id, event.message)) });
  return story;
}

async function saidIn(referrals: Pick<Referrals, 'document'>, id: ReferralId, message: string) {
  return wordsIn(await referrals.document(id, message));
}

/** What a person said in an event, from its exact bytes. */
export function wordsIn(document: Uint8Array): Pick<StoryEvent, 'by' | 'words' | 'note' | 'files'> {
  const bundle = parseJsonObject(document, fhirJsonRules);
  const read = readMessage(bundle);
  const task = read.task?.resource;
  const notes = [
    ...objectsOf(task, 'note').map((one) => textOf(one, 'text') ?? ''),
    ...read
      .ofType('Communication')
      .flatMap(({ resource }) => objectsOf(resource, 'payload').map((one) => textOf(one, 'contentString') ?? '')),
  ];
  return {
    by: plainText(personIn(read)),
    words: plainText(textOf(objectOf(task, 'statusReason'), 'text') ?? ''),
    note: plainText(notes.filter((one) => one !== '').join('\n')),
    files: filesOf(bundle),
  };
}

/** The display of the first agent; for a PractitionerRole of the message, of the person in it. */
function personIn(message: Message): string {
  for (const { resource } of message.ofType('Provenance')) {
    const who = objectOf(objectsOf(resource, 'agent')[0], 'who');
    const role = message.target(who);
    const named = role?.type === 'PractitionerRole' ? objectOf(role.resource, 'practitioner') : who;
    const name = textOf(named, 'display');
    if (name !== undefined) return name;
  }
  return '';
}
