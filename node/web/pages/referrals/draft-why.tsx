import type { DraftFields } from '../../../referrals/drafts/draft-fields.ts';
import { seeOther, type Answer } from '../../answer.ts';
import { Checkboxes, Radios, Submit, TextArea, type FormErrors } from '../../components/form.tsx';
import { PriorityMark } from '../../components/tag.tsx';
import { Foreign } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import type { FormFields } from '../../http/form.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { forgetDraft } from '../patients/draft-notice.tsx';
import { stepPage, stepUrl, unfinishedBefore, withDraft, type OpenedDraft } from './draft-steps.tsx';
import { actorOf } from './referral-of.ts';

const textLettersMax = 8_000;

/** The second step: what is asked, why, how soon, and whether it is a case for the police. */
export function whyStep(visit: Visit, desk: DeskServices): Promise<Answer> {
  return withDraft(visit, desk, async (opened) => {
    const before = unfinishedBefore('why', opened.draft.fields);
    if (before !== undefined) return seeOther(stepUrl(before, opened.draft.id));
    return whyPage(visit, desk, opened, visit.draft, []);
  });
}

export function saveWhy(visit: Visit, desk: DeskServices): Promise<Answer> {
  return withDraft(visit, desk, async (opened) => {
    const form = await visit.form();
    const { fields, errors } = readWhy(form);
    if (fields === undefined) return whyPage(visit, desk, opened, form, errors);
    await desk.referralDesk.drafts.save(opened.draft.id, actorOf(visit), fields);
    await forgetDraft(visit, desk);
    return seeOther(stepUrl('what', opened.draft.id));
  });
}

type Read =
  | { readonly fields: DraftFields; readonly errors: FormErrors }
  | { readonly fields: undefined; readonly errors: FormErrors };

function readWhy(form: FormFields): Read {
  const text = (name: string): string => form.get(name).trim();
  const priority = (['stat', 'urgent', 'routine'] as const).find((one) => one === form.get('priority'));
  const tooLong = ['question', 'reason', 'note'].filter((name) => text(name).length > textLettersMax);
  const errors = [
    ...(priority === undefined ? [{ field: 'priority', message: 'Say how urgent it is' }] : []),
    ...(text('question') === '' ? [{ field: 'question', message: 'Say what the other hospital is asked' }] : []),
    ...(text('reason') === '' ? [{ field: 'reason', message: 'Say why the patient is referred' }] : []),
    ...tooLong.map((field) => ({ field, message: `Shorten this text to ${textLettersMax} letters` })),
  ];
  if (errors.length > 0 || priority === undefined) return { fields: undefined, errors };
  const policeCase = form.get('policeCase') === 'yes';
  return {
    fields: { priority, question: text('question'), reason: text('reason'), note: text('note'), policeCase },
    errors,
  };
}

function whyPage(
  visit: Visit,
  desk: DeskServices,
  { draft, record }: OpenedDraft,
  given: FormFields | undefined,
  errors: FormErrors,
): Answer {
  const { fields } = draft;
  const text = (name: 'question' | 'reason' | 'note'): string => given?.get(name) ?? fields[name] ?? '';
  const priority = given?.get('priority') ?? fields.priority;
  const isPolice = given === undefined ? (fields.policeCase ?? false) : given.get('policeCase') === 'yes';
  return stepPage({
    visit,
    desk,
    step: 'why',
    record,
    draft,
    errors,
    ...(errors.length > 0 ? { status: 422 as const } : {}),
    children: (
      <form method="post" action={url('referral-why-save', { draft: draft.id })} class="measure" data-draft>
        <Radios
          name="priority"
          label="Urgency"
          required
          errors={errors}
          values={priority === undefined ? [] : [priority]}
          choices={[
            { value: 'stat', label: <PriorityMark priority="stat" />, hint: 'An answer within an hour' },
            { value: 'urgent', label: <PriorityMark priority="urgent" />, hint: 'Within a day' },
            { value: 'routine', label: <PriorityMark priority="routine" />, hint: 'Within a week' },
          ]}
        />
        <TextArea
          name="question"
          label="Question"
          hint="What the other hospital is asked to do"
          required
          rows={3}
          value={text('question')}
          errors={errors}
        />
        <TextArea
          name="reason"
          label="Reason"
          hint="Why the patient is referred: what happened, what was found"
          required
          rows={6}
          value={text('reason')}
          errors={errors}
        />
        <TextArea
          name="note"
          label="Note"
          hint="Anything else: transport, language, who comes along"
          rows={3}
          value={text('note')}
          errors={errors}
        />
        <Police isMarked={record.details.policeCase} number={record.details.policeCaseNumber} isTicked={isPolice} />
        <Submit>Go on</Submit>
      </form>
    ),
  });
}

function Police({
  isMarked,
  number,
  isTicked,
}: {
  readonly isMarked: boolean;
  readonly number: string | undefined;
  readonly isTicked: boolean;
}) {
  if (isMarked)
    return (
      <p>
        The record marks a police case
        {number === undefined ? null : (
          <>
            {' '}
            (<Foreign text={number} />)
          </>
        )}
        : the other hospital sees it. Before you sign you see the mail to the police; it is sent from the page of the
        referral, when you confirm it.
      </p>
    );
  return (
    <Checkboxes
      name="policeCase"
      label="Police"
      values={isTicked ? ['yes'] : []}
      choices={[
        {
          value: 'yes',
          label: 'This is a police case',
          hint: 'The other hospital sees the mark. Before you sign you see the mail to the police; it is sent from the page of the referral, when you confirm it.',
        },
      ]}
    />
  );
}
