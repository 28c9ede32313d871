import { isUuid, type AttachmentId } from '../../../../protocol/ids.ts';
import { OperationError } from '../../../platform/operation-error.ts';
import type { Attachment } from '../../../records/model.ts';
import { roundsOf, type Round } from '../../../referrals/questions/rounds.ts';
import type { ReferralDetail } from '../../../referrals/referrals.ts';
import type { Answer } from '../../answer.ts';
import { Checkboxes, Hidden, Submit, TextArea, type FormErrors } from '../../components/form.tsx';
import { Once } from '../../components/once.tsx';
import { Disclosure, Notice, Section } from '../../components/panel.tsx';
import { Foreign, ForeignLines, When, bytesWords } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { draftKeyOf } from '../../draft-key.ts';
import { fragment } from '../../fragment.tsx';
import type { FormFields } from '../../http/form.ts';
import { submitOnce } from '../../submit-once.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';
import { choicesMax, ownFiles } from './choosable.ts';
import { ownPlace } from './own-files.ts';
import { actorOf, openReferral, titleOf } from './referral-of.ts';
import { Rounds } from './rounds.tsx';

/** What the other hospital asked about a sent referral, what was answered, and the form to answer it (screen 7). */
export interface QuestionFacts {
  readonly detail: ReferralDetail;
  readonly rounds: readonly Round[];
  readonly hospital: string;
  readonly own: string;
  /** Who signed the referral. */
  readonly referrer: string;
  readonly mayAnswer: boolean;
  /** The patient's newest files that have not gone along yet. */
  readonly files: readonly Attachment[];
  readonly sentFiles: readonly Attachment[];
  readonly once: string;
}

export async function questionFacts(visit: Visit, desk: DeskServices, detail: ReferralDetail): Promise<QuestionFacts> {
  const rounds = await roundsOf(desk.referrals, detail);
  const isOpen = rounds.some(({ standing }) => standing === 'open');
  const mayAnswer = isOpen && visit.is('doctor');
  const patient = rounds.length === 0 ? undefined : await desk.referralDesk.patientOf(detail.id);
  const gone = rounds.flatMap(({ answers }) => answers.flatMap(({ files }) => files.map(({ id }) => id)));
  const known = new Set<string>([...gone, ...(detail.review?.attachments ?? []).map(({ id }) => id)]);
  const held =
    patient === undefined || !mayAnswer
      ? []
      : (await desk.attachments.page(patient, { limit: choicesMax, before: undefined })).attachments;
  return {
    detail,
    rounds,
    hospital: titleOf(desk, detail.peer),
    own: desk.own.title,
    referrer: detail.review?.order.author ?? '',
    mayAnswer,
    files: held.filter(({ id }) => !known.has(id)),
    sentFiles: patient === undefined ? [] : await ownFiles(desk, patient, gone),
    once: desk.random.uuid(),
  };
}

/** The part of the tracking page that changes when a question comes or is answered. */
export async function sentQuestions(visit: Visit, desk: DeskServices): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'sent', 'view');
  return fragment(desk, <Questions facts={await questionFacts(visit, desk, detail)} errors={[]} fields={undefined} />);
}

export interface QuestionsProps {
  readonly facts: QuestionFacts;
  readonly errors: FormErrors;
  /** What was typed, where the form was refused or is restored. */
  readonly fields: FormFields | undefined;
}

export function Questions(props: QuestionsProps) {
  const { rounds, detail, hospital, own, sentFiles } = props.facts;
  const open = rounds.find(({ standing }) => standing === 'open');
  const earlier = rounds.filter((round) => round !== open);
  // What was typed to a question that is answered meanwhile stays to be read.
  const isKept = open === undefined && props.fields?.has('answer') === true;
  if (rounds.length === 0) return null;
  return (
    <Section
      id="questions"
      title={
        open === undefined ? (
          'Questions and answers'
        ) : (
          <>
            <Foreign text={hospital} /> asks
          </>
        )
      }
    >
      {open === undefined ? null : <Open {...props} question={open.question} />}
      {isKept ? (
        <Notice tone="amber" title="What you typed, not sent">
          <ForeignLines text={props.fields?.get('answer') ?? ''} />
        </Notice>
      ) : null}
      {earlier.length === 0 ? null : (
        <>
          {open === undefined ? null : <h3>Before</h3>}
          <Rounds rounds={earlier} detail={detail} askers={hospital} answerers={own} placeOf={ownPlace(sentFiles)} />
        </>
      )}
    </Section>
  );
}

function Open({ facts, errors, fields, question }: QuestionsProps & { readonly question: Round['question'] }) {
  const { hospital, referrer, mayAnswer } = facts;
  return (
    <>
      <Notice tone="amber" role="alert">
        <p class="second-line">
          <Foreign text={question.by} />, <Foreign text={hospital} />, <When at={question.at} />
        </p>
        <div class="lead">
          <ForeignLines text={question.note} />
        </div>
        <p>
          The referral waits for your hospital’s answer. <Foreign text={referrer} /> signed it; any doctor here can
          answer.
        </p>
      </Notice>
      {mayAnswer ? <AnswerForm facts={facts} errors={errors} fields={fields} question={question} /> : null}
    </>
  );
}

function AnswerForm({ facts, errors, fields, question }: QuestionsProps & { readonly question: Round['question'] }) {
  const { detail, hospital, files, once } = facts;
  const ticked = fields?.all('attachments') ?? [];
  return (
    <form method="post" action={url('sent-answer', { referral: detail.id })} class="measure" id="answer">
      <Once token={once} />
      <Hidden name="seen" value={question.message} />
      <TextArea
        name="answer"
        label="Answer"
        hint={
          <>
            <Foreign text={hospital} /> reads exactly these words. They leave, signed, at once.
          </>
        }
        required
        rows={4}
        value={fields?.get('answer') ?? ''}
        errors={errors}
      />
      {files.length === 0 ? (
        <p class="hint">Every file that is held of this patient went along already.</p>
      ) : (
        <Disclosure summary="Add files of the patient" open={ticked.length > 0}>
          <Checkboxes
            name="attachments"
            label={`Images and files that were not sent before (${files.length})`}
            values={ticked}
            choices={files.map(({ id, title, contentType, size, createdAt }) => ({
              value: id,
              label: <Foreign text={title} />,
              hint: (
                <>
                  <Foreign text={contentType} />, {bytesWords(size)}, <When at={createdAt} show="date" />
                </>
              ),
            }))}
          />
        </Disclosure>
      )}
      <Submit>Sign and send the answer</Submit>
    </form>
  );
}

/** Who shows the tracking page again when an answer is refused. */
export type ShowAgain = (detail: ReferralDetail, errors: FormErrors, status: 409 | 422) => Promise<Answer>;

/** Signs and sends the answer; one that comes too late is told so, with its words. */
export async function giveAnswer(visit: Visit, desk: DeskServices, again: ShowAgain): Promise<Answer> {
  const detail = await openReferral(visit, desk, 'sent', 'refer');
  const form = await visit.form();
  return submitOnce(visit, async () => {
    try {
      await desk.referrals.answer(detail.id, {
        to: form.get('seen'),
        text: form.get('answer').trim(),
        attachments: form.all('attachments').filter(isUuid) as readonly string[] as readonly AttachmentId[],
        author: actorOf(visit),
      });
    } catch (error) {
      if (!(error instanceof OperationError) || (error.kind !== 'invalid' && error.kind !== 'conflict')) throw error;
      const errors = [{ field: 'answer', message: error.message }];
      return again(await desk.referrals.show(detail.id), errors, error.kind === 'invalid' ? 422 : 409);
    }
    const place = url('sent', { referral: detail.id });
    await desk.drafts.remove(visit.user.id, draftKeyOf(place));
    return place;
  });
}
